"""The benchmark compares like with like: the hand-written backend answers as the gateway does, with as many calls."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import Any

import pytest

from bench.measure import WrongAnswer, measure
from bench.queries import DASHBOARD, ORDERS, Question
from bench.servers import PATIENT, Server, bff
from mock_services.estate import Estate
from tests.shop.conftest import MakeGateway
from tests.shop.gateway_process import GatewayProcess


def data_of(server: Server, question: Question) -> Any:
    body = json.dumps({"query": question.query, "variables": question.variables}).encode()
    request = urllib.request.Request(server.url, body, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        answer = json.load(response)
    assert "errors" not in answer
    return answer["data"]


@pytest.mark.parametrize("question", [DASHBOARD, ORDERS], ids=lambda question: question.title)
def test_both_answer_the_same_with_the_same_calls(gateway: GatewayProcess, estate: Estate, question: Question) -> None:
    """Else the ratio would say nothing."""
    ours = gateway.ask(question.query, **question.variables).whole()
    calls = estate.calls()
    with bff(estate.urls(), caches=True) as server:
        estate.reset_calls()
        assert data_of(server, question) == ours
        assert estate.calls() == calls


def test_cpu_is_measured_and_a_wrong_answer_noticed(make_gateway: MakeGateway, estate: Estate) -> None:
    """A moment of load: some CPU for each request; a service that fails meanwhile spoils the measurement."""
    with make_gateway(**PATIENT) as gateway:
        check_measuring(gateway, estate)


def check_measuring(gateway: GatewayProcess, estate: Estate) -> None:
    url = f"{gateway.url}/graphql"
    measured = asyncio.run(measure(url, gateway.pid, DASHBOARD, 0.3, 0.1))
    assert measured.answers > 10
    assert 0.1 < measured.cpu_ms < 1000
    estate.chaos("support", error_rate=0.5, seed=3)
    with pytest.raises(ExceptionGroup) as failed:
        asyncio.run(measure(url, gateway.pid, DASHBOARD, 0.5, 0.1))
    assert failed.group_contains(WrongAnswer)

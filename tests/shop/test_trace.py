"""A trace over the real services says what they themselves say."""

from __future__ import annotations

from collections import Counter

import httpx
import pytest

from mock_services.estate import Estate
from tests.shop.gateway_process import GatewayProcess
from tests.shop.queries import BUSY_CUSTOMER, WIDE, WIDE_VARIABLES

TRACED = {"braid": {"trace": True}}


def ask_traced(gateway: GatewayProcess, query: str, **variables: str) -> httpx.Response:
    body = {"query": query, "variables": variables, "extensions": TRACED}
    return httpx.post(f"{gateway.url}/graphql", json=body, trust_env=False)


@pytest.mark.parametrize(
    "query", [WIDE, "{ orders(first: 20) { total customer { name } items { product { name } } } }"]
)
def test_calls_of_the_steps_are_those_that_services_counted(
    gateway: GatewayProcess, estate: Estate, query: str
) -> None:
    """Also where loaders gather what several steps ask of one service."""
    steps = ask_traced(gateway, query, **(WIDE_VARIABLES if query == WIDE else {})).json()["extensions"]["trace"][
        "steps"
    ]
    told = Counter(call["service"] for step in steps for call in step["calls"])
    assert told == {service: sum(paths.values()) for service, paths in estate.calls().items()}


def test_a_trace_names_services_not_addresses_nor_values(gateway: GatewayProcess, estate: Estate) -> None:
    trace = ask_traced(gateway, WIDE, **WIDE_VARIABLES).json()["extensions"]["trace"]
    text = str(trace)
    assert not [url for url in estate.urls().values() if url in text or url.removeprefix("http://") in text]
    assert BUSY_CUSTOMER not in text


def test_who_does_not_ask_gets_the_answer_alone(gateway: GatewayProcess) -> None:
    assert (
        "extensions"
        not in httpx.post(f"{gateway.url}/graphql", json={"query": "{ __typename }"}, trust_env=False).json()
    )

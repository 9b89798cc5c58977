"""The gateway as a process: how it starts, stops, and drops what nobody waits for any more."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import Future, ThreadPoolExecutor

import httpx
import psutil
import pytest

from mock_services.estate import Estate
from mock_services.kit.ports import PORTS
from tests.shop.conftest import MakeGateway
from tests.shop.discretion import indiscretions
from tests.shop.gateway_process import Answer, GatewayProcess, NotServing
from tests.shop.queries import BUSY_CUSTOMER, DASHBOARD
from tests.shop.waiting import wait_until

STOP_WITHIN_S = 2.0


def ask_hanging(gateway: GatewayProcess, estate: Estate, background: ThreadPoolExecutor) -> Future[Answer]:
    """A dashboard that waits for support, which hangs; returns when support has been asked."""
    estate.chaos("support", hang=True)
    asking = background.submit(gateway.ask, DASHBOARD, id=BUSY_CUSTOMER)
    wait_until(lambda: estate.call_counts("support")["in_flight"] == 1)
    return asking


def refused(url: str) -> bool:
    try:
        httpx.get(f"{url}/health", trust_env=False)
    except httpx.ConnectError:
        return True
    return False


def session_of(pid: int) -> list[int]:
    """All processes of the session that this one leads: its children, and theirs."""
    found: list[int] = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == pid and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (ProcessLookupError, PermissionError, psutil.NoSuchProcess):
            continue
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_though_a_request_hangs(
    number: int, make_gateway: MakeGateway, estate: Estate, background: ThreadPoolExecutor
) -> None:
    """Within two seconds, with status 0. The request is still answered; new ones are refused; no process is left."""
    with make_gateway() as gateway:
        pid = gateway.pid
        gateway.ask(DASHBOARD, id=BUSY_CUSTOMER).whole()
        assert session_of(pid) == [pid]
        asking = ask_hanging(gateway, estate, background)
        started = time.monotonic()
        gateway.signal(number)
        wait_until(lambda: refused(gateway.url), 1.0)
        assert not asking.done()
        wait_until(lambda: "Stopped." in gateway.log(), started + STOP_WITHIN_S - time.monotonic())
        assert gateway.wait(1.0) == 0
        answer = asking.result()
        assert (answer.status, answer.data["customer"]["openTickets"]) == (200, None)
        assert [error["extensions"]["code"] for error in answer.errors] == ["SUBREQUEST_TIMEOUT"]
        assert session_of(pid) == []
        said = gateway.log().splitlines()
    assert said[-1] == "Stopped."
    assert indiscretions("\n".join(said[1:])) == []


def test_a_second_signal_stops_it_at_once(
    make_gateway: MakeGateway, estate: Estate, background: ThreadPoolExecutor
) -> None:
    """Nobody waits for the hanging request then, and support is let go."""
    with make_gateway() as gateway:
        asking = ask_hanging(gateway, estate, background)
        started = time.monotonic()
        gateway.signal(signal.SIGTERM)
        time.sleep(0.1)
        gateway.signal(signal.SIGTERM)
        assert gateway.wait(STOP_WITHIN_S) == 0
        assert time.monotonic() - started < 1.2
        assert "Traceback" not in gateway.log()
    wait_until(lambda: estate.call_counts("support")["in_flight"] == 0, 0.5)
    assert isinstance(asking.exception(), httpx.HTTPError) or asking.result().status == 503


def test_it_stops_at_once_when_nothing_runs(make_gateway: MakeGateway) -> None:
    """Though a client keeps its connection open."""
    with make_gateway() as gateway:
        gateway.ask("{ __typename }").whole()
        started = time.monotonic()
        gateway.signal(signal.SIGTERM)
        assert gateway.wait(STOP_WITHIN_S) == 0
        assert time.monotonic() - started < 1.0
        assert [line for line in gateway.log().splitlines() if not line.startswith("Serving ")] == ["Stopped."]


def test_a_client_that_goes_away_stops_the_work(gateway: GatewayProcess, estate: Estate) -> None:
    """The call under way is dropped long before its timeout, the next round never begins, and nothing is logged."""
    query = {"query": "{ orders(first: 20) { customer { name } } }"}
    estate.chaos("orders", hang=True)
    log = gateway.log()
    started = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{gateway.url}/graphql", json=query, timeout=0.3, trust_env=False)
    assert estate.calls() == {"orders": {"GET /orders": 1}}
    wait_until(lambda: estate.call_counts("orders")["in_flight"] == 0, 0.8)
    assert time.monotonic() - started < 1.4
    estate.clear_chaos()
    time.sleep(0.3)
    assert estate.calls() == {"orders": {"GET /orders": 1}}
    assert gateway.log() == log
    gateway.ask(query["query"]).whole()


def test_a_dead_service_does_not_keep_it_from_starting(make_gateway: MakeGateway, estate: Estate) -> None:
    """Schemas of wrapped services are its own: only their data is missing."""
    estate.kill("customers")
    with make_gateway() as gateway:
        answer = gateway.ask("{ orders(first: 1) { total customer { name } } }")
    assert answer.data["orders"][0]["total"]
    assert [error["extensions"]["service"] for error in answer.errors] == ["customers"]


@pytest.mark.parametrize("how", ["dead", "hanging"])
def test_without_a_remote_schema_it_says_so_and_ends(how: str, make_gateway: MakeGateway, estate: Estate) -> None:
    """Status 1, soon; a message that names the subgraph and what to look at, and no traceback."""
    if how == "dead":
        estate.kill("reviews")
    else:
        estate.chaos("reviews", hang=True)
    started = time.monotonic()
    with pytest.raises(NotServing) as ended, make_gateway():
        pass
    assert time.monotonic() - started < 10
    assert ended.value.code == 1
    assert "reviews" in ended.value.said
    assert "SUBGRAPH_SCHEMA_UNAVAILABLE" in ended.value.said or "schema cannot be read" in ended.value.said
    assert indiscretions(ended.value.said) == []
    assert [name for name in PORTS if name in ended.value.said] == ["reviews"]


def test_it_says_what_it_serves(gateway: GatewayProcess) -> None:
    """One line, with the address to open."""
    first, *_ = gateway.log().splitlines()
    assert first == f"Serving 9 subgraphs at {gateway.url}/graphql, explorer for browsers. Ctrl-C stops."

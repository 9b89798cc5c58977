"""Counters and chaos: what tests of the gateway rely on to know how often a service was asked, and to break it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from mock_services.estate import Estate
from mock_services.estate.remote import ControlError

Ask = dict[str, httpx.Client]


def timed(client: httpx.Client, path: str) -> tuple[float, httpx.Response]:
    """Seconds until the answer, and the answer."""
    started = time.monotonic()
    response = client.get(path)
    return time.monotonic() - started, response


def get_together(url: str, paths: list[str], timeout_s: float = 10) -> list[int | str]:
    """Ask for all paths at once, each on a connection of its own. By path: the status, or the error's name."""

    def get(path: str) -> int | str:
        try:
            return httpx.get(url + path, timeout=timeout_s, trust_env=False).status_code
        except httpx.HTTPError as error:
            return type(error).__name__

    with ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(get, paths))


def test_every_request_is_counted_by_route(estate: Estate, ask: Ask) -> None:
    """Also refused ones, those that find nothing, and those that lead nowhere; reset counts from nothing."""
    for target in ("/orders", "/orders?ids=o-0000001", "/orders/o-0000001", "/orders/nobody", "/orders?limit=0", "/x"):
        ask["orders"].get(target)
    ask["orders"].post("/orders/nobody/cancel")
    ask["orders"].delete("/orders")
    assert estate.calls("orders") == {
        "GET /orders": 3,
        "GET /orders/{id}": 2,
        "POST /orders/{id}/cancel": 1,
        "DELETE /orders": 1,
        "unmatched": 1,
    }
    assert estate.call_counts("orders")["total"] == 8
    assert estate.calls() == {"orders": estate.calls("orders")}
    estate.reset_calls()
    assert estate.calls() == {}


def test_control_routes_are_not_counted(estate: Estate, ask: Ask) -> None:
    for name, client in ask.items():
        for path in ("/healthz", "/openapi.json", "/_calls", "/_calls/log", "/_chaos"):
            assert client.get(path).status_code == 200, (name, path)
    assert estate.calls() == {}


def test_counters_are_reset_by_either_way(estate: Estate, ask: Ask) -> None:
    for method, path in (("POST", "/_calls/reset"), ("DELETE", "/_calls")):
        ask["customers"].get("/customers")
        assert estate.calls("customers") == {"GET /customers": 1}
        assert ask["customers"].request(method, path).status_code == 204
        assert estate.call_counts("customers") == {"total": 0, "routes": {}, "in_flight": 0, "max_in_flight": 0}


def test_the_log_tells_what_was_asked(estate: Estate, ask: Ask) -> None:
    """With the headers that a gateway sends on."""
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = {"X-Request-Id": "r-1", "traceparent": traceparent, "Braid-Deadline-Ms": "250"}
    ask["customers"].get("/customers?limit=3", headers=headers)
    ask["customers"].get("/customers/nobody")
    first, second = estate.call_log("customers")
    assert first == {
        "method": "GET",
        "path": "/customers",
        "query": "limit=3",
        "request_id": "r-1",
        "traceparent": traceparent,
        "deadline_ms": "250",
        "status": 200,
    }
    assert (second["path"], second["request_id"], second["status"]) == ("/customers/nobody", None, 404)


def test_counters_are_exact_under_parallel_requests(estate: Estate) -> None:
    estate.chaos("inventory", latency_ms=1000)
    assert get_together(estate.url("inventory"), ["/stock/p-00001"] * 12) == [200] * 12
    counts = estate.call_counts("inventory")
    assert counts["routes"] == {"GET /stock/{product_id}": 12}
    assert counts["max_in_flight"] == 12
    assert counts["in_flight"] == 0


def test_latency_is_added_to_every_domain_route_and_to_no_other(estate: Estate, ask: Ask) -> None:
    estate.chaos("payments", latency_ms=500)
    for path in ("/charges?limit=1", "/billing/c-000001"):
        seconds, response = timed(ask["payments"], path)
        assert response.status_code == 200
        assert seconds >= 0.5
    assert timed(ask["payments"], "/healthz")[0] < 0.5
    estate.clear_chaos()
    assert timed(ask["payments"], "/charges?limit=1")[0] < 0.5


def test_chaos_can_be_meant_for_one_route(estate: Estate, ask: Ask) -> None:
    """A route with settings of its own has only those."""
    estate.chaos("orders", latency_ms=500)
    estate.chaos("orders", route="GET /orders/{id}", error_rate=1, status=500)
    seconds, response = timed(ask["orders"], "/orders/o-0000001")
    assert (response.status_code, response.json()["code"]) == (500, "CHAOS")
    assert seconds < 0.5
    seconds, response = timed(ask["orders"], "/orders?limit=1")
    assert response.status_code == 200
    assert seconds >= 0.5


def test_failures_come_at_their_rate_the_same_each_time(estate: Estate, ask: Ask) -> None:
    """The seed decides which requests fail; failing ones are counted too."""

    def outcomes(seed: int) -> list[int]:
        estate.chaos("catalog", error_rate=0.3, seed=seed)
        return [ask["catalog"].get("/products/p-00001").status_code for _ in range(60)]

    first = outcomes(seed=1)
    assert set(first) == {200, 503}
    assert 8 <= first.count(503) <= 28
    assert outcomes(seed=1) == first
    assert outcomes(seed=2) != first
    assert estate.calls("catalog") == {"GET /products/{id}": 180}


def test_a_failure_is_a_problem(estate: Estate, ask: Ask) -> None:
    estate.chaos("support", error_rate=1, status=502)
    response = ask["support"].get("/tickets")
    assert (response.status_code, response.headers["content-type"]) == (502, "application/problem+json")
    assert response.json()["code"] == "CHAOS"


def test_a_hanging_service_answers_nothing_but_its_control_routes(estate: Estate, ask: Ask) -> None:
    """The victim is alive and has seen the request: that is what hanging means."""
    estate.chaos("support", hang=True)
    with pytest.raises(httpx.ReadTimeout):
        ask["support"].get("/tickets?limit=1", timeout=0.3)
    assert estate.is_alive("support")
    assert ask["support"].get("/healthz").status_code == 200
    assert estate.calls("support") == {"GET /tickets": 1}
    (call,) = estate.call_log("support")
    assert call["status"] is None


def wait_until(what: Any, timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)


def test_a_request_that_its_client_gave_up_no_longer_hangs(estate: Estate, ask: Ask) -> None:
    """So that a test which lets a hundred requests time out does not leave a hundred in the service."""
    estate.chaos("support", hang=True)
    assert get_together(estate.url("support"), ["/tickets"] * 5, timeout_s=0.3) == ["ReadTimeout"] * 5
    wait_until(lambda: estate.call_counts("support")["in_flight"] == 0)


def test_what_hangs_is_answered_when_chaos_is_cleared(estate: Estate) -> None:
    """Also a body that was sent meanwhile arrives."""
    estate.chaos("support", hang=True)
    ticket = {"customer_id": "c-000003", "subject": "Sent while it hung"}
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(httpx.post, f"{estate.url('support')}/tickets", json=ticket, trust_env=False)
        wait_until(lambda: estate.call_counts("support")["in_flight"] == 1)
        assert not waiting.done()
        estate.clear_chaos()
        assert waiting.result(20).json()["subject"] == "Sent while it hung"


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"latency": 5}, "$"),
        ({"latency_ms": -1}, "$.latency_ms"),
        ({"error_rate": 1.5}, "$.error_rate"),
        ({"status": 200}, "$.status"),
        ({"hang": "yes"}, "$.hang"),
        ({"route": "GET /nowhere"}, "route"),
        ({"fault": "earthquake"}, "fault"),
        ({"fault": "html", "probability": 2}, "$.probability"),
        ({"fault": "html", "times": 0}, "$.times"),
        ({"fault": "huge", "size_bytes": 0}, "$.size_bytes"),
        ({"fault": "drip", "pause_ms": -1}, "$.pause_ms"),
    ],
)
def test_wrong_chaos_is_refused_and_not_in_force(
    estate: Estate, ask: Ask, settings: dict[str, Any], place: str
) -> None:
    with pytest.raises(ControlError, match="422"):
        estate.chaos("orders", **settings)
    problem = ask["orders"].post("/_chaos", json=settings).json()
    assert [fault["name"] for fault in problem["errors"]] == [place]
    assert ask["orders"].get("/_chaos").json()["in_force"] == []


def test_chaos_in_force_can_be_seen(estate: Estate, ask: Ask) -> None:
    estate.chaos("orders", latency_ms=5)
    estate.chaos("orders", hang=True, route="POST /orders")
    in_force = ask["orders"].get("/_chaos").json()["in_force"]
    assert [(each["route"], each["latency_ms"], each["hang"]) for each in in_force] == [
        (None, 5, False),
        ("POST /orders", 0, True),
    ]
    estate.clear_chaos()
    assert ask["orders"].get("/_chaos").json()["in_force"] == []

"""The feed as an interface: pages, waiting, its ends, and that nobody who reads it is taken for a caller."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_services.estate import Estate
from mock_services.generator import Sizes, generate
from mock_services.kit.ports import PORTS
from tests.shop_services.feeds import Ask, check_order, events_after, head, snapshot
from tests.shop_services.postgresql import execute

TINY = Sizes(customers=3, products=3, orders=3)
NEW_ORDER = {"customer_id": "c-000001", "items": [{"product_id": "p-00001", "quantity": 1}]}


def place(ask: Ask, times: int = 1) -> None:
    for _ in range(times):
        assert ask["orders"].post("/orders", json=NEW_ORDER).status_code == 201


def wait_for_event(estate: Estate, after: int, wait_s: float) -> tuple[float, Any]:
    """Seconds that the long poll took, on a connection of its own, and what it answered."""
    started = time.monotonic()
    url = f"{estate.url('orders')}/events?after={after}&wait={wait_s}"
    answer = httpx.get(url, timeout=40, trust_env=False)
    return time.monotonic() - started, answer.json()


def test_pages_follow_each_other_without_gap_or_repetition(ask: Ask) -> None:
    before = head(ask["orders"])
    place(ask, 7)
    pages = events_after(ask["orders"], before, limit=2)
    assert len(pages) == 7
    check_order(pages, before)
    assert pages == events_after(ask["orders"], before)


def test_who_waits_is_woken_by_the_commit(estate: Estate, ask: Ask) -> None:
    """Long before the wait is over; everybody who waits."""
    after = head(ask["orders"])
    with ThreadPoolExecutor(4) as pool:
        waiting: list[Future[tuple[float, Any]]] = [pool.submit(wait_for_event, estate, after, 25) for _ in range(4)]
        time.sleep(0.5)
        assert not any(each.done() for each in waiting)
        place(ask)
        answers = [each.result() for each in waiting]
    assert all(seconds < 10 for seconds, _ in answers)
    assert {event["position"] for _, answer in answers for event in answer["events"]} == {after + 1}


def test_a_wait_without_an_event_ends_in_time(estate: Estate, ask: Ask) -> None:
    after = head(ask["orders"])
    seconds, answer = wait_for_event(estate, after, 0.4)
    assert seconds >= 0.4
    assert (answer["events"], answer["head"]) == ([], after)


def test_what_is_there_is_not_waited_for(estate: Estate, ask: Ask) -> None:
    place(ask)
    seconds, answer = wait_for_event(estate, head(ask["orders"]) - 1, 25)
    assert seconds < 10
    assert len(answer["events"]) == 1


def test_a_refused_command_wakes_nobody(estate: Estate, ask: Ask) -> None:
    after = head(ask["orders"])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait_for_event, estate, after, 1)
        ask["orders"].post("/orders", json=NEW_ORDER | {"items": []})
        seconds, answer = waiting.result()
    assert seconds >= 1
    assert answer["events"] == []


def test_a_service_that_stops_lets_go_of_who_waits(estate: Estate, ask: Ask) -> None:
    """At once, with an answer, and ends with status 0."""
    after = head(ask["orders"])
    with Estate(estate.home, services=["orders"]) as other, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait_for_event, other, after, 25)
        time.sleep(0.5)
        assert not waiting.done()
        assert other.stop() == {"orders": 0}
        seconds, answer = waiting.result()
    assert seconds < 10
    assert answer["events"] == []


def test_an_event_of_another_process_is_seen_when_the_wait_is_over(estate: Estate, ask: Ask) -> None:
    """Only commits of its own wake a service's readers."""
    after = head(ask["orders"])
    with Estate(estate.home, services=["orders"]) as other, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait_for_event, other, after, 1.5)
        time.sleep(0.3)
        place(ask)
        _, answer = waiting.result()
    assert [event["position"] for event in answer["events"]] == [after + 1]


def test_a_position_that_is_yet_to_come_is_refused(ask: Ask) -> None:
    """Whoever has seen it has seen another history."""
    answer = ask["orders"].get(f"/events?after={head(ask['orders']) + 1}&wait=20")
    assert (answer.status_code, answer.json()["code"]) == (409, "POSITION_BEYOND_HEAD")


@pytest.mark.parametrize("service", PORTS)
def test_the_state_of_some_is_as_in_the_whole(ask: Ask, service: str) -> None:
    """Whichever are asked for, in whatever order; what does not exist is left out."""
    position, items = snapshot(ask[service])
    some = sorted(items)[::-7][:150]
    answer = ask[service].get("/snapshot", params={"ids": ",".join(["nobody", *some])}).json()
    assert answer["items"] == [items[subject] for subject in sorted(some)]
    assert (answer["position"], answer["next"]) == (position, None)
    assert answer["feed"] == ask[service].get("/snapshot", params={"limit": 1}).json()["feed"]


def test_the_state_of_some_has_their_versions_and_not_what_was_erased(ask: Ask) -> None:
    who = {"name": "Ida Lund", "email": "ida.lund@example.com", "city": "Oslo", "country": "NO"}
    customer = ask["customers"].post("/customers", json=who).json()["id"]
    ask["customers"].post(f"/customers/{customer}/rename", json={"name": "Ida Berg"})
    path = f"/snapshot?ids={customer}"
    (item,) = ask["customers"].get(path).json()["items"]
    assert (item["aggregateversion"], item["data"]["name"]) == (2, "Ida Berg")
    ask["customers"].post(f"/customers/{customer}/erase")
    assert ask["customers"].get(path).json()["items"] == []


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    """Of a support service of one's own, whose feed may be spoiled."""
    generate(tmp_path, 1, TINY)
    with (
        Estate(tmp_path, services=["support"]) as estate,
        httpx.Client(base_url=estate.url("support"), trust_env=False) as client,
    ):
        yield client


def test_forgotten_events_are_refused_and_positions_go_on(client: httpx.Client) -> None:
    for _ in range(3):
        client.post("/tickets", json={"customer_id": "c-000001", "subject": "Forget me"})
    last = head(client)
    assert client.post("/_feed/prune", json={"through": last - 1}).json()["pruned"] == last - 1
    gone = client.get(f"/events?after={last - 2}")
    assert (gone.status_code, gone.json()["code"]) == (410, "EVENTS_PRUNED")
    assert [event["position"] for event in events_after(client, last - 1)] == [last]
    assert client.post("/_feed/prune", json={"through": last + 100}).json() == {
        "id": client.get(f"/events?after={last}").json()["feed"],
        "head": last,
        "pruned": last,
    }
    client.post("/tickets", json={"customer_id": "c-000001", "subject": "Next"})
    assert [event["position"] for event in events_after(client, last)] == [last + 1]


BAD = [
    "/events?after=-1",
    "/events?after=x",
    "/events?limit=0",
    "/events?limit=1001",
    "/events?wait=31",
    "/events?wait=-1",
    "/events?wait=nan",
    "/events?position=3",
    "/snapshot?limit=1001",
    "/snapshot?cursor=abc",
    "/snapshot?ids=",
    "/snapshot?ids=a&limit=3",
    "/snapshot?ids=" + ",".join(map(str, range(201))),
    "/digest?bucket=1024",
]


@pytest.mark.parametrize("path", BAD)
def test_parameters_out_of_bounds_are_refused(ask: Ask, path: str) -> None:
    answer = ask["orders"].get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_reading_the_feed_is_not_counted_as_a_call(estate: Estate, ask: Ask) -> None:
    """Who keeps copies asks all the time."""
    for path in ("/events", "/snapshot", "/digest", "/schemas/order.placed.v1.json", "/_calls"):
        assert ask["orders"].get(path).status_code == 200
    assert estate.calls() == {}
    assert estate.call_counts("orders")["max_in_flight"] == 0


def test_the_feed_can_be_disturbed(estate: Estate, ask: Ask) -> None:
    """Alone. It is not with all the rest: who reads it all the time would use up the draws of other routes."""
    estate.chaos("orders", error_rate=1, status=500, route="GET /events")
    assert (ask["orders"].get("/events").status_code, ask["orders"].get("/orders").status_code) == (500, 200)
    estate.clear_chaos()
    estate.chaos("orders", error_rate=1)
    assert (ask["orders"].get("/snapshot").status_code, ask["orders"].get("/orders").status_code) == (200, 503)


def test_a_shop_that_was_made_anew_has_another_feed(tmp_path: Path) -> None:
    """Its positions begin again, and readers can tell."""
    feeds = set()
    for _ in range(2):
        generate(tmp_path, 1, TINY, force=True)
        with Estate(tmp_path, services=["support"]) as estate:
            feeds.add(httpx.get(f"{estate.url('support')}/events", trust_env=False).json()["feed"])
    assert len(feeds) == 2


def test_the_rows_of_the_outbox_cannot_be_written_twice(estate: Estate, ask: Ask) -> None:
    """The database itself refuses a second event of the same version of an aggregate."""
    place(ask)
    (event,) = events_after(ask["orders"], head(ask["orders"]) - 1)
    copy = (
        "INSERT INTO outbox SELECT position + 1000000, 'x', aggregatetype, aggregateid, version, type, time,"
        f" correlation_id, traceparent, payload FROM outbox WHERE position = {event['position']}"
    )
    with pytest.raises(Exception, match=r"(?i)unique"):
        execute(estate.home, "orders", copy)

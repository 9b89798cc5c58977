"""SIGKILL amid many concurrent commands: what was acknowledged is done and told once, the rest can be sent again."""

from __future__ import annotations

import random
import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from mock_services.estate import Estate
from mock_services.generator import Sizes, generate
from mock_services.homes import DirectoryHome, Home
from tests.shop_services.feeds import check_digest, check_order, events_after, snapshot, types_of
from tests.shop_services.postgresql import temporary_home

WRITERS = 8
ROUNDS = 6
NEW_ORDER = {"customer_id": "c-000001", "items": [{"product_id": "p-00001", "quantity": 1}]}
STEPS = ("confirm", "ship")


@dataclass
class Ledger:
    """What one client knows of its commands. key: of the one that is not yet acknowledged.

    orders: acknowledged, by id, with how many of STEPS were acknowledged after it.
    """

    key: str = ""
    orders: dict[str, int] = field(default_factory=dict)
    unanswered: int = 0


@pytest.fixture
def orders(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Estate]:
    """An orders service of one's own."""
    with ExitStack() as stack:
        home: Home = DirectoryHome(tmp_path)
        if backend == "postgresql":
            home = stack.enter_context(temporary_home(request.getfixturevalue("postgresql")))
        generate(home, 1, Sizes(customers=5, products=5, orders=20))
        yield stack.enter_context(Estate(home, services=["orders"]))


def send(client: httpx.Client, ledger: Ledger, path: str, body: object = None) -> httpx.Response:
    """One command; a key that had no answer is taken up again."""
    ledger.key = ledger.key or secrets.token_hex(8)
    try:
        response = client.post(path, json=body, headers={"idempotency-key": ledger.key})
    except httpx.TransportError:
        ledger.unanswered += 1
        raise
    assert response.status_code in (200, 201), response.text
    ledger.key = ""
    return response


def write_until_killed(url: str, ledger: Ledger, begun: threading.Barrier) -> None:
    """Place orders, confirm and ship them, until nobody answers. An unanswered command is the first to be sent."""
    with httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
        begun.wait()
        try:
            while True:
                id = next((id for id, steps in ledger.orders.items() if steps < len(STEPS)), None)
                if id is None:
                    ledger.orders[send(client, ledger, "/orders", NEW_ORDER).json()["id"]] = 0
                else:
                    send(client, ledger, f"/orders/{id}/{STEPS[ledger.orders[id]]}")
                    ledger.orders[id] += 1
        except httpx.TransportError:
            return


def kill_amid_commands(estate: Estate, ledgers: list[Ledger], after_s: float) -> None:
    """Prove that it lived and worked before, and is dead by SIGKILL after."""
    begun = threading.Barrier(len(ledgers) + 1)
    pid, before = estate.pid("orders"), sum(len(ledger.orders) for ledger in ledgers)
    with ThreadPoolExecutor(len(ledgers)) as pool:
        writing = [pool.submit(write_until_killed, estate.url("orders"), ledger, begun) for ledger in ledgers]
        begun.wait()
        threading.Event().wait(after_s)
        assert estate.is_alive("orders")
        assert not any(each.done() for each in writing)
        estate.kill("orders")
        for each in writing:
            each.result()
    assert (estate.exit_code("orders"), estate.is_alive("orders")) == (-9, False)
    assert sum(len(ledger.orders) for ledger in ledgers) > before
    estate.restart("orders")
    assert estate.pid("orders") != pid


def check(client: httpx.Client, ledgers: list[Ledger]) -> None:
    """Each acknowledged command has one event; beside them there are at most those that wait for their answer."""
    events = events_after(client, limit=1000)
    check_order(events)
    told = Counter((event["subject"], event["type"]) for event in events)
    assert set(told.values()) == {1}
    done = {id: steps for ledger in ledgers for id, steps in ledger.orders.items()}
    for id, steps in done.items():
        for type in ["order.placed.v1", "order.confirmed.v1", "order.shipped.v1"][: steps + 1]:
            assert told[id, type] == 1
    acknowledged = sum(steps + 1 for steps in done.values())
    assert acknowledged <= len(events) <= acknowledged + sum(bool(ledger.key) for ledger in ledgers)
    state = snapshot(client)[1]
    for subject, count in Counter(event["subject"] for event in events).items():
        assert state[subject]["aggregateversion"] == count
        assert state[subject]["data"]["status"] == ("placed", "confirmed", "shipped")[count - 1]
    check_digest(client)


def finish(client: httpx.Client, ledgers: list[Ledger]) -> None:
    """Send what has no answer yet until it has one, and the rest of every order's steps."""
    for ledger in ledgers:
        if ledger.key and all(steps == len(STEPS) for steps in ledger.orders.values()):
            ledger.orders[send(client, ledger, "/orders", NEW_ORDER).json()["id"]] = 0
        for id in ledger.orders:
            for step in STEPS[ledger.orders[id] :]:
                send(client, ledger, f"/orders/{id}/{step}")
                ledger.orders[id] += 1


def test_a_killed_service_has_lost_nothing_and_done_nothing_twice(orders: Estate) -> None:
    """Eight clients, killed six times at random moments; at last every command is done exactly once."""
    draws, ledgers = random.Random(5), [Ledger() for _ in range(WRITERS)]
    for _ in range(ROUNDS):
        kill_amid_commands(orders, ledgers, draws.uniform(0.1, 0.5))
        with httpx.Client(base_url=orders.url("orders"), timeout=20, trust_env=False) as client:
            check(client, ledgers)
    assert sum(ledger.unanswered for ledger in ledgers) >= ROUNDS
    with httpx.Client(base_url=orders.url("orders"), timeout=20, trust_env=False) as client:
        finish(client, ledgers)
        assert not any(ledger.key for ledger in ledgers)
        check(client, ledgers)
        placed = sum(len(ledger.orders) for ledger in ledgers)
        types = types_of(events_after(client, limit=1000))
    assert types == {"order.placed.v1": placed, "order.confirmed.v1": placed, "order.shipped.v1": placed}

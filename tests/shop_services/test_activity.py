"""Somebody changes the shop all the time, when asked to; whatever else happens to it, and no longer than it runs."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

from mock_services.activity.people import People
from mock_services.estate import Estate
from mock_services.generator import Sizes, generate
from mock_services.kit.ports import PORTS
from tests.shop_services.feeds import Ask, check_order, events_after, head, types_of
from tests.shop_services.test_processes import estate_process, wait_gone


@pytest.fixture
def data(tmp_path: Path) -> Path:
    generate(tmp_path, 1, Sizes(customers=20, products=20, orders=30))
    return tmp_path


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_people_do_everything_that_can_be_done(estate: Estate, ask: Ask) -> None:
    """Every kind of event but erasing, within a few hundred deeds; most of them succeed, and none is told wrong."""
    before = {name: head(ask[name]) for name in PORTS}
    people = People(estate.urls(), random.Random(3))
    done = sum(people.act() for _ in range(400))
    assert done > 300
    told = [event for name in PORTS for event in events_after(ask[name], before[name])]
    for name in PORTS:
        check_order(events_after(ask[name], before[name]), before[name])
    assert set(types_of(told)) == {
        "customer.registered.v1",
        "customer.renamed.v1",
        "product.price_changed.v1",
        "order.placed.v1",
        "order.confirmed.v1",
        "order.shipped.v1",
        "order.cancelled.v1",
        "stock.adjusted.v1",
        "ticket.opened.v1",
        "ticket.closed.v1",
    }


def test_people_let_a_service_be_that_is_down(estate: Estate, ask: Ask) -> None:
    before = head(ask["orders"])
    estate.kill("catalog")
    assert not estate.is_alive("catalog")
    people = People(estate.urls(), random.Random(3))
    assert not any(people.act() for _ in range(10))
    estate.restart("catalog")
    assert any(people.act() for _ in range(50))
    assert head(ask["orders"]) > before


def test_an_estate_is_quiet_unless_asked(data: Path) -> None:
    """Nobody but who is asked to writes, or reads."""
    with estate_process(data) as (_, announced):
        urls = {service["name"]: service["url"] for service in announced["services"]}
        time.sleep(1)
        for url in urls.values():
            assert httpx.get(f"{url}/events", trust_env=False).json()["head"] == 0
            assert httpx.get(f"{url}/_calls", trust_env=False).json()["total"] == 0


def test_an_estate_that_was_asked_is_active_until_it_ends(data: Path) -> None:
    """Also when it is killed: whoever was active ends with it."""
    with estate_process(data, "--activity", "50") as (process, announced):
        url = next(service["url"] for service in announced["services"] if service["name"] == "orders")
        wait_until(lambda: httpx.get(f"{url}/events", trust_env=False).json()["head"] > 5)
        (active,) = [
            child
            for child in psutil.Process(process.pid).children()
            if "mock_services.activity" in " ".join(child.cmdline())
        ]
        process.kill()
        assert wait_gone([active.pid], 10) == []


@pytest.mark.parametrize("rate", ["-1", "101", "x", "nan"])
def test_a_rate_that_cannot_be_is_refused(data: Path, rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    from mock_services.estate.__main__ import main

    with pytest.raises(SystemExit) as ended:
        main(["--dir", str(data), f"--activity={rate}"])
    assert ended.value.code == 2
    assert "is not a number of changes a second" in capsys.readouterr().err

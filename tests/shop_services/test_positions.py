"""Positions have no gaps for readers, whoever writes at the same time; on PostgreSQL with four transactions at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import anyio
import pytest

from mock_services.generator import Sizes, generate
from mock_services.homes import DirectoryHome
from mock_services.kit.connection import Connection
from mock_services.kit.database import Database
from mock_services.kit.outbox import read_events, record
from mock_services.orders.app import STREAM
from mock_services.orders.events import CONFIRMED, OrderConfirmed
from tests.shop_services.postgresql import temporary_home

WRITERS = 4
CHANGES = 150
SUBJECTS = 5


class UndoneError(Exception):
    """The transaction is rolled back after it has recorded its event."""


@pytest.fixture
def place(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A tiny shop's orders."""
    with ExitStack() as stack:
        if backend == "sqlite":
            home = DirectoryHome(tmp_path)
        else:
            home = stack.enter_context(temporary_home(request.getfixturevalue("postgresql")))
        generate(home, 1, Sizes(customers=2, products=2, orders=2))
        if backend != "sqlite":
            stack.enter_context(home.hold(exclusive=False))
            patched = stack.enter_context(pytest.MonkeyPatch.context())
            patched.setenv("PGPASSWORD", home.environment("orders")["PGPASSWORD"])
        yield home.database("orders")


def change(db: Connection, number: int) -> None:
    """Record an event; linger before the commit, as long transactions do; now and then, undo it."""
    subject = f"o-{number % SUBJECTS}"
    record(db, CONFIRMED, subject, OrderConfirmed(subject, "c-1", "confirmed"))
    if number % 3 == 0:
        time.sleep(0.002)
    if number % 10 == 9:
        raise UndoneError


def write_all(place: str, done: threading.Event) -> None:
    """WRITERS connections at once, each with transactions of its own."""

    async def write(database: Database, first: int) -> None:
        for number in range(first, first + CHANGES):
            try:
                await database.write(change, number)
            except UndoneError:
                continue

    def run(first: int) -> None:
        database = Database(place, "orders")
        anyio.run(write, database, first)
        database.close()

    try:
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(run, [1000 * writer for writer in range(WRITERS)]))
    finally:
        done.set()


def follow(place: str, done: threading.Event) -> tuple[list[tuple[int, str, int]], int]:
    """Read behind the last position seen, as fast as possible, until all is written. And how many reads found some."""

    async def run() -> tuple[list[tuple[int, str, int]], int]:
        database, seen, reads = Database(place, "orders"), [], 0
        while True:
            was_done = done.is_set()
            after = seen[-1][0] if seen else 0
            page = await database.read(read_events, STREAM, after=after, limit=50)
            seen += [(event.position, event.subject, event.aggregateversion) for event in page.events]
            reads += bool(page.events)
            if was_done and not page.events:
                database.close()
                return seen, reads

    return anyio.run(run)


def test_a_reader_never_sees_a_position_before_its_predecessor(place: str) -> None:
    """By a cursor that only moves forward: every committed event exactly once, none of an undone transaction."""
    done = threading.Event()
    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(follow, place, done) for _ in range(2)]
        pool.submit(write_all, place, done).result()
        results = [reader.result() for reader in readers]
    committed = WRITERS * CHANGES * 9 // 10
    for seen, reads in results:
        assert reads > 20  # They did read while others wrote.
        assert [position for position, _, _ in seen] == list(range(1, committed + 1))
        for subject in {subject for _, subject, _ in seen}:
            versions = [version for _, each, version in seen if each == subject]
            assert versions == list(range(2, len(versions) + 2))

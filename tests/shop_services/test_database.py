"""Database: off the event loop, whole transactions or none, nothing written by readers."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from mock_services.kit.database import Database, create_database, finish_database

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """With one table of numbers, in which there is nothing yet."""
    connection = create_database(tmp_path / "test.db", "test", "CREATE TABLE numbers (n INTEGER);")
    finish_database(connection, "")
    database = Database(tmp_path / "test.db", "test")
    yield database
    database.close()


def numbers(db: sqlite3.Connection) -> list[int]:
    return [row[0] for row in db.execute("SELECT n FROM numbers ORDER BY n")]


def add(db: sqlite3.Connection, number: int) -> None:
    db.execute("INSERT INTO numbers VALUES (?)", (number,))


async def test_a_change_that_fails_is_undone_whole(database: Database) -> None:
    """What it had written before it raised is not there; the next change is."""

    def add_and_fail(db: sqlite3.Connection) -> None:
        add(db, 1)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(add_and_fail)
    await database.write(add, 2)
    assert await database.read(numbers) == [2]


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.read(add, 1)
    assert await database.read(numbers) == []


async def test_nothing_runs_on_the_event_loops_thread(database: Database) -> None:
    def thread(_: sqlite3.Connection) -> int:
        return threading.get_ident()

    assert threading.get_ident() not in {await database.read(thread), await database.write(thread)}


async def test_changes_made_together_are_all_made(database: Database) -> None:
    """Each reads the largest number and adds the next: one at a time, none lost, readers undisturbed."""

    def add_next(db: sqlite3.Connection) -> None:
        add(db, max(numbers(db), default=0) + 1)

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(database.write, add_next)
            tasks.start_soon(database.read, numbers)
    assert await database.read(numbers) == list(range(1, 51))

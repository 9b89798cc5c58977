"""Database: off the event loop, whole transactions or none, nothing written by readers; on SQLite and PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import psycopg
import pytest

from mock_services.kit.connection import Connection, DatabaseUnavailable
from mock_services.kit.database import Database
from mock_services.kit.ports import PORTS
from mock_services.kit.sqlite import create_sqlite, finish_sqlite
from tests.shop_services.postgresql import temporary_home

pytestmark = pytest.mark.anyio

TABLES = "CREATE TABLE numbers (n INTEGER); CREATE TABLE words (word TEXT, document JSON);"


@pytest.fixture
def place(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where customers has two tables, in which there is nothing yet."""
    if backend == "sqlite":
        finish_sqlite(create_sqlite(tmp_path / "test.db", "customers", TABLES), "")
        yield str(tmp_path / "test.db")
        return
    with temporary_home(request.getfixturevalue("postgresql")) as home:
        with home.hold(exclusive=True), home.fill() as filling:
            for service in PORTS:
                filling.create(service, TABLES)
            filling.complete(b"{}")
        with home.hold(exclusive=False), pytest.MonkeyPatch.context() as patched:
            patched.setenv("PGPASSWORD", home.environment("customers")["PGPASSWORD"])
            yield home.database("customers")


@pytest.fixture
async def database(place: str) -> AsyncIterator[Database]:
    database = Database(place, "customers")
    yield database
    database.close()


def numbers(db: Connection) -> list[int]:
    return [row[0] for row in db.all("SELECT n FROM numbers ORDER BY n")]


def add(db: Connection, number: int) -> None:
    db.insert("numbers", [(number,)])


async def test_a_change_that_fails_is_undone_whole(database: Database) -> None:
    """What it had written before it raised is not there; the next change is."""

    def add_and_fail(db: Connection) -> None:
        add(db, 1)
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(add_and_fail)
    await database.write(add, 2)
    assert await database.read(numbers) == [2]


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable, match=r"readonly|read-only"):
        await database.read(add, 1)
    assert await database.read(numbers) == []


async def test_nothing_runs_on_the_event_loops_thread(database: Database) -> None:
    def thread(_: Connection) -> int:
        return threading.get_ident()

    assert threading.get_ident() not in {await database.read(thread), await database.write(thread)}


async def test_changes_made_together_are_all_made(place: str, database: Database) -> None:
    """Each reads the largest number and adds the next, as if in two processes: none lost, readers undisturbed."""

    def add_next(db: Connection) -> None:
        add(db, max(numbers(db), default=0) + 1)

    other = Database(place, "customers")
    async with anyio.create_task_group() as tasks:
        for _ in range(25):
            tasks.start_soon(database.write, add_next)
            tasks.start_soon(other.write, add_next)
            tasks.start_soon(database.read, numbers)
    other.close()
    assert await database.read(numbers) == list(range(1, 51))


async def test_changes_that_wait_share_a_commit_and_fail_alone(database: Database) -> None:
    """Forty come while the first is under way: one commit for all of them, and only the bad ones are undone."""
    begun, go_on, commits = threading.Event(), threading.Event(), list[int]()
    database.on_commit(lambda: commits.append(1))
    failed: list[int] = []

    def first(db: Connection) -> None:
        begun.set()
        assert go_on.wait(10)

    async def add_or_fail(number: int) -> None:
        def change(db: Connection) -> int:
            add(db, number)
            if number % 4 == 0:
                raise LookupError
            return number

        try:
            assert await database.write(change) == number
        except LookupError:
            failed.append(number)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(database.write, first)
        await anyio.to_thread.run_sync(begun.wait)
        for number in range(40):
            tasks.start_soon(add_or_fail, number)
        await anyio.wait_all_tasks_blocked()
        go_on.set()
    assert sorted(failed) == list(range(0, 40, 4))
    assert await database.read(numbers) == [number for number in range(40) if number % 4]
    assert len(commits) == 2


async def test_a_change_that_was_given_up_before_it_began_is_not_made(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def first(db: Connection) -> None:
        begun.set()
        assert go_on.wait(10)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(database.write, first)
        await anyio.to_thread.run_sync(begun.wait)
        with anyio.move_on_after(0.05) as scope:
            await database.write(add, 1)
        assert scope.cancelled_caught
        go_on.set()
    await database.write(add, 2)
    assert await database.read(numbers) == [2]


async def test_the_words_of_stores_mean_the_same_everywhere(database: Database) -> None:
    """Lists, members of documents, text by its bytes, numbers beyond 32 bits, sums and averages as plain numbers."""
    words = ["b", "B", "ä", "a", "Z", "100%"]

    def write(db: Connection) -> None:
        db.insert("words", [(word, f'{{"of":"{word}","n":1}}') for word in words])
        db.insert("numbers", [(2**31,), (2**31 + 1,)])

    await database.write(write)

    def read(db: Connection, sql: str, **values: object) -> list[object]:
        return [row[0] for row in db.all(sql, values)]

    assert await database.read(read, "SELECT word FROM words ORDER BY word") == sorted(words)
    listed = "SELECT word FROM words WHERE word IN listed(:words) ORDER BY word"
    assert await database.read(read, listed, words=["Z", "ä", "none"]) == ["Z", "ä"]
    assert await database.read(read, listed, words=[]) == []
    assert await database.read(read, "SELECT word FROM words WHERE member(document, of) = '100%'") == ["100%"]
    (document,) = await database.read(read, "SELECT document FROM words WHERE word = :word", word="a")
    assert str(document).replace(" ", "") in ('{"of":"a","n":1}', '{"n":1,"of":"a"}')
    total, average = await database.read(lambda db: db.all("SELECT sum(n), avg(n) FROM numbers")[0])
    assert (total, type(total), average, type(average)) == (2**32 + 1, int, 2147483648.5, float)


def test_files_need_no_driver(tmp_path: Path) -> None:
    """Without psycopg the shop is made and served from files; who wants PostgreSQL is told what is missing."""
    script = """
import sys
sys.modules["psycopg"] = None
from mock_services.generate import main
from mock_services.kit.database import Database
sizes = ["--customers", "2", "--products", "2", "--orders", "2"]
main(["--dir", sys.argv[1], *sizes])
Database(sys.argv[1] + "/orders.db", "orders").close()
main(["--db", "postgresql://127.0.0.1/test", *sizes])
"""
    command = [sys.executable, "-c", script, str(tmp_path / "shop")]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout.startswith("made ")) == (1, True)
    assert run.stderr.splitlines()[-1] == "generate: PostgreSQL needs a driver: pip install 'psycopg[binary]'"


@pytest.mark.postgresql
@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
async def test_a_lost_connection_is_replaced(place: str, database: Database, postgresql: str) -> None:
    """The request that finds it lost is refused; the next is answered."""
    await database.write(add, 1)
    role = urlsplit(place).username
    with psycopg.connect(postgresql) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (role,))
    with pytest.raises(DatabaseUnavailable):
        await database.write(add, 2)
    await database.write(add, 3)
    assert await database.read(numbers) == [1, 3]

"""Database: one service's SQLite file, read and written off the event loop.

Reads run on a few threads, each with a connection of its own; writes run on one thread, one transaction each, so a
change and whatever must be stored with it are committed together or not at all. WAL lets both go on at once.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import msgspec

P = ParamSpec("P")
T = TypeVar("T")

READERS = 2
BUSY_TIMEOUT_MS = 5000


class DatabaseError(Exception):
    """There is no usable database at the path; the message says why and what to do."""


class Database:
    """Runs queries over one file. `close` ends its threads."""

    def __init__(self, path: Path, service: str) -> None:
        """Raises DatabaseError when the file is absent, not a database, or another service's."""
        _check(path, service)
        self._path = path
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._writer = ThreadPoolExecutor(1, "writer")

    async def read(
        self, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run query(connection, ...) on a reading thread. It cannot write."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: query(self._connection(False), *args, **kwargs))

    async def write(
        self, change: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run change(connection, ...) on the writing thread in a transaction: committed, or undone when it raises."""

        def run() -> T:
            connection = self._connection(True)
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = change(connection, *args, **kwargs)
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            return result

        return await asyncio.get_running_loop().run_in_executor(self._writer, run)

    def close(self) -> None:
        """Let running queries end, start no more."""
        self._readers.shutdown(cancel_futures=True)
        self._writer.shutdown(cancel_futures=True)
        for connection in self._connections:
            connection.close()

    def _connection(self, writable: bool) -> sqlite3.Connection:
        """The calling thread's connection; a thread only ever reads or only ever writes."""
        if not hasattr(self._local, "connection"):
            connection = _connect(self._path)
            connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
            connection.execute("PRAGMA synchronous = NORMAL")
            if not writable:
                connection.execute("PRAGMA query_only = ON")
            self._local.connection = connection
            self._connections.append(connection)
        return self._local.connection


def create_database(path: Path, service: str, tables: str) -> sqlite3.Connection:
    """A new file to load rows into: no journal, so a crash breaks it. `finish_database` makes it fit to serve."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("CREATE TABLE service (name TEXT NOT NULL)")
    connection.execute("INSERT INTO service VALUES (?)", (service,))
    connection.executescript(tables)
    return connection


def finish_database(connection: sqlite3.Connection, indexes: str) -> None:
    """Build the indexes (after the rows: in one sort each), gather statistics, switch to WAL, close."""
    connection.executescript(indexes)
    connection.execute("ANALYZE")
    connection.execute("PRAGMA locking_mode = NORMAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def json_array(values: Sequence[str]) -> str:
    """Values for `IN (SELECT value FROM json_each(?))`: one statement text for any number of them."""
    return msgspec.json.encode(values).decode()


def _connect(path: Path) -> sqlite3.Connection:
    """mode=rw: a missing file is an error, not a new empty database. Used by one thread, but closed by another."""
    uri = f"{path.resolve().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


def _check(path: Path, service: str) -> None:
    remedy = "python -m mock_services.generate --dir DIRECTORY makes one"
    if not path.is_file():
        raise DatabaseError(f"there is no database at {path}; {remedy}")
    try:
        with closing(_connect(path)) as connection:
            (found,) = connection.execute("SELECT name FROM service").fetchone()
    except (sqlite3.Error, TypeError) as error:
        raise DatabaseError(f"{path} is not a database of the shop ({error}); {remedy}") from error
    if found != service:
        raise DatabaseError(f"{path} is the database of {found}, not of {service}")

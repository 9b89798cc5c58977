"""Database: one service's data, read and written off the event loop. It alone knows that there are two kinds.

Reads run on a few threads, each with a connection of its own; writes run on one thread, in transactions, so a change
and whatever must be stored with it are committed together or not at all. Both go on at once.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from mock_services.kit.connection import REMEDY, Connection, DatabaseError, DatabaseUnavailable
from mock_services.kit.postgresql import is_postgresql, open_postgresql, without_password
from mock_services.kit.sqlite import open_sqlite
from mock_services.kit.writing import Changes, Outcome, commit

P = ParamSpec("P")
T = TypeVar("T")

READERS = 2


class Database:
    """Runs queries over one service's data. `close` ends its threads."""

    def __init__(self, place: str, service: str) -> None:
        """place: the path of a file or a URL of PostgreSQL.

        Raises DatabaseError when there is nothing, something else, or another service's data.
        """
        self._place = place
        self._check(service)
        self._local = threading.local()
        self._connections: list[Connection] = []
        self._on_commit: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._readers = ThreadPoolExecutor(READERS, "reader")
        self._writer = ThreadPoolExecutor(1, "writer")
        self._changes = Changes()

    async def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run query(connection, ...) on a reading thread. It cannot write."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: query(self._connection(False), *args, **kwargs))

    async def write(self, change: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run change(connection, ...) on the writing thread: committed when this returns, or undone when it raises."""
        loop = asyncio.get_running_loop()
        done = self._changes.add(lambda connection: change(connection, *args, **kwargs))
        self._writer.submit(self._commit_next, loop)
        return await asyncio.wrap_future(done)

    def on_commit(self, heard: Callable[[], None]) -> None:
        """From now on, call `heard` on the event loop after every commit of this process."""
        self._on_commit.append(heard)

    def close(self) -> None:
        """Let running queries end, start no more."""
        self._readers.shutdown(cancel_futures=True)
        self._writer.shutdown(cancel_futures=True)
        self._changes.cancel()
        for connection in self._connections:
            connection.close()

    def _commit_next(self, loop: asyncio.AbstractEventLoop) -> None:
        """The changes that wait, and then say so."""
        changes = self._changes.take()
        if not changes:
            return
        try:
            outcomes = commit(self._connection(True), changes)
        except BaseException as error:
            outcomes = [Outcome(change, error=error) for change in changes]
        else:
            # From here, not where a change is awaited: whoever asked for it may have been cancelled meanwhile.
            for heard in self._on_commit:
                loop.call_soon_threadsafe(heard)
        for outcome in outcomes:
            outcome.tell()

    def _connection(self, writable: bool) -> Connection:
        """The calling thread's connection; a thread only ever reads or only ever writes. A lost one is replaced."""
        found: Connection | None = getattr(self._local, "connection", None)
        if found is not None and not found.is_lost():
            return found
        try:
            connection = _open(self._place, writable)
        except DatabaseError as error:
            raise DatabaseUnavailable(str(error)) from error
        self._local.connection = connection
        with self._lock:
            self._connections = [each for each in self._connections if not each.is_lost()] + [connection]
        return connection

    def _check(self, service: str) -> None:
        shown = without_password(self._place) if is_postgresql(self._place) else self._place
        try:
            with closing(_open(self._place, writable=False)) as connection:
                found = connection.one("SELECT name FROM service")
        except DatabaseUnavailable as error:
            raise DatabaseError(f"{shown} is not a database of the shop ({error}); {REMEDY}") from error
        if found != (service,):
            raise DatabaseError(f"{shown} is the database of {found[0] if found else 'nobody'}, not of {service}")


def _open(place: str, writable: bool) -> Connection:
    return open_postgresql(place, writable) if is_postgresql(place) else open_sqlite(Path(place), writable)

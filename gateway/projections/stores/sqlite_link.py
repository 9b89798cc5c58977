"""A connection to one of SQLite's files: how it is opened, and how a writer uses it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from gateway.projections.projection import Projection
from gateway.projections.search import SearchTable
from gateway.projections.stores.grammar import SQLITE, KnownLayouts
from gateway.projections.stores.layout import Layout, Values, texts_name
from gateway.projections.stores.ownerlock import OwnerLock
from gateway.projections.stores.shape import make_indexes
from gateway.projections.stores.tableunit import Channel, Mirror

BUSY_S = 5.0
"""Wait for another writer: an `edit`, or a batch while editing. Batches take milliseconds, a build's pages a second."""
_READERS = 8
"""Connections that read one generation at the same time; more wait."""
_LARGE_LOG = 64 << 20
"""Bytes at which to wait for readers, so that the log can begin anew."""
_GATHERED = 32 << 20
_LOG_WAIT_S = 0.1
_LOG_REST_S = 1.0
"""Before waiting again, when they did not end: one long report does not hold up every batch."""

_PRAGMAS = (
    "PRAGMA temp_store = MEMORY",
    # Pages are read where the kernel has them: no copy, and no cache of our own for each connection.
    "PRAGMA mmap_size = 1073741824",
)
_WRITER = (
    # A commit does not wait for the disk. After a loss of power the last commits may be missing, rows and positions
    # alike, and their events are read again.
    "PRAGMA synchronous = NORMAL",
    "PRAGMA cache_size = -65536",
    "PRAGMA wal_autocheckpoint = 2000",
    f"PRAGMA journal_size_limit = {_LARGE_LOG}",
)
_BUILDER = (
    # Nobody reads it yet, and a build that lost power is begun again.
    "PRAGMA synchronous = OFF",
    "PRAGMA cache_size = -262144",
    "PRAGMA wal_autocheckpoint = 16000",
    # What is sorted for an index may be as large as the table.
    "PRAGMA temp_store = FILE",
)


class SqliteChannel:
    """The unit of work's channel."""

    def __init__(self, core: Connection) -> None:
        self.core = core
        raw = core.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        self.raw = raw

    def find(self, layout: Layout, keys: Sequence[Values]) -> Sequence[Values]:
        # One by one is as fast as any join with a list: there is no way to go.
        execute, statement = self.raw.execute, layout.find
        found = [execute(statement, key).fetchone() for key in keys]
        return [values for values in found if values is not None]

    def top(self, layout: Layout) -> Values | None:
        # Texts are ordered by their bytes, which is Python's order too.
        found = self.raw.execute(f"{layout.top} LIMIT 1").fetchone()
        return () if found is None else layout.loaded_key(found)

    def many(self, statement: str, rows: Sequence[Values]) -> None:
        self.raw.executemany(statement, rows)

    def run(self, statement: str) -> None:
        self.raw.execute(statement).close()

    def begin(self, statement: str, first: str) -> Values | None:
        self.raw.execute(statement).close()
        return self.raw.execute(first).fetchone()

    def together(self) -> AbstractContextManager[object]:
        return nullcontext()


class SqliteLink:
    """The writer's own connection, and the lock that says it is alive."""

    grammar = SQLITE

    def __init__(self, path: Path, layouts: KnownLayouts) -> None:
        self.layouts = layouts
        self._path = path
        self._engine = engine_for(path, is_pooled=False)
        self._channel: SqliteChannel | None = None
        self._lock: OwnerLock | None = None
        self._is_built = True
        self._log = path.with_name(path.name + "-wal")
        self._rests_until = 0.0

    def open(self) -> Channel:
        if self._channel is None:
            connection = self._engine.connect()
            self._channel = SqliteChannel(connection)
            self._set_pragmas(self._channel.raw)
        return self._channel

    def is_gone(self, epoch: int) -> bool:
        return OwnerLock.is_free(self._lock_path(epoch))

    def claim(self, epoch: int) -> None:
        self._lock = OwnerLock(self._lock_path(epoch))

    def mirror(self, search: SearchTable) -> Mirror | None:
        name = search.name
        forget = f"INSERT INTO {name} ({name}, rowid, words) VALUES ('delete', ?, ?)"
        learn = f"INSERT INTO {name} (rowid, words) VALUES (?, ?)"

        def keep(channel: Channel, before: Sequence[tuple[int, str]], after: Sequence[tuple[int, str]]) -> None:
            channel.many(forget, before)
            channel.many(learn, after)

        return keep

    def built(self, is_built: bool) -> None:
        self._is_built = is_built
        if self._channel:
            self._set_pragmas(self._channel.raw)

    def committed(self) -> None:
        """SQLite carries the log's pages over by itself, but begins it anew only when nobody reads it at that moment.
        Under steady reading it would grow for ever, so when it is large, wait for that moment a little."""
        if self._channel is None or time.monotonic() < self._rests_until:
            return
        try:
            size = self._log.stat().st_size
        except OSError:
            return
        if size < _LARGE_LOG:
            return
        raw = self._channel.raw
        raw.execute(f"PRAGMA busy_timeout = {int(_LOG_WAIT_S * 1000)}").close()
        try:
            (is_held, *_) = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            raw.execute(f"PRAGMA busy_timeout = {int(BUSY_S * 1000)}").close()
        if is_held:
            self._rests_until = time.monotonic() + _LOG_REST_S

    def finish(self, projection: Projection) -> Callable[[], None]:
        channel = self.open()
        make_indexes(channel.core, projection)
        for search in projection.search:
            channel.run(f"DROP TABLE IF EXISTS {search.name}")
            # The texts lie in a table of ours already, as words: nothing is left for a tokenizer, nor any position.
            channel.run(
                f"CREATE VIRTUAL TABLE {search.name} USING fts5(words, content = '{texts_name(search)}', "
                "content_rowid = 'id', tokenize = 'ascii', detail = 'none', columnsize = 0)"
            )
            # Bytes gathered before they are written: fewer pieces to merge. A batch is written with its commit anyway.
            channel.run(f"INSERT INTO {search.name} ({search.name}, rank) VALUES ('hashsize', {_GATHERED})")
            channel.run(f"INSERT INTO {search.name} ({search.name}) VALUES ('rebuild')")
        channel.run("PRAGMA analysis_limit = 2000")
        channel.run("ANALYZE")
        return self._settle

    def drop(self) -> None:
        channel, self._channel = self._channel, None
        if channel:
            channel.core.close()

    def close(self) -> None:
        self.drop()
        self._engine.dispose()
        if self._lock:
            self._lock.close()

    def _settle(self) -> None:
        """Everything is on the disk before anybody is told that it is ready."""
        channel = self.open()
        channel.run("PRAGMA synchronous = FULL")
        channel.core.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()

    def _set_pragmas(self, raw: sqlite3.Connection) -> None:
        for pragma in _WRITER if self._is_built else _BUILDER:
            raw.execute(pragma).close()

    def _lock_path(self, epoch: int) -> Path:
        return self._path.with_suffix(f".owner-{epoch}")


def engine_for(path: Path, *, is_pooled: bool, mode: str = "rw") -> Engine:
    """Connections that begin and end transactions by statements only."""

    pool: dict[str, Any] = {"poolclass": NullPool}
    if is_pooled:
        pool = {"poolclass": QueuePool, "pool_size": _READERS, "max_overflow": 0, "pool_timeout": BUSY_S}
    return create_engine("sqlite://", creator=lambda: open_file(path, mode), isolation_level="AUTOCOMMIT", **pool)


def open_file(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    # A connection serves one thread at a time, but not always the same.
    raw = sqlite3.connect(
        uri, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=512
    )
    try:
        for pragma in _PRAGMAS:
            raw.execute(pragma).close()
        # Opens the log too. Had the file been dropped before that, its log would be another, empty one.
        raw.execute("PRAGMA schema_version").fetchall()
        if not path.exists():
            raise sqlite3.OperationalError("dropped")
    except BaseException:
        raw.close()
        raise
    return raw


def log_ahead(connection: Connection) -> None:
    """Let readers not wait for the writer. SQLite does not wait by itself when another process does this just now."""
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL").all()
            return
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)

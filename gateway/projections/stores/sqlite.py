"""Projections in a folder: `registry.db`, and a file for each generation: `orders-3.db`.

A file for each keeps a build from waiting for the one that serves, and dropping one costs nothing.
"""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool, QueuePool

from gateway.projections.projection import Projection
from gateway.projections.search import SearchTable
from gateway.projections.store import Generation, StoreError, Writer
from gateway.projections.stores import registry
from gateway.projections.stores.faults import translated
from gateway.projections.stores.generations import Gone
from gateway.projections.stores.grammar import SQLITE, KnownLayouts
from gateway.projections.stores.layout import Layout, Values, texts_name
from gateway.projections.stores.ownerlock import OwnerLock
from gateway.projections.stores.registry import told
from gateway.projections.stores.shape import check_shape, make_indexes, make_tables
from gateway.projections.stores.tableunit import Channel, Mirror
from gateway.projections.stores.unit import UnitOfWork
from gateway.projections.stores.writer import GenerationWriter, editing

LEASE_S = 10.0
_OURS = 0x42524149
"""SQLite's application_id of our files."""
_BUSY_S = 5.0
"""Wait for another writer: an `edit`, or a batch while editing. Batches take milliseconds, a build's pages a second."""
_READERS = 8
"""Connections that read one generation at the same time; more wait."""
_LARGE_LOG = 64 << 20
"""Bytes at which to wait for readers, so that the log can begin anew."""
_GATHERED = 32 << 20
_LOG_WAIT_S = 0.1
_LOG_REST_S = 1.0
"""Before waiting again, when they did not end: one long report does not hold up every batch."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")

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
        self._engine = _engine(path, is_pooled=False)
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
            raw.execute(f"PRAGMA busy_timeout = {int(_BUSY_S * 1000)}").close()
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


class SqlitePlaces:
    """The store's places. lease_s: how long an owner that does not move, though alive, is waited for."""

    dialect = "sqlite"

    def __init__(self, folder: Path, *, lease_s: float = LEASE_S) -> None:
        self._folder = folder
        self._lease_s = lease_s
        self._layouts = KnownLayouts(create_engine("sqlite://").dialect)
        self._registry: Engine | None = None
        self._watch: sqlite3.Connection | None = None
        self._seen: tuple[int, Sequence[Generation]] = (-1, ())
        self._readers: dict[tuple[str, int], Engine] = {}
        self._lock = threading.Lock()

    @contextmanager
    def registry(self) -> Generator[Connection]:
        with translated("the registry of projections"), self._registry_engine().connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.exec_driver_sql("COMMIT")

    def listed(self, projection: str | None) -> Sequence[Generation]:
        with translated("the registry of projections"):
            generations = self._all()
        return [each for each in generations if projection is None or each.projection == projection]

    def _all(self) -> Sequence[Generation]:
        """Every read asks this, and it hardly ever changes: SQLite tells when, and a list that is known is given again.

        Readers of what is gone are closed then, so that its file's space is free.
        """
        engine = self._registry_engine()
        with self._lock:
            if self._watch is None:
                self._watch = _open(self._folder / "registry.db", "ro")
            # Counts commits of all other connections, in all processes. Read before the list, so never behind it.
            version = self._watch.execute("PRAGMA data_version").fetchone()[0]
            if version == self._seen[0]:
                return self._seen[1]
        with engine.connect() as connection:
            generations = registry.listed(connection)
        there = {(each.projection, each.number) for each in generations}
        with self._lock:
            self._seen = (version, generations)
            gone = [self._readers.pop(key) for key in list(self._readers) if key not in there]
        for engine in gone:
            engine.dispose()
        return generations

    def make(self, registry: Connection, generation: Generation, projection: Projection) -> None:
        path = self._path(generation)
        _unlink(path)
        engine = _engine(path, is_pooled=False, mode="rwc")
        try:
            with engine.connect() as connection:
                _log_ahead(connection)
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                connection.exec_driver_sql(f"PRAGMA application_id = {_OURS}")
                make_tables(connection, projection)
                connection.exec_driver_sql("COMMIT")
        finally:
            engine.dispose()

    def remove(self, generation: Generation) -> None:
        with self._lock:
            engine = self._readers.pop((generation.projection, generation.number), None)
        if engine:
            engine.dispose()
        with translated(f"the store of {told(generation)}"):
            _unlink(self._path(generation))

    @contextmanager
    def looking(self, generation: Generation, projection: Projection) -> Generator[Connection]:
        engine = self._reading_engine(generation, projection)
        try:
            connection = engine.connect()
        except OperationalError as error:
            if self._path(generation).exists():
                raise
            raise Gone(f"{told(generation)} is no longer there") from error
        with connection:
            connection.exec_driver_sql(SQLITE.looking)
            yield connection
            connection.exec_driver_sql("COMMIT")

    def writer(self, generation: Generation, projection: Projection, holder: str) -> Writer:
        self._check(generation, projection)
        link = SqliteLink(self._path(generation), self._layouts)
        writer = GenerationWriter(generation, projection, holder, link, self._lease_s)
        try:
            writer.claim()
        except BaseException:
            writer.abandon()
            raise
        return writer

    @contextmanager
    def edit(self, generation: Generation, projection: Projection) -> Generator[UnitOfWork]:
        self._check(generation, projection)
        link = SqliteLink(self._path(generation), self._layouts)
        try:
            with editing(link, f"the store of {told(generation)}") as unit:
                yield unit
        finally:
            link.close()

    def close(self) -> None:
        with self._lock:
            engines = [*self._readers.values(), *([self._registry] if self._registry else [])]
            self._readers.clear()
            self._registry = None
            watch, self._watch = self._watch, None
            self._seen = (-1, ())
        if watch:
            watch.close()
        for engine in engines:
            engine.dispose()

    def _path(self, generation: Generation) -> Path:
        if not _NAME.fullmatch(generation.projection):
            raise StoreError(f"a projection cannot be named '{generation.projection}'")
        return self._folder / f"{generation.projection}-{generation.number}.db"

    def _registry_engine(self) -> Engine:
        with self._lock:
            if self._registry is None:
                try:
                    self._folder.mkdir(parents=True, exist_ok=True)
                except OSError as error:
                    raise StoreError("the folder of projections cannot be made") from error
                engine = _engine(self._folder / "registry.db", is_pooled=True, mode="rwc")
                try:
                    with engine.connect() as connection:
                        self._make_registry(connection)
                except BaseException:
                    engine.dispose()
                    raise
                self._registry = engine
            return self._registry

    def _make_registry(self, connection: Connection) -> None:
        """Raises StoreError when something else is there."""
        _log_ahead(connection)
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        try:
            if connection.exec_driver_sql("PRAGMA application_id").scalar() != _OURS:
                is_empty = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar() == 0
                if not is_empty or any(self._folder.glob("*-[0-9]*.db")):
                    raise StoreError("the registry of projections is lost, or not one of Braid's")
                connection.exec_driver_sql(f"PRAGMA application_id = {_OURS}")
                registry.tables.create_all(connection)
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise

    def _reading_engine(self, generation: Generation, projection: Projection) -> Engine:
        key = (generation.projection, generation.number)
        with self._lock:
            engine = self._readers.get(key)
        if engine is None:
            self._check(generation, projection)
            engine = _engine(self._path(generation), is_pooled=True, mode="ro")
            with self._lock:
                engine = self._readers.setdefault(key, engine)
        return engine

    def _check(self, generation: Generation, projection: Projection) -> None:
        """Raises StoreError when the file is not there, is not ours, or was made for other tables."""
        path = self._path(generation)
        if not path.exists():
            raise Gone(f"{told(generation)} is not there")
        engine = _engine(path, is_pooled=False, mode="ro")
        try:
            with translated(f"the store of {told(generation)}"), engine.connect() as connection:
                if connection.exec_driver_sql("PRAGMA application_id").scalar() != _OURS:
                    raise StoreError(f"the file of {told(generation)} is not one of Braid's")
                made = connection.exec_driver_sql("SELECT shape FROM braid_owner").scalar()
        finally:
            engine.dispose()
        check_shape(str(made), generation, projection, engine.dialect)


def _engine(path: Path, *, is_pooled: bool, mode: str = "rw") -> Engine:
    """Connections that begin and end transactions by statements only."""

    pool: dict[str, Any] = {"poolclass": NullPool}
    if is_pooled:
        pool = {"poolclass": QueuePool, "pool_size": _READERS, "max_overflow": 0, "pool_timeout": _BUSY_S}
    return create_engine("sqlite://", creator=lambda: _open(path, mode), isolation_level="AUTOCOMMIT", **pool)


def _open(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?mode={mode}"
    # A connection serves one thread at a time, but not always the same.
    raw = sqlite3.connect(
        uri, uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=512
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


def _log_ahead(connection: Connection) -> None:
    """Let readers not wait for the writer. SQLite does not wait by itself when another process does this just now."""
    deadline = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL").all()
            return
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _unlink(path: Path) -> None:
    """The database first: without it, nobody opens its log any more."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    for lock in path.parent.glob(f"{path.stem}.owner-*"):
        lock.unlink(missing_ok=True)

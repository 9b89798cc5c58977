"""Projections in a folder: `registry.db`, and a file for each generation: `orders-3.db`.

A file for each keeps a build from waiting for the one that serves, and dropping one costs nothing.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import OperationalError

from gateway.projections.projection import Projection
from gateway.projections.store import Generation, StoreError, Writer
from gateway.projections.stores import registry
from gateway.projections.stores.faults import translated
from gateway.projections.stores.generations import Gone
from gateway.projections.stores.grammar import SQLITE, KnownLayouts
from gateway.projections.stores.registry import told
from gateway.projections.stores.shape import check_shape, make_tables
from gateway.projections.stores.sqlite_link import SqliteLink, engine_for, log_ahead, open_file
from gateway.projections.stores.unit import UnitOfWork
from gateway.projections.stores.writer import GenerationWriter, editing

LEASE_S = 10.0
_OURS = 0x42524149
"""SQLite's application_id of our files."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")


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
                self._watch = open_file(self._folder / "registry.db", "ro")
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
        engine = engine_for(path, is_pooled=False, mode="rwc")
        try:
            with engine.connect() as connection:
                log_ahead(connection)
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
                engine = engine_for(self._folder / "registry.db", is_pooled=True, mode="rwc")
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
        log_ahead(connection)
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
            engine = engine_for(self._path(generation), is_pooled=True, mode="ro")
            with self._lock:
                engine = self._readers.setdefault(key, engine)
        return engine

    def _check(self, generation: Generation, projection: Projection) -> None:
        """Raises StoreError when the file is not there, is not ours, or was made for other tables."""
        path = self._path(generation)
        if not path.exists():
            raise Gone(f"{told(generation)} is not there")
        engine = engine_for(path, is_pooled=False, mode="ro")
        try:
            with translated(f"the store of {told(generation)}"), engine.connect() as connection:
                if connection.exec_driver_sql("PRAGMA application_id").scalar() != _OURS:
                    raise StoreError(f"the file of {told(generation)} is not one of Braid's")
                made = connection.exec_driver_sql("SELECT shape FROM braid_owner").scalar()
        finally:
            engine.dispose()
        check_shape(str(made), generation, projection, engine.dialect)


def _unlink(path: Path) -> None:
    """The database first: without it, nobody opens its log any more."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    for lock in path.parent.glob(f"{path.stem}.owner-*"):
        lock.unlink(missing_ok=True)

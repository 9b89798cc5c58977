"""Projections in PostgreSQL: a schema for the registry, and one for each generation: `braid_orders_3`.

Every connection is made for one schema and has it as its search path, so statements are the same for all generations.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool, QueuePool

from gateway.projections.projection import Projection
from gateway.projections.search import SearchTable
from gateway.projections.store import Generation, StoreError, Writer
from gateway.projections.stores import registry
from gateway.projections.stores.faults import sqlstate, translated
from gateway.projections.stores.generations import Gone
from gateway.projections.stores.grammar import POSTGRESQL, KnownLayouts
from gateway.projections.stores.layout import Layout, Values
from gateway.projections.stores.registry import told
from gateway.projections.stores.shape import check_shape, make_indexes, make_tables, table_names
from gateway.projections.stores.tableunit import Channel, Mirror
from gateway.projections.stores.unit import UnitOfWork
from gateway.projections.stores.writer import GenerationWriter, editing

_READERS = 10
"""Connections that read one generation at the same time; more wait."""
_WAIT_S = 5.0
_DROP_WAIT_S = 60
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_LONGEST_NAME = 63
_NOT_THERE = ("3F000", "42P01")
"""No such schema, no such table."""

_CONNECTING: dict[str, Any] = {
    "connect_timeout": int(_WAIT_S),
    # A host that vanished without a word is noticed, also while an answer is waited for.
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}


class PostgresChannel:
    """The unit of work's channel."""

    def __init__(self, core: Connection) -> None:
        self.core = core
        raw = core.connection.driver_connection
        assert isinstance(raw, psycopg.Connection)
        self.raw: psycopg.Connection[Values] = raw

    def find(self, layout: Layout, keys: Sequence[Values]) -> Sequence[Values]:
        # One statement for each, all of them under way at once: the plan is the key's index, whatever there is to find.
        with self.raw.cursor() as cursor:
            if len(keys) == 1:
                return cursor.execute(_sql(layout.find), keys[0]).fetchall()
            cursor.executemany(_sql(layout.find), keys, returning=True)
            return [values for result in cursor.results() for values in result.fetchall()]

    def top(self, layout: Layout) -> Values | None:
        # Texts are ordered as the database's language has it. When there are none, all is known.
        found = self.raw.execute(_sql(f"{layout.top} LIMIT 1")).fetchone()
        if found is None:
            return ()
        return found if layout.has_numbers_as_keys else None

    def many(self, statement: str, rows: Sequence[Values]) -> None:
        with self.raw.cursor() as cursor:
            cursor.executemany(_sql(statement), rows)

    def run(self, statement: str) -> None:
        self.raw.execute(_sql(statement))

    def begin(self, statement: str, first: str) -> Values | None:
        with self.raw.cursor() as cursor:
            cursor.execute(_sql(f"{statement}; {first}"))  # one round trip
            cursor.nextset()
            return cursor.fetchone()

    def together(self) -> AbstractContextManager[object]:
        return self.raw.pipeline()


class PostgresLink:
    """The writer's own connection."""

    grammar = POSTGRESQL

    def __init__(self, engine: Engine, layouts: KnownLayouts) -> None:
        self.layouts = layouts
        self._engine = engine
        self._channel: PostgresChannel | None = None

    def open(self) -> Channel:
        if self._channel is None:
            self._channel = PostgresChannel(self._engine.connect())
        return self._channel

    def is_gone(self, epoch: int) -> bool:
        return False  # nobody can know, across machines: the lease decides

    def claim(self, epoch: int) -> None:
        self.open().run("SET LOCAL synchronous_commit = on")

    def mirror(self, search: SearchTable) -> Mirror | None:
        return None

    def built(self, is_built: bool) -> None:
        """Nothing to change."""

    def committed(self) -> None:
        """Nothing to do."""

    def finish(self, projection: Projection) -> Callable[[], None]:
        channel = self.open()
        channel.run("SET LOCAL maintenance_work_mem = '256MB'")
        make_indexes(channel.core, projection)
        for search in projection.search:
            # Without a list of what is pending, which every search would have to go through.
            channel.run(
                f'CREATE INDEX IF NOT EXISTS "{search.name}_words" ON "{search.name}" '
                "USING gin (words) WITH (fastupdate = off)"
            )
        # The commit is on the disk, and with it all that was committed before.
        channel.run("SET LOCAL synchronous_commit = on")
        # For what planner and index-only scans go by. It cannot be done within a transaction.
        names = ", ".join(f'"{name}"' for name in table_names(projection))
        return lambda: channel.run(f"VACUUM (ANALYZE) {names}")

    def drop(self) -> None:
        channel, self._channel = self._channel, None
        if channel:
            channel.core.invalidate()
            channel.core.close()

    def close(self) -> None:
        channel, self._channel = self._channel, None
        if channel:
            channel.core.close()
        self._engine.dispose()


class PostgresPlaces:
    """The store's places. prefix: of the schemas' names. lease_s: how long an owner is waited for."""

    dialect = "postgresql"

    def __init__(self, where: str, *, prefix: str, lease_s: float) -> None:
        try:
            url = make_url(where)
        except (ArgumentError, ValueError):
            # Without the cause, which holds the address, and so the password.
            raise StoreError("the address of the projections' database is not one") from None
        self._url = url.set(drivername="postgresql+psycopg")
        self._prefix = prefix
        self._lease_s = lease_s
        self._layouts = KnownLayouts(self._engine("public", is_pooled=False).dialect)
        self._registry: Engine | None = None
        self._is_made = False
        self._readers: dict[tuple[str, int], Engine] = {}
        self._lock = threading.Lock()

    @contextmanager
    def registry(self) -> Generator[Connection]:
        self._make_registry()
        with translated("the registry of projections"), self._registry_engine().connect() as connection:
            connection.exec_driver_sql("BEGIN")
            connection.exec_driver_sql("LOCK TABLE generations IN EXCLUSIVE MODE")
            yield connection
            connection.exec_driver_sql("COMMIT")

    def listed(self, projection: str | None) -> Sequence[Generation]:
        try:
            with self._registry_engine().connect() as connection:
                return registry.listed(connection, projection)
        except DBAPIError as error:
            if sqlstate(error) in _NOT_THERE:
                return []
            return self._listed_again(projection)

    def _listed_again(self, projection: str | None) -> Sequence[Generation]:
        """A connection that lay in the pool while the database was restarted is noticed by its use, once for all."""
        with translated("the registry of projections"), self._registry_engine().connect() as connection:
            return registry.listed(connection, projection)

    def make(self, registry: Connection, generation: Generation, projection: Projection) -> None:
        schema = self._schema(generation)
        registry.exec_driver_sql(f'CREATE SCHEMA "{schema}"')
        registry.exec_driver_sql(f'SET LOCAL search_path = "{schema}"')
        make_tables(registry, projection)
        registry.exec_driver_sql(f'SET LOCAL search_path = "{self._registry_schema}"')

    def remove(self, generation: Generation) -> None:
        with self._lock:
            engine = self._readers.pop((generation.projection, generation.number), None)
        if engine:
            engine.dispose()
        what = f"the store of {told(generation)}"
        with translated(what), self._registry_engine().connect() as connection:
            connection.exec_driver_sql("BEGIN")
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_DROP_WAIT_S}s'")
            # Readers share this lock: they go on to their end, and whoever comes later finds nothing.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({self._key(generation)})")
            connection.exec_driver_sql(f'DROP SCHEMA IF EXISTS "{self._schema(generation)}" CASCADE')
            connection.exec_driver_sql("COMMIT")

    @contextmanager
    def looking(self, generation: Generation, projection: Projection) -> Generator[Connection]:
        with self._reading(generation, projection) as connection:
            try:
                yield connection
            except DBAPIError as error:
                if sqlstate(error) in _NOT_THERE and not self._is_there(generation):
                    raise Gone(f"{told(generation)} is no longer there") from error
                raise
            connection.exec_driver_sql("COMMIT")

    def writer(self, generation: Generation, projection: Projection, holder: str) -> Writer:
        # What a crash of the database takes away, rows and positions alike, is read again.
        link = self._link(generation, projection, is_lasting=False)
        writer = GenerationWriter(generation, projection, holder, link, self._lease_s)
        try:
            writer.claim()
        except BaseException:
            writer.abandon()
            raise
        return writer

    @contextmanager
    def edit(self, generation: Generation, projection: Projection) -> Generator[UnitOfWork]:
        link = self._link(generation, projection, is_lasting=True)
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
        for engine in engines:
            engine.dispose()

    @contextmanager
    def _reading(self, generation: Generation, projection: Projection) -> Generator[Connection]:
        """A connection within a transaction that sees one moment, and that a drop waits for."""
        engine = self._reading_engine(generation, projection)
        begin = f"{POSTGRESQL.looking}; SELECT pg_advisory_xact_lock_shared({self._key(generation)})"
        try:
            connection = engine.connect()
            try:
                connection.exec_driver_sql(begin)
            except BaseException:
                connection.close()
                raise
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            # It lay in the pool while the database was restarted. So did the others: all of them are new now.
            connection = engine.connect()
            connection.exec_driver_sql(begin)
        with connection:
            yield connection

    def _is_there(self, generation: Generation) -> bool:
        with translated(f"the store of {told(generation)}"), self._registry_engine().connect() as connection:
            return self._has_schema(connection, self._schema(generation))

    def _has_schema(self, connection: Connection, schema: str) -> bool:
        found = connection.execute(text("SELECT 1 FROM pg_namespace WHERE nspname = :name"), {"name": schema})
        return found.scalar() is not None

    def _link(self, generation: Generation, projection: Projection, *, is_lasting: bool) -> PostgresLink:
        """is_lasting: a commit waits for the disk. Raises Gone, StoreError."""
        # Who sleeps within a transaction holds the owner's row, and would keep it for ever.
        idle_ms = max(1, int(self._lease_s * 1000))
        synchronous = "on" if is_lasting else "off"
        options = f"-c synchronous_commit={synchronous} -c idle_in_transaction_session_timeout={idle_ms}"
        engine = self._engine(self._schema(generation), is_pooled=False, options=options)
        try:
            self._check(engine, generation, projection)
        except BaseException:
            engine.dispose()
            raise
        return PostgresLink(engine, self._layouts)

    def _check(self, engine: Engine, generation: Generation, projection: Projection) -> None:
        with translated(f"the store of {told(generation)}"), engine.connect() as connection:
            try:
                made = connection.exec_driver_sql("SELECT shape FROM braid_owner").scalar()
            except DBAPIError as error:
                if sqlstate(error) in _NOT_THERE:
                    raise Gone(f"{told(generation)} is not there") from error
                raise
        check_shape(str(made), generation, projection, engine.dialect)

    def _reading_engine(self, generation: Generation, projection: Projection) -> Engine:
        key = (generation.projection, generation.number)
        with self._lock:
            engine = self._readers.get(key)
        if engine is None:
            made = self._engine(self._schema(generation), is_pooled=True)
            try:
                self._check(made, generation, projection)
            except BaseException:
                made.dispose()
                raise
            with self._lock:
                engine = self._readers.setdefault(key, made)
            if engine is not made:
                made.dispose()
        return engine

    def _registry_engine(self) -> Engine:
        with self._lock:
            if self._registry is None:
                self._registry = self._engine(self._registry_schema, is_pooled=True)
            return self._registry

    def _make_registry(self) -> None:
        if self._is_made:
            return
        schema = self._registry_schema
        with translated("the registry of projections"), self._registry_engine().connect() as connection:
            connection.exec_driver_sql("BEGIN")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_number(schema)})")
            # Who may not make schemas can still use one that was made for them.
            if not self._has_schema(connection, schema):
                connection.exec_driver_sql(f'CREATE SCHEMA "{schema}"')
            registry.tables.create_all(connection)
            connection.exec_driver_sql("COMMIT")
        self._is_made = True

    @property
    def _registry_schema(self) -> str:
        return f"{self._prefix}_projections"

    def _schema(self, generation: Generation) -> str:
        name = f"{self._prefix}_{generation.projection}_{generation.number}"
        if not _NAME.fullmatch(generation.projection) or len(name) > _LONGEST_NAME:
            raise StoreError(f"a projection cannot be named '{generation.projection}'")
        return name

    def _key(self, generation: Generation) -> int:
        return _number(self._schema(generation))

    def _engine(self, schema: str, *, is_pooled: bool, options: str = "") -> Engine:
        """Connections that begin and end transactions by statements only."""
        own = self._url.query.get("options", "")
        connecting = _CONNECTING | {"options": f'{own} -c search_path="{schema}" {options}'.strip()}
        pool: dict[str, Any] = {"poolclass": NullPool}
        if is_pooled:
            pool = {"poolclass": QueuePool, "pool_size": _READERS, "max_overflow": 0, "pool_timeout": _WAIT_S}
        return create_engine(
            self._url.difference_update_query(["options"]),
            connect_args=connecting,
            paramstyle="format",
            use_native_hstore=False,
            isolation_level="AUTOCOMMIT",
            **pool,
        )


def _number(name: str) -> int:
    """For an advisory lock: 63 bits of it."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") >> 1


def _sql(statement: str) -> bytes:
    """Statements of ours, made without any value. As bytes, because psycopg takes no text that is not a literal."""
    return statement.encode()

"""The plainest writer: everything is written at once, into SQLite in memory. For comparison with real stores."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Delete,
    Select,
    StaticPool,
    Table,
    Update,
    and_,
    create_engine,
    delete,
    insert,
    select,
)
from sqlalchemy import event as engine_event
from sqlalchemy.exc import IntegrityError, StatementError

from gateway.projections import bookkeeping
from gateway.projections.projection import Projection
from gateway.projections.store import Generation, RowRefused, State
from gateway.projections.transaction import Row

Tables = dict[str, list[tuple[Any, ...]]]


class PlainTransaction:
    """Of one connection. Texts for searching are let be."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, table: Table, *key: Any) -> Row | None:
        return next(iter(self.rows(select(table).where(_is(table, key)))), None)

    def prefetch(self, table: Table, keys: Iterable[Sequence[Any]]) -> None:
        pass

    def put(self, table: Table, row: Row) -> None:
        assert set(row) == set(table.columns.keys())
        self.delete(table, *(row[column.name] for column in table.primary_key))
        try:
            self._connection.execute(insert(table), [dict(row)])
        except (IntegrityError, StatementError) as error:
            raise RowRefused("The row is refused.") from error

    def delete(self, table: Table, *key: Any) -> None:
        self._connection.execute(delete(table).where(_is(table, key)))

    def add(self, table: Table, key: Row, amounts: Mapping[str, int]) -> None:
        empty = {column.name: 0 for column in table.columns}
        row = self.get(table, *(key[column.name] for column in table.primary_key)) or {**empty, **key}
        self.put(table, {**row, **{name: row[name] + amount for name, amount in amounts.items()}})

    def rows(self, statement: Select[Any]) -> Sequence[Row]:
        return [dict(row) for row in self._connection.execute(statement).mappings()]

    def run(self, statement: Update | Delete) -> int:
        return self._connection.execute(statement).rowcount

    def index(self, search: Any, id: int, texts: Mapping[str, str]) -> None:
        pass

    def unindex(self, search: Any, id: int) -> None:
        pass

    @contextmanager
    def savepoint(self) -> Generator[None]:
        with self._connection.begin_nested():
            yield


class PlainWriter:
    """Owns its generation for ever. commits: how many there were."""

    epoch = 1

    def __init__(self, projection: Projection, state: State = State.LIVE) -> None:
        self.generation = Generation(projection.name, 1, projection.version, state, datetime.now(UTC))
        self.commits = 0
        self._projection = projection
        self._engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
        engine_event.listen(self._engine, "connect", lambda connection, _: _leave_transactions_to_us(connection))
        engine_event.listen(self._engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        projection.tables.create_all(self._engine)
        bookkeeping.tables.create_all(self._engine)

    @contextmanager
    def transaction(self) -> Generator[PlainTransaction]:
        with self._engine.begin() as connection:
            yield PlainTransaction(connection)
        self.commits += 1

    def renew(self) -> None:
        pass

    def finish_build(self) -> None:
        pass

    def close(self) -> None:
        self._engine.dispose()

    def clear(self) -> None:
        with self._engine.begin() as connection:
            for table in (*self._projection.tables.sorted_tables, *bookkeeping.tables.sorted_tables):
                connection.execute(delete(table))

    def tables(self) -> Tables:
        """The projection's rows by table, sorted."""
        return {table.name: self.rows(table) for table in self._projection.tables.sorted_tables}

    def rows(self, table: Table) -> list[tuple[Any, ...]]:
        with self._engine.begin() as connection:
            return sorted(tuple(row) for row in connection.execute(select(table)))


def _is(table: Table, key: Sequence[Any]) -> Any:
    return and_(*(column == value for column, value in zip(table.primary_key.columns, key, strict=True)))


def _leave_transactions_to_us(connection: Any) -> None:
    """The driver would begin them by itself, and not before savepoints."""
    connection.isolation_level = None

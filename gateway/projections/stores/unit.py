"""UnitOfWork: the port's Transaction, over what each table has to write."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy import Connection, Delete, Select, Table, TableClause, TextClause, Update
from sqlalchemy.sql import visitors

from gateway.projections.search import SearchTable, words
from gateway.projections.stores.faults import translated
from gateway.projections.stores.layout import Layout
from gateway.projections.stores.tableunit import Channel, Mirror, TableUnit
from gateway.projections.transaction import Row


class Layouts(Protocol):
    """Layouts of one kind of store, made once."""

    def of(self, table: Table) -> Layout: ...

    def of_search(self, search: SearchTable) -> Layout: ...


def rows_of(connection: Connection, statement: Select[*tuple[Any, ...]]) -> Sequence[Row]:
    """What it selects, as plain mappings."""
    result = connection.execute(statement)
    names = tuple(result.keys())
    return [dict(zip(names, values, strict=True)) for values in result]


class UnitOfWork:
    """Good for one transaction after the other, until something is rolled back or somebody else has written.

    what:   it is about, for messages. mirror: for searches whose index the store does not keep itself.
    What the driver raises passes through, but for parts: those translate it.
    """

    def __init__(
        self, what: str, channel: Channel, layouts: Layouts, mirror: Callable[[SearchTable], Mirror | None]
    ) -> None:
        self.channel = channel
        self._what = what
        self._layouts = layouts
        self._mirror = mirror
        self._units: dict[str, TableUnit] = {}
        self._of: dict[Table, TableUnit] = {}
        self._depth = 0

    def get(self, table: Table, *key: Any) -> Row | None:
        unit = self._unit(table)
        values = unit.get(self.channel, key)
        return None if values is None else unit.layout.row(values)

    def prefetch(self, table: Table, keys: Iterable[Sequence[Any]]) -> None:
        self._unit(table).prefetch(self.channel, [tuple(key) for key in keys])

    def put(self, table: Table, row: Row) -> None:
        unit = self._of.get(table) or self._unit(table)
        unit.put(unit.layout.values(row))

    def delete(self, table: Table, *key: Any) -> None:
        self._unit(table).delete(key)

    def add(self, table: Table, key: Row, amounts: Mapping[str, int]) -> None:
        unit = self._of.get(table) or self._unit(table)
        unit.add(unit.layout.key(key), amounts)

    def rows(self, statement: Select[*tuple[Any, ...]]) -> Sequence[Row]:
        self._flush_for(statement)
        return rows_of(self.channel.core, statement)

    def run(self, statement: Update | Delete) -> int:
        self._flush_for(statement)
        count = self.channel.core.execute(statement).rowcount
        unit = self._units.get(_name(statement.table))
        if unit:
            unit.forget(self.channel)
        return count

    def index(self, search: SearchTable, id: int, texts: Mapping[str, str]) -> None:
        found: dict[str, None] = {}
        for name in search.columns:
            found.update(dict.fromkeys(words(texts[name])))
        self._search(search).put((id, " ".join(found)))

    def unindex(self, search: SearchTable, id: int) -> None:
        self._search(search).delete((id,))

    @contextmanager
    def savepoint(self) -> Generator[None]:
        self.flush()
        name = f"part_{self._depth}"
        self.channel.run(f"SAVEPOINT {name}")
        self._depth += 1
        try:
            with translated(self._what):
                yield
                self.flush()
        except BaseException:
            self.channel.run(f"ROLLBACK TO SAVEPOINT {name}")
            self.channel.run(f"RELEASE SAVEPOINT {name}")
            for unit in self._units.values():
                unit.forget(self.channel)
            raise
        finally:
            self._depth -= 1
        self.channel.run(f"RELEASE SAVEPOINT {name}")

    def flush(self) -> None:
        dirty = [unit for unit in self._units.values() if unit.is_dirty]
        if dirty:
            with self.channel.together():
                for unit in dirty:
                    unit.flush(self.channel)

    def settle(self) -> None:
        """It was committed."""
        for unit in self._units.values():
            unit.settle()

    def _flush_for(self, statement: Select[*tuple[Any, ...]] | Update | Delete) -> None:
        """Write the tables that a statement names: the others go on folding."""
        if not any(unit.is_dirty for unit in self._units.values()):
            return
        for element in visitors.iterate(statement):
            if isinstance(element, TextClause):
                self.flush()  # it may name any
            unit = self._units.get(_name(element))
            if unit and unit.is_dirty:
                unit.flush(self.channel)

    def _unit(self, table: Table) -> TableUnit:
        unit = self._of.get(table)
        if unit is None:
            unit = self._of[table] = self._units[table.name] = TableUnit(self._layouts.of(table), self.channel)
        return unit

    def _search(self, search: SearchTable) -> TableUnit:
        unit = self._units.get(search.name)
        if unit is None:
            layout, mirror = self._layouts.of_search(search), self._mirror(search)
            unit = self._units[search.name] = TableUnit(layout, self.channel, mirror)
        return unit


def _name(element: object) -> str:
    return element.name if isinstance(element, TableClause) else ""

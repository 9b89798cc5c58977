"""UnitOfWork: one transaction's rows, kept until they must be seen, and written once however often they changed.

Problem: a batch of events changes the same rows again and again (an order is placed, confirmed and shipped; a month's
roll-up grows with every order), and each statement costs a descent of a tree for every index, or a round trip.
Idea: keep what the store has for a key (`stored`, where it is known) apart from what it shall have (`rows`), and write
the difference when a statement must see it, or at the end. What was known and changed is an UPDATE of the columns that
differ, so that the other columns' indexes are let be; what was not is an upsert, which asks nothing before. Amounts
added to a row that is not known are summed up (`sums`) and added by the store itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from sqlalchemy import Connection, Delete, Select, Table, TableClause, TextClause, Update
from sqlalchemy.sql import visitors

from gateway.projections.search import SearchTable, words
from gateway.projections.stores.faults import translated
from gateway.projections.stores.layout import Layout, Values
from gateway.projections.transaction import Row


class Channel(Protocol):
    """A connection within a transaction, past SQLAlchemy; `core` is the same with it. Rows as the driver has them."""

    core: Connection

    def find(self, layout: Layout, keys: Sequence[Values]) -> Sequence[Values]:
        """The rows that there are, in any order."""
        ...

    def many(self, statement: str, rows: Sequence[Values]) -> None:
        """Run it for each."""
        ...

    def run(self, statement: str) -> None: ...

    def together(self) -> AbstractContextManager[object]:
        """What the block writes may be sent at once; its errors come at the block's end then."""
        ...


class Layouts(Protocol):
    """Layouts of one kind of store, made once."""

    def of(self, table: Table) -> Layout: ...

    def of_search(self, search: SearchTable) -> Layout: ...


def rows_of(connection: Connection, statement: Select[Any]) -> Sequence[Row]:
    """What it selects, as plain mappings."""
    result = connection.execute(statement)
    names = tuple(result.keys())
    return [dict(zip(names, values, strict=True)) for values in result]


Mirror = Callable[[Channel, Sequence[tuple[int, str]], Sequence[tuple[int, str]]], None]
"""Keeps an index in step that the store does not keep itself: (id, words) that were there, and those that are now."""


class TableUnit:
    """What a transaction knows of one table, and what it has to write."""

    __slots__ = ("_dirty", "_mirror", "_rows", "_stored", "_sums", "layout")

    def __init__(self, layout: Layout, mirror: Mirror | None = None) -> None:
        self.layout = layout
        self._mirror = mirror
        self._rows: dict[Values, Values | None] = {}
        self._stored: dict[Values, Values | None] = {}
        self._dirty: dict[Values, None] = {}
        self._sums: dict[Values, dict[str, int]] = {}

    @property
    def is_dirty(self) -> bool:
        return bool(self._dirty or self._sums)

    def get(self, channel: Channel, key: Values) -> Values | None:
        if key not in self._rows:
            self.prefetch(channel, (key,))
        return self._rows[key]

    def prefetch(self, channel: Channel, keys: Iterable[Values]) -> None:
        wanted = [key for key in dict.fromkeys(keys) if key not in self._rows]
        if not wanted:
            return
        if any(key in self._sums for key in wanted):
            self.flush(channel)
        layout = self.layout
        found = layout.loaded(channel.find(layout, layout.stored_keys(wanted)))
        known: dict[Values, Values | None] = dict.fromkeys(wanted)
        known.update((layout.key_of(values), values) for values in found)
        self._rows.update(known)
        self._stored.update(known)

    def put(self, values: Values) -> None:
        key = self.layout.key_of(values)
        self._rows[key] = values
        self._dirty[key] = None
        if self._sums:
            self._sums.pop(key, None)

    def delete(self, key: Values) -> None:
        self._rows[key] = None
        self._dirty[key] = None
        self._sums.pop(key, None)

    def add(self, key: Values, amounts: Mapping[str, int]) -> None:
        if key in self._rows:
            values = self._rows[key]
            layout = self.layout
            self.put(layout.begun(key, amounts) if values is None else layout.grown(values, amounts))
            return
        sums = self._sums.get(key)
        if sums is None:
            self._sums[key] = dict(amounts)
            return
        for name, amount in amounts.items():
            sums[name] = sums.get(name, 0) + amount

    def flush(self, channel: Channel) -> None:
        """Write everything. What was known is still known afterwards, and true."""
        if self._dirty:
            self._write(channel)
        if self._sums:
            self._grow(channel)

    def forget(self) -> None:
        """Something changed rows behind this one's back. Nothing may be dirty."""
        self._rows.clear()
        self._stored.clear()

    def state(self) -> tuple[dict[Values, Values | None], dict[Values, Values | None]]:
        """What is known, to come back to; nothing may be dirty."""
        return self._rows.copy(), self._stored.copy()

    def back(self, state: tuple[dict[Values, Values | None], dict[Values, Values | None]] | None) -> None:
        self._rows, self._stored = state or ({}, {})
        self._dirty.clear()
        self._sums.clear()

    def _write(self, channel: Channel) -> None:
        layout, rows, stored = self.layout, self._rows, self._stored
        if self._mirror:
            self._learn(channel)
        gone: list[Values] = []
        new: list[Values] = []
        changed: dict[tuple[int, ...], list[Values]] = {}
        for key in self._dirty:
            values = rows[key]
            old = stored.get(key)
            if values is None:
                if old is not None or key not in stored:
                    gone.append(key)
            elif old is None:
                new.append(values)
            elif old != values:
                places = tuple([place for place, value in enumerate(values) if value != old[place]])
                changed.setdefault(places, []).append(values)
        # First what goes: its place in a unique index may be taken by what comes.
        if gone:
            channel.many(layout.delete, layout.stored_keys(gone))
        for places, updated in changed.items():
            statement, parameters = layout.update(places)
            channel.many(statement, [parameters(values) for values in layout.stored(updated)])
        if new:
            channel.many(layout.put, layout.stored(new))
        if self._mirror:
            self._mirror(channel, *self._difference())
        for key in self._dirty:
            stored[key] = rows[key]
        self._dirty.clear()

    def _grow(self, channel: Channel) -> None:
        layout = self.layout
        by_columns: dict[tuple[str, ...], list[Values]] = {}
        for key, amounts in self._sums.items():
            by_columns.setdefault(tuple(amounts), []).append(layout.begun(key, amounts))
        for names, rows in by_columns.items():
            channel.many(layout.add(names), layout.stored(rows))
        self._sums.clear()

    def _learn(self, channel: Channel) -> None:
        """Read what is about to be overwritten unseen."""
        unseen = [key for key in self._dirty if key not in self._stored]
        if unseen:
            layout = self.layout
            self._stored.update(dict.fromkeys(unseen))
            for values in layout.loaded(channel.find(layout, layout.stored_keys(unseen))):
                self._stored[layout.key_of(values)] = values

    def _difference(self) -> tuple[list[Any], list[Any]]:
        changed = [key for key in self._dirty if self._stored[key] != self._rows[key]]
        before = [self._stored[key] for key in changed]
        after = [self._rows[key] for key in changed]
        return [values for values in before if values], [values for values in after if values]


class UnitOfWork:
    """The port's Transaction, on any channel. What the driver raises passes through, but for parts: those translate it.

    what:   it is about, for messages. mirror: for searches whose index the store does not keep itself.
    """

    def __init__(
        self, what: str, channel: Channel, layouts: Layouts, mirror: Callable[[SearchTable], Mirror | None]
    ) -> None:
        self._what = what
        self._channel = channel
        self._layouts = layouts
        self._mirror = mirror
        self._units: dict[str, TableUnit] = {}
        self._of: dict[Table, TableUnit] = {}
        self._depth = 0

    def get(self, table: Table, *key: Any) -> Row | None:
        unit = self._unit(table)
        values = unit.get(self._channel, key)
        return None if values is None else unit.layout.row(values)

    def prefetch(self, table: Table, keys: Iterable[Sequence[Any]]) -> None:
        self._unit(table).prefetch(self._channel, [tuple(key) for key in keys])

    def put(self, table: Table, row: Row) -> None:
        unit = self._unit(table)
        unit.put(unit.layout.values(row))

    def delete(self, table: Table, *key: Any) -> None:
        self._unit(table).delete(key)

    def add(self, table: Table, key: Row, amounts: Mapping[str, int]) -> None:
        unit = self._unit(table)
        unit.add(unit.layout.key(key), amounts)

    def rows(self, statement: Select[Any]) -> Sequence[Row]:
        self._flush_for(statement)
        return rows_of(self._channel.core, statement)

    def run(self, statement: Update | Delete) -> int:
        self._flush_for(statement)
        count = self._channel.core.execute(statement).rowcount
        unit = self._units.get(_name(statement.table))
        if unit:
            unit.forget()
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
        known = {table: unit.state() for table, unit in self._units.items()}
        self._channel.run(f"SAVEPOINT {name}")
        self._depth += 1
        try:
            with translated(self._what):
                yield
                self.flush()
        except BaseException:
            self._channel.run(f"ROLLBACK TO SAVEPOINT {name}")
            self._channel.run(f"RELEASE SAVEPOINT {name}")
            for table, unit in self._units.items():
                unit.back(known.get(table))
            raise
        finally:
            self._depth -= 1
        self._channel.run(f"RELEASE SAVEPOINT {name}")

    def flush(self) -> None:
        dirty = [unit for unit in self._units.values() if unit.is_dirty]
        if dirty:
            with self._channel.together():
                for unit in dirty:
                    unit.flush(self._channel)

    def _flush_for(self, statement: Select[Any] | Update | Delete) -> None:
        """Write the tables that a statement names: the others go on folding."""
        if not any(unit.is_dirty for unit in self._units.values()):
            return
        for element in visitors.iterate(statement):
            if isinstance(element, TextClause):
                self.flush()  # it may name any
            unit = self._units.get(_name(element))
            if unit and unit.is_dirty:
                unit.flush(self._channel)

    def _unit(self, table: Table) -> TableUnit:
        unit = self._of.get(table)
        if unit is None:
            unit = self._of[table] = self._units[table.name] = TableUnit(self._layouts.of(table))
        return unit

    def _search(self, search: SearchTable) -> TableUnit:
        unit = self._units.get(search.name)
        if unit is None:
            unit = self._units[search.name] = TableUnit(self._layouts.of_search(search), self._mirror(search))
        return unit


def _name(element: object) -> str:
    return element.name if isinstance(element, TableClause) else ""

"""TableUnit: what a writer knows of one table, and what it has to write.

Problem: a batch of events changes the same rows again and again (an order is placed, confirmed and shipped; a month's
roll-up grows with every order), and each statement costs a descent of a tree for every index, or a round trip.
Idea: keep what the store has for a key, where that is known, apart from what it shall have (`dirty`), and write the
difference when a statement must see it, or at the end. What was known and changed is an UPDATE of the columns that
differ, so that the other columns' indexes are let be; what was not is an upsert, which asks nothing before. Amounts
added to a row that is not known are summed up (`sums`) and added by the store itself.

What is known stays true from one transaction to the next, for nobody else writes; whoever does, says so. Two
generations of it are kept, of which the older is forgotten when the younger is full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol, cast

from sqlalchemy import Connection

from gateway.projections.stores.layout import Layout, Values

KEPT_ROWS = 25_000
"""Of a table, in each of two generations: some 10 MB."""

_UNKNOWN: Final = cast(Values, object())


class Channel(Protocol):
    """A connection within a transaction, past SQLAlchemy; `core` is the same with it. Rows as the driver has them."""

    core: Connection

    def find(self, layout: Layout, keys: Sequence[Values]) -> Sequence[Values]:
        """The rows that there are, in any order."""
        ...

    def top(self, layout: Layout) -> Values | None:
        """The largest key, by Python's order; () when the table is empty, None when it cannot be told."""
        ...

    def many(self, statement: str, rows: Sequence[Values]) -> None:
        """Run it for each."""
        ...

    def run(self, statement: str) -> None: ...

    def begin(self, statement: str, first: str) -> Values | None:
        """Begin a transaction by this statement, and give the row that the first one in it selects."""
        ...

    def together(self) -> AbstractContextManager[object]:
        """What the block writes may be sent at once; its errors come at the block's end then."""
        ...


Mirror = Callable[[Channel, Sequence[Any], Sequence[Any]], None]
"""Keeps an index in step that the store does not keep itself: (id, words) that were there, and those that are now."""


class TableUnit:
    """Of one writer, as long as nothing is rolled back."""

    __slots__ = ("_dirty", "_key_of", "_known", "_mirror", "_older", "_sums", "_top", "layout")

    def __init__(self, layout: Layout, channel: Channel, mirror: Mirror | None = None) -> None:
        self.layout = layout
        self._key_of = layout.key_of
        self._mirror = mirror
        self._known: dict[Values, Values | None] = {}
        self._older: dict[Values, Values | None] = {}
        self._dirty: dict[Values, Values | None] = {}
        self._sums: dict[Values, dict[str, int]] = {}
        # New things usually have larger keys than old ones, so there is no need to look for them.
        self._top = channel.top(layout)

    @property
    def is_dirty(self) -> bool:
        return bool(self._dirty or self._sums)

    def get(self, channel: Channel, key: Values) -> Values | None:
        values = self._dirty.get(key, _UNKNOWN)
        if values is _UNKNOWN:
            values = self._known.get(key, _UNKNOWN)
        if values is _UNKNOWN:
            self.prefetch(channel, (key,))
            values = self._known[key]
        return values

    def prefetch(self, channel: Channel, keys: Iterable[Values]) -> None:
        known, older, top = self._known, self._older, self._top
        wanted: dict[Values, None] = {}
        for key in keys:
            if key in known or key in self._dirty:
                continue
            if key in older:
                known[key] = older.pop(key)
            elif key in self._sums or not _is_above(key, top):
                wanted[key] = None
            else:
                known[key] = None
        if not wanted:
            return
        if not self._sums.keys().isdisjoint(wanted):
            self.flush(channel)
        layout = self.layout
        found = layout.loaded(channel.find(layout, layout.stored_keys(list(wanted))))
        known.update(wanted)
        known.update((layout.key_of(values), values) for values in found)

    def put(self, values: Values) -> None:
        key = self._key_of(values)
        self._dirty[key] = values
        if self._sums:
            self._sums.pop(key, None)

    def delete(self, key: Values) -> None:
        self._dirty[key] = None
        self._sums.pop(key, None)

    def add(self, key: Values, amounts: Mapping[str, int]) -> None:
        sums = self._sums.get(key)
        if sums is not None:
            for name, amount in amounts.items():
                if name in sums:
                    sums[name] += amount
                else:
                    sums[name] = amount
            return
        values = self._dirty.get(key, _UNKNOWN)
        if values is _UNKNOWN:
            values = self._known.get(key, _UNKNOWN)
        if values is _UNKNOWN:
            self._sums[key] = dict(amounts)
        else:
            self.put(self.layout.begun(key, amounts) if values is None else self.layout.grown(values, amounts))

    def flush(self, channel: Channel) -> None:
        """Write everything. What was known is still known afterwards, and true."""
        if self._dirty:
            self._write(channel)
        if self._sums:
            self._grow(channel)

    def forget(self, channel: Channel) -> None:
        """Rows were changed past this one, or a part was undone: nothing is known, and nothing to be written."""
        self._dirty.clear()
        self._sums.clear()
        self._known.clear()
        self._older.clear()
        self._top = channel.top(self.layout)

    def settle(self) -> None:
        """It was committed."""
        if len(self._known) > KEPT_ROWS:
            self._older = self._known
            self._known = {}

    def _write(self, channel: Channel) -> None:
        layout, dirty = self.layout, self._dirty
        if self._mirror:
            self._learn(channel)
        gone: list[Values] = []
        new: list[Values] = []
        changed: dict[tuple[int, ...], list[Values]] = {}
        for key, values in dirty.items():
            old = self._recall(key)
            if values is None:
                if old is not None:
                    gone.append(key)
            elif old is None or old is _UNKNOWN:
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
            self._raise_top(new)
        if self._mirror:
            self._mirror(channel, *self._difference())
        self._known.update(dirty)
        dirty.clear()

    def _learn(self, channel: Channel) -> None:
        """Read what is about to be overwritten unseen."""
        dirty, self._dirty = self._dirty, {}
        self.prefetch(channel, dirty)
        self._dirty = dirty

    def _grow(self, channel: Channel) -> None:
        layout = self.layout
        by_columns: dict[tuple[str, ...], list[Values]] = {}
        for key, amounts in self._sums.items():
            by_columns.setdefault(tuple(amounts), []).append(layout.begun(key, amounts))
        for names, rows in by_columns.items():
            channel.many(layout.add(names), layout.stored(rows))
            self._raise_top(rows)
        self._sums.clear()

    def _recall(self, key: Values) -> Values | None:
        values = self._known.get(key, _UNKNOWN)
        return self._older.pop(key, _UNKNOWN) if values is _UNKNOWN else values

    def _difference(self) -> tuple[list[Values], list[Values]]:
        changed = [(self._known[key], values) for key, values in self._dirty.items() if self._known[key] != values]
        return [before for before, _ in changed if before], [after for _, after in changed if after]

    def _raise_top(self, rows: Sequence[Values]) -> None:
        if self._top is None:
            return
        try:
            self._top = max(self._top, max(map(self._key_of, rows)))
        except TypeError:
            self._top = None  # keys of several types have no order


def _is_above(key: Values, top: Values | None) -> bool:
    try:
        return top is not None and key > top
    except TypeError:
        return False

"""How orders are found: along which index, so that what is read stays near what is answered.

Normally an index that is in the wanted order is followed, for each status (and country, when some are asked for), until
there are enough; what else is asked for is looked at on the way. When that is rare, it would be a long way: then all
that have it are fetched, by its own index, and sorted. No database knows beforehand which is better, for it depends on
the values: so it is counted, up to FEW, and the statements are written so that they can only be run the better way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, union_all

from gateway.projections.store import Reading
from resolvers.projections.orders.cursors import Values
from resolvers.projections.orders.filters import Expression, Key, OrderFilter, Range, behind, hidden
from resolvers.projections.orders.tables import order_counts, order_views
from resolvers.projections.orders.texts import read_words

FEW = 20_000
"""Orders that are better sorted than looked for: their index holds all that is looked at."""

Place = Mapping[str, str]
"""Values of country, status and category that a stream of orders shares."""


@dataclass(frozen=True, slots=True)
class Cell:
    """How many orders a country has in a status."""

    country: str
    status: str
    orders: int


def read_cells(reading: Reading, filter: OrderFilter) -> Sequence[Cell]:
    """Those that are not empty and may hold what is asked for."""
    counts = order_counts.c
    statement = select(order_counts).where(counts.orders > 0, *filter.of_place(counts.country, counts.status))
    return [Cell(row["country"], row["status"], row["orders"]) for row in reading.rows(statement)]


class Finder:
    """Finds what a filter asks for, in one look."""

    def __init__(self, reading: Reading, filter: OrderFilter) -> None:
        self.reading = reading
        self.filter = filter
        self.cells = read_cells(reading, filter)
        self.words = read_words(reading, filter.text) if filter.text is not None else ()
        # A text without words is in nothing.
        if filter.text is not None and not self.words:
            self.cells = ()

    def places(self, shared: Place, *, by_country: bool) -> Sequence[Place]:
        """The streams that together hold all that is asked for and has these values."""
        cells = [cell for cell in self.cells if _is_in(cell, shared)]
        if by_country and "category" not in shared:
            return [{**shared, "country": cell.country, "status": cell.status} for cell in cells]
        return [{**shared, "status": status} for status in sorted({cell.status for cell in cells})]

    def driver(self, along: str | None, places: Sequence[Place]) -> str | None:
        """What to fetch all of: `words`, a column with a range, or None: follow the index of column `along`."""
        if any(word.few is not None for word in self.words):
            return "words"
        total = sum(cell.orders for cell in self.cells)
        for column, range in self._ranges().items():
            if column != along and total > FEW and self._is_few(column, range, places):
                return column
        return None

    def found(
        self,
        places: Sequence[Place],
        columns: Sequence[str],
        driver: str | None,
        *,
        keys: Sequence[Key] = (),
        after: Values | None = None,
        limit: int,
    ) -> Select[Any]:
        """Select these columns of at most `limit` orders, the first by the keys, behind these values of the keys.

        Streams that are sorted already are merged: no more is read of each than is needed.
        """
        streams = [self._stream(place, columns, driver, keys, after) for place in places]
        if self.reading.dialect == "postgresql":
            # It merges what is sorted, but does not by itself think of sorting it by an index, as SQLite does; and it
            # sorts all rather than follow an index, unless it knows that not all are wanted.
            streams = [select(_sorted(stream, keys).limit(limit).subquery()) for stream in streams]
        merged = (union_all(*streams) if len(streams) > 1 else streams[0]).subquery()
        return select(merged).order_by(*(key.by(merged.c.__getitem__) for key in keys)).limit(limit)

    def _stream(
        self, place: Place, columns: Sequence[str], driver: str | None, keys: Sequence[Key], after: Values | None
    ) -> Select[Any]:
        along = keys[0].column if keys and driver is None else driver

        def of(column: str) -> Expression:
            """Only the index that is to be followed can be used."""
            return order_views.c[column] if column in (along, "id") or along is None else hidden(order_views.c[column])

        def shown(column: str) -> Expression:
            return order_views.c[column] if driver is None else hidden(order_views.c[column])

        conditions: list[ColumnElement[bool]] = self.filter.of_mix()
        for column, value in place.items():
            conditions.append((order_views.c[column] if driver != "words" else hidden(order_views.c[column])) == value)
        if "country" not in place and self.filter.countries is not None:
            conditions.append(hidden(order_views.c.country).in_(sorted({cell.country for cell in self.cells})))
        for column, range in self._ranges().items():
            conditions += range.conditions(of(column))
        conditions += self._of_words(driver)
        if after is not None:
            conditions.append(behind(keys, after, shown))
        return select(*(shown(column).label(column) for column in columns)).where(*conditions)

    def _of_words(self, driver: str | None) -> list[ColumnElement[bool]]:
        looked_at = list(self.words)
        conditions: list[ColumnElement[bool]] = []
        if driver == "words":
            rarest = min(looked_at, key=lambda word: inf if word.few is None else word.few)
            looked_at.remove(rarest)
            conditions.append(order_views.c.id.in_(rarest.orders()))
        return conditions + [word.condition(order_views.c.id, order_views.c.customer_id) for word in looked_at]

    def _ranges(self) -> dict[str, Range]:
        ranges = {"total": self.filter.total, "placed_at": self.filter.placed_at}
        return {column: range for column, range in ranges.items() if range}

    def _is_few(self, column: str, range: Range, places: Sequence[Place]) -> bool:
        """Whether few orders are in the range, all else aside."""
        counted = [
            select(order_views.c.id)
            .where(*(order_views.c[name] == value for name, value in place.items()))
            .where(*range.conditions(order_views.c[column]))
            .limit(FEW + 1)
            .subquery()
            for place in places
        ]
        merged = union_all(*(select(each) for each in counted)).limit(FEW + 1).subquery()
        row = self.reading.get(select(func.count().label("orders")).select_from(merged))
        return row is not None and row["orders"] <= FEW


def _sorted(stream: Select[Any], keys: Sequence[Key]) -> Select[Any]:
    return stream.order_by(*(key.by(stream.selected_columns.__getitem__) for key in keys))


def _is_in(cell: Cell, shared: Place) -> bool:
    return shared.get("country", cell.country) == cell.country and shared.get("status", cell.status) == cell.status

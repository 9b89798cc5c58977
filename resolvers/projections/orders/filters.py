"""What orders are asked for, and the conditions on order_views that say so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_

from resolvers.projections.orders.numbers import mix_of
from resolvers.projections.orders.tables import order_views

Expression = ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Range:
    """Whole numbers from low to high, both included; None for no bound."""

    low: int | None = None
    high: int | None = None

    def conditions(self, column: Expression) -> list[ColumnElement[bool]]:
        found: list[ColumnElement[bool]] = []
        if self.low is not None:
            found.append(column >= self.low)
        if self.high is not None:
            found.append(column <= self.high)
        return found

    def __bool__(self) -> bool:
        return self.low is not None or self.high is not None


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """All must hold. A list holds when the order has any of it; None is no condition.

    total: in cents. placed_at: in microseconds since 1970. text: all of its words are in the names of the customer and
    the products.
    """

    countries: tuple[str, ...] | None = None
    statuses: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    total: Range = field(default_factory=Range)
    placed_at: Range = field(default_factory=Range)
    text: str | None = None

    def is_countable(self) -> bool:
        """Whether the sums by country, status and category tell how many there are."""
        return not self.total and not self.placed_at and self.text is None

    def of_mix(self, column: Expression = order_views.c.categories) -> list[ColumnElement[bool]]:
        """On a column of categories."""
        if self.categories is None:
            return []
        return [column.bitwise_and(mix_of(self.categories)) != 0]

    def of_place(self, country: Expression, status: Expression) -> list[ColumnElement[bool]]:
        """On columns of a country and a status."""
        found: list[ColumnElement[bool]] = []
        if self.countries is not None:
            found.append(country.in_([code for code in self.countries if is_plain(code)]))
        if self.statuses is not None:
            found.append(status.in_(self.statuses))
        return found


def is_plain(word: str) -> bool:
    """Whether it could be stored at all: databases refuse to compare with some characters."""
    return word.isascii() and word.isprintable()


def hidden(column: Expression) -> Expression:
    """The same value, which no index is looked up by: we know better than the database which one serves."""
    return column + ("" if column.type.python_type is str else 0)


@dataclass(frozen=True, slots=True)
class Key:
    """A column that orders are sorted by."""

    column: str
    descending: bool = False

    def by(self, of: Callable[[str], Expression]) -> Expression:
        return of(self.column).desc() if self.descending else of(self.column).asc()


def behind(keys: Sequence[Key], values: Sequence[Any], of: Callable[[str], Expression]) -> ColumnElement[bool]:
    """That a row comes behind the one with these values of the keys. Bounded by the first key, for an index to use."""
    alternatives: list[ColumnElement[bool]] = []
    equal: list[ColumnElement[bool]] = []
    for key, value in zip(keys, values, strict=True):
        column = of(key.column)
        alternatives.append(and_(*equal, column < value if key.descending else column > value))
        equal.append(column == value)
    first = of(keys[0].column)
    bound = first <= values[0] if keys[0].descending else first >= values[0]
    condition = alternatives[-1]
    for alternative in reversed(alternatives[:-1]):
        condition = alternative | condition
    return and_(bound, condition)

"""Layout: a table as a store writes it: rows are tuples in the order of its columns, and statements are compiled once.

SQLAlchemy writes the statements. Running them goes past it, straight to the driver, for a batch runs thousands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Insert,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import ClauseElement, ColumnElement
from sqlalchemy.types import UserDefinedType

from gateway.projections.search import SearchTable
from gateway.projections.store import RowRefused

Values = tuple[Any, ...]
_Processor = Callable[[Any], Any]
_Getter = Callable[[Any], Values]


class Words(UserDefinedType[str]):
    """Words with a space between, as PostgreSQL's tsvector; not by its parser, which has its own idea of words."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "tsvector"

    def bind_expression(self, bindvalue: Any) -> ColumnElement[Any]:
        return func.array_to_tsvector(func.string_to_array(bindvalue, literal_column("' '")))


def search_rows(search: SearchTable, dialect: Dialect) -> Table:
    """Where the words of a search's texts are kept. In SQLite, FTS5 keeps an index of them under the search's name."""
    number = Column("id", BigInteger, primary_key=True, autoincrement=False)
    if dialect.name == "sqlite":
        return Table(texts_name(search), MetaData(), number, Column("words", Text, nullable=False))
    return Table(search.name, MetaData(), number, Column("words", Words, nullable=False))


def texts_name(search: SearchTable) -> str:
    return f"{search.name}_texts"


class Layout:
    """How rows of one table are found and written in one kind of store."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        self.table = table
        self.name = table.name
        self.columns = tuple(column.name for column in table.columns)
        self.keys = tuple(column.name for column in table.primary_key.columns)
        if not self.keys:
            raise RowRefused(f"table '{table.name}' has no primary key")
        self.key_of: Callable[[Values], Values] = _picker([self.columns.index(name) for name in self.keys])
        self.row = _row_maker(self.columns)
        self._values_of: _Getter = _picker(self.columns)
        self._key_in: _Getter = _picker(self.keys)
        self._dialect = dialect
        self._to_store = _processors(table, lambda column: _bind(column, dialect))
        self._from_store = _processors(table, lambda column: _result(column, dialect))
        self._key_to_store = [(i, to) for i, to in enumerate(_bind(table.c[name], dialect) for name in self.keys) if to]
        self._key_from_store = [
            (i, of) for i, of in enumerate(_result(table.c[name], dialect) for name in self.keys) if of
        ]
        self._beginning = tuple(None if column.nullable else 0 for column in table.columns)
        self.find = self._compile(select(table).where(self._is_key()), self.keys)
        largest = [column.desc() for column in table.primary_key.columns]
        self.top = self._compile(select(*table.primary_key.columns).order_by(*largest), ())
        self.has_numbers_as_keys = all(isinstance(table.c[name].type, Integer) for name in self.keys)
        self.delete = self._compile(delete(table).where(self._is_key()), self.keys)
        self.put = self._compile(self._upsert(None), self.columns)
        self._adds: dict[tuple[str, ...], str] = {}
        self._updates: dict[tuple[int, ...], tuple[str, _Getter]] = {}

    def values(self, row: Mapping[str, Any]) -> Values:
        """A row as a tuple. Raises RowRefused when it does not have the table's columns, and only those."""
        try:
            values = self._values_of(row)
        except KeyError as error:
            raise RowRefused(f"{self.name}: column '{error.args[0]}' is not given") from None
        if len(row) != len(values):
            unknown = ", ".join(sorted(row.keys() - set(self.columns)))
            raise RowRefused(f"{self.name}: there is no column {unknown}")
        return values

    def key(self, row: Mapping[str, Any]) -> Values:
        try:
            return self._key_in(row)
        except KeyError as error:
            raise RowRefused(f"{self.name}: key column '{error.args[0]}' is not given") from None

    def begun(self, key: Values, amounts: Mapping[str, int]) -> Values:
        """The row that `add` makes where there is none."""
        row: dict[str, Any] = dict(zip(self.columns, self._beginning, strict=True))
        row.update(zip(self.keys, key, strict=True))
        row.update(amounts)
        return self.values(row)

    def grown(self, values: Values, amounts: Mapping[str, int]) -> Values:
        """The row with these amounts added; null counts as 0."""
        row = self.row(values)
        for name, amount in amounts.items():
            row[name] = (row[name] or 0) + amount
        return tuple(row.values())

    def stored(self, rows: Sequence[Values]) -> Sequence[Values]:
        """Rows as the driver wants them."""
        return _processed(rows, self._to_store)

    def loaded(self, rows: Sequence[Values]) -> Sequence[Values]:
        """Rows as the driver gave them, to rows as they were put."""
        return _processed(rows, self._from_store)

    def stored_keys(self, keys: Sequence[Values]) -> Sequence[Values]:
        return _processed(keys, self._key_to_store)

    def loaded_key(self, key: Values) -> Values:
        return _processed([key], self._key_from_store)[0]

    def add(self, names: tuple[str, ...]) -> str:
        """Insert a whole row, or add these columns of it to those of the row that is there."""
        statement = self._adds.get(names)
        if statement is None:
            statement = self._adds[names] = self._compile(self._upsert(names), self.columns)
        return statement

    def update(self, changed: tuple[int, ...]) -> tuple[str, _Getter]:
        """Set only the columns at these places: the others' indexes are not touched. With what it wants of a row."""
        found = self._updates.get(changed)
        if found is None:
            names = tuple(self.columns[place] for place in changed)
            changes = {name: bindparam(f"new_{name}", type_=self.table.c[name].type) for name in names}
            statement = self._compile(
                update(self.table).where(self._is_key()).values(changes),
                (*(f"new_{name}" for name in names), *self.keys),
            )
            places = [*changed, *(self.columns.index(name) for name in self.keys)]
            found = self._updates[changed] = (statement, _picker(places))
        return found

    def _is_key(self) -> ColumnElement[bool]:
        return and_(*(self.table.c[name] == bindparam(name, type_=self.table.c[name].type) for name in self.keys))

    def _upsert(self, added: tuple[str, ...] | None) -> Insert:
        dialect = postgresql if self._dialect.name == "postgresql" else sqlite
        # Both dialects' inserts have the same two methods, and no base class that says so.
        statement: Any = dialect.insert(self.table).values({name: bindparam(name) for name in self.columns})
        if added is None:
            changes = {name: statement.excluded[name] for name in self.columns if name not in self.keys}
        else:
            zero: ColumnElement[int] = literal_column("0")
            changes = {name: func.coalesce(self.table.c[name], zero) + statement.excluded[name] for name in added}
        if not changes:
            return statement.on_conflict_do_nothing(index_elements=list(self.keys))
        return statement.on_conflict_do_update(index_elements=list(self.keys), set_=changes)

    def _compile(self, statement: ClauseElement, names: Sequence[str]) -> str:
        """SQL whose parameters are these, in their order."""
        compiled = statement.compile(dialect=self._dialect)
        if tuple(getattr(compiled, "positiontup", None) or ()) != tuple(names):
            raise RowRefused(f"table '{self.name}' has a column whose type needs more than its value")
        return str(compiled)


def _picker(places: Sequence[Any]) -> _Getter:
    if len(places) > 1:
        return itemgetter(*places)
    place = places[0]
    if isinstance(place, int):
        return itemgetter(slice(place, place + 1))
    return lambda row: (row[place],)


def _row_maker(columns: Sequence[str]) -> Callable[[Values], dict[str, Any]]:
    """A function from a tuple to a row, written out: `{"id": values[0], ...}` takes 0.6 us where
    `dict(zip(columns, values, strict=True))` takes 2.1 (7 columns), and handlers get several rows for each event."""
    places = ", ".join(f"{name!r}: values[{place}]" for place, name in enumerate(columns))
    return eval(f"lambda values: {{{places}}}")


def _bind(column: Column[Any], dialect: Dialect) -> _Processor | None:
    if isinstance(column.type, Boolean):
        return None  # both drivers take True and False
    return column.type.dialect_impl(dialect).bind_processor(dialect)


def _result(column: Column[Any], dialect: Dialect) -> _Processor | None:
    if dialect.name == "postgresql" and isinstance(column.type, Numeric | Float):
        return None  # the driver gives decimals, and SQLAlchemy would want to know what its type was
    return column.type.dialect_impl(dialect).result_processor(dialect, None)


def _processors(table: Table, of: Callable[[Column[Any]], _Processor | None]) -> list[tuple[int, _Processor]]:
    return [(place, process) for place, column in enumerate(table.columns) if (process := of(column))]


def _processed(rows: Sequence[Values], processors: Sequence[tuple[int, _Processor]]) -> Sequence[Values]:
    if not processors:
        return rows
    processed: list[Values] = []
    for row in rows:
        values = list(row)
        for place, process in processors:
            values[place] = process(values[place])
        processed.append(tuple(values))
    return processed

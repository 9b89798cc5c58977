"""Grammar: how one kind of database says what the others say too."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Dialect, Table

from gateway.projections.search import SearchTable
from gateway.projections.stores.layout import Layout, search_rows


@dataclass(frozen=True, slots=True)
class Grammar:
    """begin: a transaction that writes. looking: one that reads, all of it at the same moment.

    now:      seconds, by the database's clock. held: behind a SELECT, so that nobody else changes its row meanwhile.
    unwaited: the same, but an error when somebody else does.
    """

    begin: str
    looking: str
    now: str
    held: str = ""
    unwaited: str = ""


SQLITE = Grammar(begin="BEGIN IMMEDIATE", looking="BEGIN", now="((julianday('now') - 2440587.5) * 86400.0)")
POSTGRESQL = Grammar(
    begin="BEGIN",
    looking="BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    now="extract(epoch from clock_timestamp())::float8",
    held=" FOR UPDATE",
    unwaited=" FOR UPDATE NOWAIT",
)


class KnownLayouts:
    """Layouts of one dialect, made once for each table. A table that is gone leaves its layout behind: they are few."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._tables: dict[Table, Layout] = {}
        self._searches: dict[SearchTable, Layout] = {}

    def of(self, table: Table) -> Layout:
        layout = self._tables.get(table)
        if layout is None:
            layout = self._tables[table] = Layout(table, self._dialect)
        return layout

    def of_search(self, search: SearchTable) -> Layout:
        layout = self._searches.get(search)
        if layout is None:
            layout = self._searches[search] = Layout(search_rows(search, self._dialect), self._dialect)
        return layout

"""Transaction: what a handler may do, on any store.

Rows are mappings by the names of their table's columns. A store may keep what is put until it must be seen: rows of the
same key that change ten times in a batch are written once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Delete, Select, Table, Update

from gateway.projections.search import SearchTable

Row = Mapping[str, Any]


class Transaction(Protocol):
    """Everything done through it is committed with the position up to which events were read, or not at all."""

    def get(self, table: Table, *key: Any) -> Row | None:
        """The row with this primary key, as of everything done before."""
        ...

    def prefetch(self, table: Table, keys: Iterable[Sequence[Any]]) -> None:
        """Read the rows with these primary keys at once, so that `get` finds them without asking the store."""
        ...

    def put(self, table: Table, row: Row) -> None:
        """Insert the row, or replace the one with its primary key. Every column must be given."""
        ...

    def delete(self, table: Table, *key: Any) -> None:
        """Remove the row with this primary key, if there is one."""
        ...

    def add(self, table: Table, key: Row, amounts: Mapping[str, int]) -> None:
        """Add to the columns of the row with this primary key; one that is not there begins with 0 in each.

        Of its other columns, those that may be null begin with that, and the rest with 0.
        """
        ...

    def rows(self, statement: Select[*tuple[Any, ...]]) -> Sequence[Row]:
        """What the statement selects, as of everything done before."""
        ...

    def run(self, statement: Update | Delete) -> int:
        """Change many rows at once, as of everything done before. Gives how many."""
        ...

    def index(self, search: SearchTable, id: int, texts: Mapping[str, str]) -> None:
        """Store these texts under this number, instead of what was there."""
        ...

    def unindex(self, search: SearchTable, id: int) -> None:
        """Remove what is stored under this number."""
        ...

"""Connection: how stores speak to their database, whichever it is.

Stores write plain SQL that SQLite and PostgreSQL both understand, and these words, which each spells its own way
(kit/sqlite.py, kit/postgresql.py):

    :name                     a value
    column IN listed(:name)   one of a list of strings; one text for any number of them
    member(column, name)      a member of a JSON document, as text
    TEXT, INTEGER, JSON       types of columns: text that sorts by its bytes, whole numbers up to 2**63, a document
    WITHOUT ROWID             of a table whose primary key is text
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any, Protocol

Row = tuple[Any, ...]
Values = Mapping[str, Any]

NO_VALUES: Values = MappingProxyType({})
# How long a statement waits for what another process has locked.
LOCK_TIMEOUT_MS = 5000
REMEDY = "python -m mock_services.generate makes one"


class DatabaseError(Exception):
    """There is no usable database at the place; the message says why and what to do."""


class DatabaseUnavailable(Exception):
    """A database that was usable when the service started is not now."""


class Connection(Protocol):
    """One thread's. Every method raises DatabaseUnavailable when the database, not the statement, is at fault."""

    def all(self, sql: str, values: Values = NO_VALUES) -> list[Row]:
        """Every row."""
        ...

    def one(self, sql: str, values: Values = NO_VALUES) -> Row | None:
        """The first row."""
        ...

    def run(self, sql: str, values: Values = NO_VALUES) -> None:
        """A statement without rows."""
        ...

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        """Rows in the order of the table's columns."""
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """The block's changes are committed together, or undone when it raises. One at a time over all processes."""
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """All that the block reads is of one moment. For reading connections."""
        ...

    def first_of_each(self, columns: str, table: str, where: str, order: str) -> str:
        """SQL for the first :rows rows, by `order`, of each of the strings in :owners, which are told apart by `where`.

        where: a condition in which `owners.value` is one of the strings. Each string costs one descent into an index.
        The rows come in the order of the strings. The table has a key `id`.
        """
        ...

    def is_lost(self) -> bool:
        """Whether a new connection is needed."""
        ...

    def close(self) -> None: ...

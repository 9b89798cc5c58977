"""PostgreSQL's half of kit/connection.py: one database for all services, in which each has a role and a schema.

A role's tables lie in the schema of its own name, which is all that it can see. psycopg is imported when the first
connection is opened: whoever stays with SQLite needs no driver.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mock_services.kit.connection import LOCK_TIMEOUT_MS, NO_VALUES, DatabaseError, DatabaseUnavailable, Row, Values

if TYPE_CHECKING:
    import psycopg

CONNECT_TIMEOUT_S = 5
# "C": the same order on every server; cursors between pages rely on it. Whatever is not a word of ours stays.
_WORDS = (
    (re.compile(r"%"), "%%"),
    (re.compile(r"\bIN listed\((:\w+)\)"), r"= ANY (\1::text[])"),
    (re.compile(r"\bmember\((\w+), (\w+)\)"), r"(\1 ->> '\2')"),
    (re.compile(r"(?<!:):(\w+)"), r"%(\1)s"),
    (re.compile(r"\bTEXT\b"), 'TEXT COLLATE "C"'),
    (re.compile(r"\bINTEGER\b"), "BIGINT"),
    (re.compile(r"\bJSON\b"), "JSONB"),
    (re.compile(r" WITHOUT ROWID\b"), ""),
)


@lru_cache(maxsize=256)
def in_postgresql(sql: str) -> str:
    """The SQL of a store as PostgreSQL and psycopg spell it."""
    for word, spelling in _WORDS:
        sql = word.sub(spelling, sql)
    return sql


class PostgresConnection:
    """In autocommit mode, but for the block of a transaction."""

    def __init__(self, raw: psycopg.Connection[Row]) -> None:
        self._raw = raw

    def all(self, sql: str, values: Values = NO_VALUES) -> list[Row]:
        with _translated():
            return self._raw.execute(in_postgresql(sql), values).fetchall()

    def one(self, sql: str, values: Values = NO_VALUES) -> Row | None:
        with _translated():
            return self._raw.execute(in_postgresql(sql), values).fetchone()

    def run(self, sql: str, values: Values = NO_VALUES) -> None:
        with _translated():
            self._raw.execute(in_postgresql(sql), values)

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        if rows:
            with _translated(), self._raw.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows)

    @contextmanager
    def transaction(self) -> Generator[None, None, None]:
        with _translated(), self._raw.transaction():
            # Excludes other writers, not readers: a change that takes the next number must be alone, as in SQLite.
            self._raw.execute("LOCK TABLE service IN EXCLUSIVE MODE")
            yield

    @contextmanager
    def snapshot(self) -> Generator[None, None, None]:
        with _translated(), self._raw.transaction():
            self._raw.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield

    def first_of_each(self, columns: str, table: str, where: str, order: str) -> str:
        return (
            f"SELECT {columns} FROM unnest(:owners::text[]) WITH ORDINALITY AS owners (value, key)"
            f" CROSS JOIN LATERAL (SELECT {columns} FROM {table} WHERE {where} ORDER BY {order} LIMIT :rows) AS mine"
            f" ORDER BY owners.key, {order}"
        )

    def is_lost(self) -> bool:
        return self._raw.closed

    def close(self) -> None:
        self._raw.close()


def connect(url: str) -> psycopg.Connection[Row]:
    """psycopg's own connection, in autocommit mode. Raises DatabaseError, which never tells a password."""
    try:
        import psycopg
    except ImportError as error:
        raise DatabaseError("PostgreSQL needs a driver: pip install 'psycopg[binary]'") from error
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S)
    except psycopg.Error as error:
        raise DatabaseError(f"{without_password(url)} cannot be reached: {_in_a_line(error)}") from error


def open_postgresql(url: str, writable: bool) -> PostgresConnection:
    """As the role that the URL names."""
    raw = connect(url)
    with _translated():
        raw.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
        raw.execute('SET search_path = "$user"')
        if not writable:
            raw.execute("SET default_transaction_read_only = on")
    _read_as_sqlite_does(raw)
    return PostgresConnection(raw)


def _read_as_sqlite_does(raw: psycopg.Connection[Row]) -> None:
    """Documents as their text, sums and averages as plain numbers."""
    from psycopg.adapt import Loader
    from psycopg.types.string import TextLoader

    class NumericLoader(Loader):
        def load(self, data: Any) -> int | float:
            text = bytes(data)
            return float(text) if b"." in text else int(text)

    raw.adapters.register_loader("jsonb", TextLoader)
    raw.adapters.register_loader("numeric", NumericLoader)


def is_postgresql(place: str) -> bool:
    """Whether it is a URL of PostgreSQL rather than a path."""
    return place.startswith(("postgresql://", "postgres://"))


def without_password(url: str) -> str:
    """To be shown."""
    parts = urlsplit(url)
    userinfo, at, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=userinfo.partition(":")[0] + at + host, query="").geturl()


def _in_a_line(error: psycopg.Error) -> str:
    """The server's own message, without the statement; of what libpq says, the last word."""
    return error.diag.message_primary or str(error).strip().splitlines()[-1].strip()


@contextmanager
def _translated() -> Generator[None, None, None]:
    import psycopg
    from psycopg import errors

    try:
        yield
    except (
        psycopg.OperationalError,
        psycopg.InternalError,
        errors.UndefinedTable,
        errors.InsufficientPrivilege,
    ) as error:
        raise DatabaseUnavailable(_in_a_line(error)) from error

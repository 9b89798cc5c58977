"""SQLite's half of kit/connection.py: files, one a service."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from mock_services.kit.connection import (
    LOCK_TIMEOUT_MS,
    NO_VALUES,
    REMEDY,
    DatabaseError,
    DatabaseUnavailable,
    Row,
    Values,
)

# Whoever wrote the statement is at fault, not the file.
_OUR_FAULTS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError)
_WORDS = (
    (re.compile(r"\bIN listed\((:\w+)\)"), r"IN (SELECT value FROM json_each(\1))"),
    (re.compile(r"\bmember\((\w+), (\w+)\)"), r"json_extract(\1, '$.\2')"),
    (re.compile(r"\bJSON\b"), "TEXT"),
)


@lru_cache(maxsize=256)
def in_sqlite(sql: str) -> str:
    """The SQL of a store as SQLite spells it."""
    for word, spelling in _WORDS:
        sql = word.sub(spelling, sql)
    return sql


class SqliteConnection:
    """In WAL mode readers and the one writer do not wait for each other."""

    def __init__(self, raw: sqlite3.Connection) -> None:
        """raw: in autocommit mode (isolation_level None)."""
        self._raw = raw

    def all(self, sql: str, values: Values = NO_VALUES) -> list[Row]:
        with _translated():
            return self._raw.execute(in_sqlite(sql), _bound(values)).fetchall()

    def one(self, sql: str, values: Values = NO_VALUES) -> Row | None:
        with _translated():
            return self._raw.execute(in_sqlite(sql), _bound(values)).fetchone()

    def run(self, sql: str, values: Values = NO_VALUES) -> None:
        with _translated():
            self._raw.execute(in_sqlite(sql), _bound(values))

    def insert(self, table: str, rows: Sequence[Row]) -> None:
        if rows:
            with _translated():
                self._raw.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)

    @contextmanager
    def transaction(self) -> Generator[None, None, None]:
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            self._raw.execute("ROLLBACK")
            raise

    @contextmanager
    def snapshot(self) -> Generator[None, None, None]:
        self.run("BEGIN")
        try:
            yield
        finally:
            self.run("ROLLBACK")

    def first_of_each(self, columns: str, table: str, where: str, order: str) -> str:
        return (
            f"SELECT {columns} FROM (SELECT key, value FROM json_each(:owners)) AS owners CROSS JOIN {table}"
            f" WHERE id IN (SELECT id FROM {table} WHERE {where} ORDER BY {order} LIMIT :rows)"
            f" ORDER BY owners.key, {order}"
        )

    def is_lost(self) -> bool:
        return False

    def close(self) -> None:
        self._raw.close()


def open_sqlite(path: Path, writable: bool) -> SqliteConnection:
    """A file that is there. It may be closed by another thread than the one that uses it."""
    if not path.is_file():
        raise DatabaseError(f"there is no database at {path}; {REMEDY}")
    # mode=rw: should it have gone meanwhile, that is an error, not a new empty database.
    uri = f"{path.resolve().as_uri()}?mode=rw"
    raw = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    with _translated():
        raw.execute(f"PRAGMA busy_timeout = {LOCK_TIMEOUT_MS}")
        # FULL: what has been read from the feed must still be there after a power failure, else positions come again.
        raw.execute(f"PRAGMA synchronous = {'FULL' if writable else 'NORMAL'}")
        if not writable:
            raw.execute("PRAGMA query_only = ON")
    return SqliteConnection(raw)


def create_sqlite(path: Path, service: str, tables: str) -> sqlite3.Connection:
    """A new file to load rows into: no journal, so a crash breaks it. `finish_sqlite` makes it fit to serve."""
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("PRAGMA journal_mode = OFF")
    raw.execute("PRAGMA synchronous = OFF")
    raw.execute("PRAGMA locking_mode = EXCLUSIVE")
    raw.execute("CREATE TABLE service (name TEXT NOT NULL)")
    raw.execute("INSERT INTO service VALUES (?)", (service,))
    raw.executescript(in_sqlite(tables))
    raw.execute("BEGIN")
    return raw


def finish_sqlite(raw: sqlite3.Connection, indexes: str) -> None:
    """Build the indexes (after the rows: in one sort each), gather statistics, switch to WAL, close."""
    raw.execute("COMMIT")
    raw.executescript(in_sqlite(indexes))
    raw.execute("ANALYZE")
    raw.execute("PRAGMA locking_mode = NORMAL")
    raw.execute("PRAGMA journal_mode = WAL")
    raw.close()


def _bound(values: Values) -> Mapping[str, Any]:
    """Lists as JSON, which json_each takes apart."""
    return {
        name: msgspec.json.encode(value).decode() if isinstance(value, list) else value
        for name, value in values.items()
    }


@contextmanager
def _translated() -> Generator[None, None, None]:
    try:
        yield
    except _OUR_FAULTS:
        raise
    except sqlite3.Error as error:
        raise DatabaseUnavailable(str(error)) from error

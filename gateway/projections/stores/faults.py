"""What databases say went wrong, as the port's errors: without values, which may be personal, and without addresses."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.errors import BraidError
from gateway.projections.store import RowRefused, StoreError


class Locked(StoreError):
    """Somebody else is within a transaction, and does not come to its end."""


_SQLITE_REFUSALS = ("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG", "SQLITE_RANGE", "SQLITE_ERROR")
_SQLITE_FAULTS = {
    "SQLITE_CANTOPEN": "its file cannot be opened",
    "SQLITE_CORRUPT": "its file is damaged",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "its file cannot be read or written",
    "SQLITE_NOTADB": "its file is no database",
    "SQLITE_PERM": "its file may not be opened",
    "SQLITE_READONLY": "its file may not be written",
}
_POSTGRESQL_FAULTS = {
    "08": "the database cannot be reached",
    "25": "the database is read-only, or ended the transaction",
    "28": "the database does not let us in",
    "3D": "there is no such database",
    "40": "it had to give way to another transaction",
    "42501": "the database does not allow it",
    "53": "the database has run out of something",
    "57": "the database ended the connection",
    "XX": "the database is damaged",
}
_LOCK_NOT_AVAILABLE = "55P03"
_POSTGRESQL_REFUSALS = ("22", "23", "42")
_PSYCOPG_REFUSALS = ("DataError", "IntegrityError", "NotSupportedError", "ProgrammingError")


@contextmanager
def translated(what: str) -> Generator[None]:
    """Raise StoreError or RowRefused for what a driver raises in the block. what: is it about, for the message."""
    try:
        yield
    except (sqlite3.Error, SQLAlchemyError, OverflowError) as error:
        raise translate(what, error) from error
    except Exception as error:
        if _is_psycopg(error):
            raise translate(what, error) from error
        raise


def translate(what: str, error: BaseException) -> BraidError:
    origin = error.orig if isinstance(error, DBAPIError) and error.orig else error
    if isinstance(origin, PoolTimeout):
        return StoreError(f"{what} cannot be used: all its connections are busy")
    if isinstance(origin, sqlite3.Error):
        return _sqlite(what, origin)
    if _is_psycopg(origin):
        return _postgresql(what, origin)
    return RowRefused(f"{what} refuses a value or a statement: {type(origin).__name__}")


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's code; "" when there is none, as when the connection broke."""
    origin = error.orig if isinstance(error, DBAPIError) and error.orig else error
    return getattr(origin, "sqlstate", None) or ""


def _sqlite(what: str, error: sqlite3.Error) -> BraidError:
    name = getattr(error, "sqlite_errorname", "") or ""
    if not name or name.startswith(_SQLITE_REFUSALS):
        # Names of tables and columns at most: SQLite's messages carry no values.
        return RowRefused(f"{what} refuses a value or a statement: {error}")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Locked(f"{what} cannot be used: it is locked by another writer")
    for prefix, reason in _SQLITE_FAULTS.items():
        if name.startswith(prefix):
            return StoreError(f"{what} cannot be used: {reason}")
    return StoreError(f"{what} cannot be used: {name}")


def _postgresql(what: str, error: BaseException) -> BraidError:
    code = sqlstate(error)
    if code == _LOCK_NOT_AVAILABLE:
        return Locked(f"{what} cannot be used: it is locked by another transaction")
    for prefix, reason in _POSTGRESQL_FAULTS.items():
        if code.startswith(prefix):
            return StoreError(f"{what} cannot be used: {reason}")
    # Without a code, psycopg itself could not send the value.
    if code.startswith(_POSTGRESQL_REFUSALS) or (not code and type(error).__name__ in _PSYCOPG_REFUSALS):
        return RowRefused(f"{what} refuses a value or a statement: {type(error).__name__}")
    return StoreError(f"{what} cannot be used: the database cannot be reached")


def _is_psycopg(error: BaseException) -> bool:
    return type(error).__module__.startswith("psycopg")

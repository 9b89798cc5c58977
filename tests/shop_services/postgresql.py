"""PostgreSQL for the services' tests: an administrator to borrow it from, and a namespace for each that needs one."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

from mock_services.homes import Home, PostgresHome

DEFAULT_ADMINISTRATOR = "postgresql://postgres@127.0.0.1:5432/postgres"
BACKENDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


def administrator() -> str:
    """The URL of one who may create roles and schemas. Without, the test is skipped; in CI, it fails."""
    url = os.environ.get("BRAID_TEST_POSTGRES", DEFAULT_ADMINISTRATOR)
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.Error as error:
        reason = f"no PostgreSQL to be had (BRAID_TEST_POSTGRES names another): {error}".strip().splitlines()[0]
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return url


@contextmanager
def temporary_home(url: str) -> Iterator[PostgresHome]:
    """An empty home that nobody else uses; nothing of it is left afterwards."""
    home = PostgresHome(url, f"braidtest_{os.getpid()}_{secrets.token_hex(4)}")
    try:
        yield home
    finally:
        home.drop()


def execute(home: Home, service: str, statement: str) -> None:
    """Run a statement on a service's database, past the service."""
    if isinstance(home, PostgresHome):
        with psycopg.connect(home.url) as admin:
            admin.execute(f"SET search_path = {home.role(service)}")
            admin.execute(statement)
    else:
        with closing(sqlite3.connect(home.database(service))) as db:
            db.execute(statement)
            db.commit()

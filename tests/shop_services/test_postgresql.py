"""The shop on PostgreSQL: the same rows as in files, every service alone with its own, nothing left behind."""

from __future__ import annotations

import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import psycopg
import pytest

from mock_services.catalog.model import Product
from mock_services.estate import Estate, EstateError
from mock_services.generator import SeedingError, Sizes, generate, read_manifest
from mock_services.homes import DirectoryHome, HomeError, PostgresHome
from mock_services.kit.locks import Locked
from mock_services.kit.ports import PORTS
from tests.shop_services.conftest import SEED, SIZES
from tests.shop_services.postgresql import temporary_home
from tests.shop_services.test_processes import estate_process, pids_of, wait_gone

pytestmark = pytest.mark.postgresql

EMPTY = ("outbox", "versions", "answers", "followed", "erased_customers")
"""What only a service fills."""
TINY = Sizes(customers=20, products=10, orders=60)


@pytest.fixture(scope="module")
def home(postgresql: str) -> Iterator[PostgresHome]:
    """The small shop."""
    with temporary_home(postgresql) as made:
        generate(made, SEED, SIZES)
        yield made


@pytest.fixture
def empty(postgresql: str) -> Iterator[PostgresHome]:
    with temporary_home(postgresql) as made:
        yield made


def ask_server(url: str, statement: str, **values: Any) -> list[Any]:
    """The first column."""
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(statement, values)]


def tables_of(home: PostgresHome, schema: str) -> list[str]:
    return ask_server(home.url, "SELECT tablename::text FROM pg_tables WHERE schemaname = %(schema)s", schema=schema)


def left_of(home: PostgresHome) -> list[str]:
    """Schemas and roles."""
    names = "SELECT nspname::text FROM pg_namespace UNION ALL SELECT rolname::text FROM pg_roles"
    return [name for name in ask_server(home.url, names) if name.startswith(home.namespace)]


def in_bytes(table: str, row: tuple[Any, ...]) -> bytes:
    """Documents as the catalog reads them: PostgreSQL does not keep their text."""
    if table == "products":
        return msgspec.json.encode((row[0], msgspec.json.decode(row[1], type=Product)))
    return msgspec.json.encode(row)


def rows_in_postgresql(home: PostgresHome, service: str, table: str) -> list[bytes]:
    columns = "id, document::text" if table == "products" else "*"
    with psycopg.connect(home.url) as connection:
        rows = connection.execute(f"SELECT {columns} FROM {home.role(service)}.{table}").fetchall()
    return sorted(in_bytes(table, row) for row in rows)


def rows_in_sqlite(directory: Path, service: str, table: str) -> list[bytes]:
    with closing(sqlite3.connect(directory / f"{service}.db")) as db:
        return sorted(in_bytes(table, row) for row in db.execute(f"SELECT * FROM {table}"))


@pytest.mark.parametrize("service", PORTS)
def test_the_rows_are_those_of_sqlite(service: str, home: PostgresHome, pristine: Path) -> None:
    """For the same seed, byte for byte, in every table."""
    with closing(sqlite3.connect(pristine / f"{service}.db")) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    tables = [table for table in tables if not table.startswith("sqlite_")]
    assert sorted(tables) == sorted(tables_of(home, home.role(service)))
    for table in tables:
        rows, copied = rows_in_sqlite(pristine, service, table), rows_in_postgresql(home, service, table)
        if table == "feed":  # Its id is made anew each time.
            rows, copied = ([msgspec.json.decode(row)[1:] for row in each] for each in (rows, copied))
        assert (rows != []) == (table not in EMPTY)
        assert copied == rows


PATHS = {
    "customers": ("/customers?limit=200", "/customers?country=DE", "/customers?ids=c-000003,nobody,c-000001"),
    "catalog": ("/products?limit=200", "/products?category=tools", "/products/p-00007"),
    "orders": (
        "/orders?limit=200&with_total=true",
        "/orders?status=placed&with_total=true",
        "/orders?customer_id=c-000002&with_total=true",
        "/orders?customer_ids=c-000002,c-000001,nobody&limit=3&with_total=true",
    ),
    "inventory": ("/stock?limit=200", "/stock?product_ids=p-00002,p-00001"),
    "payments": (
        "/charges?limit=200&status=refunded",
        "/charges?order_ids=o-0000009,o-0000001",
        "/billing?customer_ids=" + ",".join(f"c-{number:06}" for number in range(1, 100)),
    ),
    "support": ("/tickets?limit=200&with_total=true", "/tickets?customer_ids=c-000002,c-000001&status=closed"),
}
RATINGS = "{ latestReviews(first: 100) { id createdAt product { id averageRating reviewCount reviews { id } } } }"


def test_the_answers_are_those_over_sqlite(home: PostgresHome, pristine: Path) -> None:
    """Byte for byte: pages, batches, lists, totals, sums, averages, documents."""

    def answers(estate: Estate) -> dict[str, bytes]:
        asked = {path: httpx.get(estate.url(name) + path) for name, paths in PATHS.items() for path in paths}
        asked["reviews"] = httpx.post(estate.url("reviews") + "/graphql", json={"query": RATINGS})
        assert {answer.status_code for answer in asked.values()} == {200}
        return {path: answer.content for path, answer in asked.items()}

    with Estate(home) as estate:
        over_postgresql = answers(estate)
    with Estate(DirectoryHome(pristine)) as estate:
        assert over_postgresql == answers(estate)


def test_no_role_can_read_another_services_data(home: PostgresHome) -> None:
    """Every role reads all its own tables, and can neither read nor change the six others' or the passwords."""
    schemas = [home.namespace, *map(home.role, PORTS)]
    with home.hold(exclusive=False):
        for service in PORTS:
            url, password = home.database(service), home.environment(service)["PGPASSWORD"]
            with psycopg.connect(url, password=password, autocommit=True) as connection:
                assert connection.execute("SELECT current_user::text").fetchone() == (home.role(service),)
                for schema in schemas:
                    for table in tables_of(home, schema):
                        query = f"SELECT * FROM {schema}.{table} LIMIT 1"
                        if schema == home.role(service):
                            found = connection.execute(query).fetchone()
                            assert found is not None or table in EMPTY
                            continue
                        for forbidden in (query, f"DELETE FROM {schema}.{table}", f"DROP TABLE {schema}.{table}"):
                            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                                connection.execute(forbidden)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"SET ROLE {home.role('orders' if service != 'orders' else 'catalog')}")


def test_roles_are_nobody_special_and_have_passwords(home: PostgresHome) -> None:
    special = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR NOT rolcanlogin"
    roles = ask_server(home.url, "SELECT rolname::text FROM pg_roles WHERE rolname LIKE %(n)s", n=f"{home.namespace}%")
    assert sorted(roles) == sorted(map(home.role, PORTS))
    assert (
        ask_server(home.url, f"SELECT 1 FROM pg_roles WHERE rolname = ANY (%(roles)s) AND ({special})", roles=roles)
        == []
    )
    with home.hold(exclusive=False):
        passwords = {home.environment(service)["PGPASSWORD"] for service in PORTS}
    assert len(passwords) == 7
    assert min(map(len, passwords)) >= 32


def test_no_password_is_shown_to_other_users_of_the_machine(home: PostgresHome) -> None:
    """Neither in what a service is given nor in what a home is called; the administrator's is not handed on."""
    url = urlsplit(home.url)
    secret = url.password or "administrators-secret"
    netloc = f"{url.username}:{secret}@{url.netloc.rpartition('@')[2]}"
    admin = PostgresHome(url._replace(netloc=netloc).geturl(), home.namespace)
    assert secret not in str(admin)
    with admin.hold(exclusive=False):
        for service in PORTS:
            assert secret not in admin.database(service)
            assert admin.environment(service)["PGPASSWORD"] not in admin.database(service)


def test_text_sorts_by_its_bytes_on_every_server(home: PostgresHome) -> None:
    """Pages rely on it; a server's own order may be any language's."""
    other = """
        SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema LIKE %(schemas)s AND data_type = 'text' AND table_name <> 'service'
        AND collation_name IS DISTINCT FROM 'C'"""
    assert ask_server(home.url, other, schemas=f"{home.namespace}\\_%") == []


def test_documents_are_jsonb(home: PostgresHome) -> None:
    kind = (
        "SELECT data_type::text FROM information_schema.columns WHERE table_schema = %(s)s AND column_name = 'document'"
    )
    assert ask_server(home.url, kind, s=home.role("catalog")) == ["jsonb"]


def test_what_is_there_is_not_made_again(empty: PostgresHome) -> None:
    """Unless forced; another shop is not overwritten unless forced."""
    assert read_manifest(empty) is None
    assert generate(empty, 1, TINY).made
    assert not generate(empty, 1, TINY).made
    with pytest.raises(SeedingError, match=r"another shop.*--force"):
        generate(empty, 2, TINY)
    first = rows_in_postgresql(empty, "orders", "orders")
    assert generate(empty, 2, TINY, force=True).made
    assert rows_in_postgresql(empty, "orders", "orders") != first


def test_a_filling_that_fails_changes_nothing(empty: PostgresHome) -> None:
    generate(empty, 1, TINY)
    before = {service: rows_in_postgresql(empty, service, "service") for service in PORTS}

    def fail(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(empty, 2, TINY, force=True, report=fail)
    manifest = read_manifest(empty)
    assert manifest is not None
    assert manifest.seed == 1
    assert {service: rows_in_postgresql(empty, service, "service") for service in PORTS} == before


def test_a_shop_in_use_is_neither_exchanged_nor_dropped(empty: PostgresHome) -> None:
    generate(empty, 1, TINY)
    with Estate(empty, services=["orders"]):
        with pytest.raises(SeedingError, match="in use"):
            generate(empty, 2, TINY, force=True)
        with pytest.raises(Locked):
            empty.drop()
    assert generate(empty, 2, TINY, force=True).made


def test_what_is_not_ours_is_left_alone(empty: PostgresHome) -> None:
    """A schema of that name which somebody else made is refused, not replaced; dropping drops nothing."""
    schema = empty.role("orders")
    with psycopg.connect(empty.url) as admin:
        admin.execute(f"CREATE SCHEMA {schema}")
    try:
        with pytest.raises(SeedingError, match=f"not of this shop: schema {schema}"):
            generate(empty, 1, TINY, force=True)
        empty.drop()
        assert left_of(empty) == [schema]
    finally:
        with psycopg.connect(empty.url) as admin:
            admin.execute(f"DROP SCHEMA {schema}")


def test_nothing_is_left_of_what_was_dropped(postgresql: str) -> None:
    with temporary_home(postgresql) as home:
        generate(home, 1, TINY)
        assert len(left_of(home)) == 15
    assert left_of(home) == []


def test_an_administrator_need_not_be_a_superuser(empty: PostgresHome, postgresql: str) -> None:
    """It may create roles and, in its database, schemas."""
    name = f"braidtest_admin_{secrets.token_hex(4)}"
    with psycopg.connect(postgresql, autocommit=True) as superuser:
        database = superuser.info.dbname
        superuser.execute(f"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD 'secret'")
        superuser.execute(f"GRANT CREATE ON DATABASE {database} TO {name}")
        try:
            host = postgresql.rpartition("@")[2]
            home = PostgresHome(f"postgresql://{name}:secret@{host}", empty.namespace)
            generate(home, 1, TINY)
            with Estate(home, services=["orders"]) as estate:
                assert len(httpx.get(f"{estate.url('orders')}/orders?limit=5").json()["items"]) == 5
            home.drop()
            assert left_of(empty) == []
        finally:
            superuser.execute(f"REVOKE CREATE ON DATABASE {database} FROM {name}")
            superuser.execute(f"DROP ROLE {name}")


def test_the_command_provisions_announces_and_drops(empty: PostgresHome) -> None:
    """From a bare server to seven healthy services, twice; then everything is removed again."""
    where = ("--db", empty.url, "--namespace", empty.namespace)
    sizes = ("--customers", "20", "--products", "10", "--orders", "60")
    for _ in range(2):
        with estate_process(None, *where, *sizes) as (process, announced):
            for service in announced["services"]:
                assert httpx.get(f"{service['url']}/healthz").json() == {"status": "ok", "service": service["name"]}
            process.terminate()
            assert process.wait(60) == 0
            assert wait_gone(pids_of(announced), 0) == []
    generated = [sys.executable, "-m", "mock_services.generate", *where]
    dropped = subprocess.run([*generated, "--drop"], capture_output=True, text=True, timeout=60)
    assert (dropped.returncode, dropped.stderr) == (0, "")
    assert left_of(empty) == []


def test_a_service_says_in_a_line_what_is_wrong_with_its_database(home: PostgresHome) -> None:
    """Nobody there, another service's role, a role without a shop."""

    def failure(url: str, **environment: str) -> str:
        command = [sys.executable, "-m", "mock_services.orders", "--db", url, "--port", "0"]
        failed = subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ | environment)
        assert failed.returncode == 1
        (line,) = failed.stderr.splitlines()
        return line

    with home.hold(exclusive=False):
        catalog = failure(home.database("catalog"), **home.environment("catalog"))
    assert "is the database of catalog, not of orders" in catalog
    assert "is not a database of the shop" in failure(home.url)
    nobody = failure("postgresql://orders:secret@127.0.0.1:1/shop")
    assert "postgresql://orders@127.0.0.1:1/shop cannot be reached" in nobody


def test_an_estate_needs_a_shop(empty: PostgresHome) -> None:
    with pytest.raises(EstateError, match=r"no shop in .*mock_services\.generate makes it"):
        Estate(empty).start()
    with pytest.raises(EstateError, match="cannot be reached"):
        Estate(PostgresHome("postgresql://nobody@127.0.0.1:1/none")).start()


@pytest.mark.parametrize("namespace", ["", "Shop", "1shop", "shop; DROP", "s" * 41])
def test_a_namespace_needs_no_quotes(namespace: str) -> None:
    with pytest.raises(HomeError, match="cannot be a namespace"):
        PostgresHome("postgresql://127.0.0.1/test", namespace)

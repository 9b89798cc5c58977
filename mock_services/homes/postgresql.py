"""PostgresHome: one database of a PostgreSQL server, in which each service has a role and a schema of its own.

Both are called `{namespace}_{service}`. The role owns its schema and has been granted nothing else; the schema
`{namespace}`, which only the administrator can read, holds the manifest and the roles' passwords. Everything is made in
one transaction: there is a whole shop or none. Whoever serves it holds an advisory lock.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from mock_services.homes.home import HomeError, Row
from mock_services.kit.connection import DatabaseError
from mock_services.kit.locks import Locked
from mock_services.kit.ports import PORTS
from mock_services.kit.postgresql import connect, in_postgresql, without_password

if TYPE_CHECKING:
    import psycopg

DEFAULT_NAMESPACE = "braid"
# PostgreSQL cuts names at 63 bytes, and these need no quotes.
_NAMESPACE = re.compile(r"[a-z][a-z0-9_]{0,39}")


class PostgresHome:
    """url: of an administrator, who may create roles, and schemas in that database."""

    def __init__(self, url: str, namespace: str = DEFAULT_NAMESPACE) -> None:
        if not _NAMESPACE.fullmatch(namespace):
            raise HomeError(f"{namespace!r} cannot be a namespace: up to 40 of a-z 0-9 _, a letter first")
        self.url = url
        self.namespace = namespace
        self._database = ""
        self._passwords: dict[str, str] = {}

    def __str__(self) -> str:
        return f"{without_password(self.url)} ({self.namespace})"

    def role(self, service: str) -> str:
        """Of the service's role, and of its schema."""
        return f"{self.namespace}_{service}"

    def database(self, service: str) -> str:
        """The administrator's URL with the service's role instead, and the database by its name."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        query = urlencode([pair for pair in parse_qsl(parts.query) if pair[0] not in ("user", "password", "dbname")])
        return parts._replace(netloc=f"{self.role(service)}@{host}", path=f"/{self._database}", query=query).geturl()

    def environment(self, service: str) -> Mapping[str, str]:
        """The password, where other users of the machine do not see it."""
        return {"PGPASSWORD": self._passwords[service]}

    @contextmanager
    def hold(self, *, exclusive: bool) -> Generator[None, None, None]:
        with self._connect() as admin:
            take = "pg_try_advisory_lock" if exclusive else "pg_try_advisory_lock_shared"
            key = f"mock_services {self.namespace}"
            if admin.execute(f"SELECT {take}(hashtextextended(%s, 0))", (key,)).fetchone() != (True,):
                raise Locked(str(self))
            if not exclusive:
                if not self._is_made(admin):
                    raise HomeError(f"there is no shop in {self}; python -m mock_services.generate makes it")
                rows = admin.execute(f"SELECT service, password FROM {self.namespace}.roles").fetchall()
                self._passwords = dict(rows)
            try:
                yield
            finally:
                _release(admin)

    def read_manifest(self) -> bytes | None:
        with self._connect() as admin:
            if not self._is_made(admin):
                return None
            row = admin.execute(f"SELECT document::text FROM {self.namespace}.manifest").fetchone()
            return row[0].encode() if row else None

    @contextmanager
    def fill(self) -> Generator[_Schemas, None, None]:
        with self._connect() as admin:
            schemas = _Schemas(admin, self.namespace)
            with admin.transaction() as transaction:
                schemas.begin(self._foreign(admin))
                yield schemas
                if not schemas.is_complete:
                    import psycopg

                    raise psycopg.Rollback(transaction)

    def drop(self) -> None:
        """Leave neither schemas nor roles. Raises Locked while somebody serves them."""
        with self.hold(exclusive=True), self._connect() as admin, admin.transaction():
            if not self._is_made(admin):
                return
            for name in (self.namespace, *map(self.role, PORTS)):
                admin.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            for role in map(self.role, PORTS):
                admin.execute(f"DROP ROLE IF EXISTS {role}")

    def _is_made(self, admin: psycopg.Connection[Row]) -> bool:
        return admin.execute("SELECT to_regclass(%s)", (f"{self.namespace}.manifest",)).fetchone() != (None,)

    def _foreign(self, admin: psycopg.Connection[Row]) -> list[str]:
        """Schemas and roles in our way that are not ours; roles are shared by all databases of a server."""
        if self._is_made(admin):
            return []
        names = [self.namespace, *map(self.role, PORTS)]
        rows = admin.execute(
            "SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname = ANY (%(names)s)"
            " UNION SELECT 'role ' || rolname FROM pg_roles WHERE rolname = ANY (%(names)s) ORDER BY 1",
            {"names": names},
        )
        return [row[0] for row in rows.fetchall()]

    @contextmanager
    def _connect(self) -> Generator[psycopg.Connection[Row], None, None]:
        try:
            admin = connect(self.url)
        except DatabaseError as error:
            raise HomeError(str(error)) from error
        with _translated(self), closing(admin):
            self._database = admin.info.dbname
            yield admin


class _Schemas:
    """Roles, schemas and tables in the administrator's open transaction."""

    def __init__(self, admin: psycopg.Connection[Row], namespace: str) -> None:
        self._admin = admin
        self._namespace = namespace
        self.is_complete = False

    def begin(self, foreign: Sequence[str]) -> None:
        """Make room. foreign: what is in our way and was not made here."""
        if foreign:
            raise HomeError(f"not of this shop: {', '.join(foreign)}; choose another --namespace")
        self._admin.execute('SET LOCAL search_path = "$user"')
        self._admin.execute(f"DROP SCHEMA IF EXISTS {self._namespace} CASCADE")
        self._admin.execute(f"CREATE SCHEMA {self._namespace}")
        self._admin.execute(f"CREATE TABLE {self._namespace}.manifest (document JSONB NOT NULL)")
        self._admin.execute(f"CREATE TABLE {self._namespace}.roles (service TEXT PRIMARY KEY, password TEXT NOT NULL)")

    def create(self, service: str, tables: str) -> None:
        """The role, a new password, an empty schema, the tables: the role's own."""
        role = f"{self._namespace}_{service}"
        if self._admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
            self._admin.execute(f"CREATE ROLE {role}")
        password = secrets.token_urlsafe(24)
        self._admin.execute(f"ALTER ROLE {role} LOGIN NOCREATEDB NOCREATEROLE PASSWORD '{password}'")
        # An administrator who is no superuser acts for the role as its member.
        self._admin.execute(f"GRANT {role} TO CURRENT_USER")
        self._admin.execute(f"INSERT INTO {self._namespace}.roles VALUES (%s, %s)", (service, password))
        self._admin.execute(f"DROP SCHEMA IF EXISTS {role} CASCADE")
        self._admin.execute(f"CREATE SCHEMA {role} AUTHORIZATION {role}")
        with self._acting_as(service):
            self._admin.execute("CREATE TABLE service (name TEXT NOT NULL)")
            self._admin.execute("INSERT INTO service VALUES (%s)", (service,))
            self._run(tables)

    def insert(self, service: str, table: str, rows: Sequence[Row]) -> None:
        with self._acting_as(service), self._admin.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def finish(self, service: str, indexes: str) -> None:
        with self._acting_as(service):
            self._run(indexes)
            tables: list[Any] = self._admin.execute(
                "SELECT tablename::text FROM pg_tables WHERE schemaname = current_user"
            ).fetchall()
            for (table,) in tables:
                self._admin.execute(f"ANALYZE {table}")

    def complete(self, manifest: bytes) -> None:
        self._admin.execute(f"INSERT INTO {self._namespace}.manifest VALUES (%s)", (manifest.decode(),))
        self.is_complete = True

    def _run(self, statements: str) -> None:
        if statements.strip():
            self._admin.execute(in_postgresql(statements))

    @contextmanager
    def _acting_as(self, service: str) -> Generator[None, None, None]:
        """Names are then those of the role's schema, and what is made is the role's."""
        self._admin.execute(f"SET LOCAL ROLE {self._namespace}_{service}")
        yield
        self._admin.execute("RESET ROLE")


def _release(admin: psycopg.Connection[Row]) -> None:
    """At once: the server sees only some time later that a connection was closed. A lost one holds nothing."""
    import psycopg

    with suppress(psycopg.Error):
        admin.execute("SELECT pg_advisory_unlock_all()")


@contextmanager
def _translated(home: PostgresHome) -> Generator[None, None, None]:
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        raise HomeError(f"{home}: {error.diag.message_primary or error}") from error

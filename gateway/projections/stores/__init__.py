"""The kinds of store, behind the port `gateway.projections.store`."""

from __future__ import annotations

from pathlib import Path

from gateway.projections.store import Store, StoreError
from gateway.projections.stores.generations import GenerationStore
from gateway.projections.stores.sqlite import SqlitePlaces

PREFIX = "braid"
LEASE_S = 10.0


def open_store(where: str | Path, *, prefix: str = PREFIX, lease_s: float = LEASE_S) -> Store:
    """A folder for SQLite files, or `postgresql://user:password@host/database`. Opens nothing yet.

    prefix:  of the names of schemas in PostgreSQL, `braid_projections`, `braid_orders_3`.
    lease_s: after how long an owner that does not move any more is replaced. One that ended by itself, or was killed
             beside a SQLite store, is replaced at once.
    """
    if isinstance(where, str) and where.startswith(("postgresql:", "postgresql+psycopg:", "postgres:")):
        try:
            from gateway.projections.stores.postgresql import PostgresPlaces
        except ModuleNotFoundError as error:
            raise StoreError("projections in PostgreSQL need `pip install braid-gateway[postgresql]`") from error
        return GenerationStore(PostgresPlaces(where, prefix=prefix, lease_s=lease_s))
    return GenerationStore(SqlitePlaces(Path(where), lease_s=lease_s))

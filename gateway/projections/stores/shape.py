"""What a generation is made of: a projection's tables, the bookkeeping's and the owner's, as DDL."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import Connection, Dialect, Index, MetaData, Table, insert
from sqlalchemy.schema import CreateIndex, CreateTable

from gateway.projections import bookkeeping
from gateway.projections.projection import Projection
from gateway.projections.store import Generation, StoreError
from gateway.projections.stores import writer
from gateway.projections.stores.layout import search_rows
from gateway.projections.stores.registry import told


def shape(projection: Projection, dialect: Dialect) -> str:
    """A fingerprint of the projection's own tables: another one means that its code and a generation do not fit."""
    parts = [_ddl(table, dialect) for table in projection.tables.sorted_tables]
    parts += [f"{search.name} {' '.join(search.columns)}" for search in projection.search]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def check_shape(made: str, generation: Generation, projection: Projection, dialect: Dialect) -> None:
    """Raises StoreError when the generation has other tables than the code."""
    if made != shape(projection, dialect):
        raise StoreError(
            f"{told(generation)} was made for other tables than those of version {projection.version}: "
            "a projection whose tables change needs a new version"
        )


def make_tables(connection: Connection, projection: Projection) -> None:
    """Every table with its primary key, and nothing else: indexes come when the rows are there."""
    dialect = connection.dialect
    for table in (*projection.tables.sorted_tables, *bookkeeping.tables.sorted_tables, writer.owner):
        connection.execute(CreateTable(_trimmed(table)))
    for search in projection.search:
        connection.execute(CreateTable(search_rows(search, dialect)))
    first = {"one": 1, "epoch": 0, "holder": "", "until_s": 0.0, "is_built": False, "edits": 0}
    connection.execute(insert(writer.owner).values(**first, shape=shape(projection, dialect)))


def make_indexes(connection: Connection, projection: Projection) -> None:
    for index in indexes(projection):
        connection.execute(CreateIndex(index, if_not_exists=True))


def indexes(projection: Projection) -> Sequence[Index]:
    tables = (*projection.tables.sorted_tables, *bookkeeping.tables.sorted_tables)
    return [index for table in tables for index in sorted(table.indexes, key=lambda index: str(index.name))]


def table_names(projection: Projection) -> Sequence[str]:
    tables = (*projection.tables.sorted_tables, *bookkeeping.tables.sorted_tables, writer.owner)
    return [*(table.name for table in tables), *(search.name for search in projection.search)]


def _trimmed(table: Table) -> Table:
    """In SQLite, rows found by several columns lie in their key's own tree, so that there is one tree less to write."""
    if len(table.primary_key.columns) < 2:
        return table
    copy = table.to_metadata(MetaData())
    copy.dialect_options["sqlite"]["with_rowid"] = False
    return copy


def _ddl(table: Table, dialect: Dialect) -> str:
    created = str(CreateTable(table).compile(dialect=dialect))
    created_indexes = sorted(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)
    return "\n".join([created, *created_indexes])

"""A projection of customers' names that come in two versions of one event."""

from __future__ import annotations

import msgspec
from sqlalchemy import BigInteger, Column, MetaData, Table, Text

from gateway.projections.projection import Change, Projection
from gateway.projections.transaction import Transaction

NAME = "names"

tables = MetaData()
names = Table(
    "names",
    tables,
    Column("id", Text, primary_key=True),
    Column("first", Text, nullable=False),
    Column("last", Text, nullable=False),
    Column("changes", BigInteger, nullable=False),
)


class OneName(msgspec.Struct):
    """Version 1. name: `Ida Lund`."""

    name: str


class TwoNames(msgspec.Struct):
    """Version 2."""

    first: str
    last: str


projection = Projection(NAME, version=1, tables=tables, streams=("customers",))


@projection.upcast("customers", "customer.renamed.v1", OneName, "customer.renamed.v2")
def split(old: OneName) -> TwoNames:
    first, _, last = old.name.partition(" ")
    return TwoNames(first, last)


@projection.on("customers", "customer.renamed.v2", TwoNames)
def renamed(change: Change[TwoNames], tx: Transaction) -> None:
    before = tx.get(names, change.subject)
    changes = 1 if before is None else before["changes"] + 1
    row = {"id": change.subject, "first": change.data.first, "last": change.data.last, "changes": changes}
    tx.put(names, row)

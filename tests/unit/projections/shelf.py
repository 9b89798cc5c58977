"""A small read model for tests: things with a name, tags and a running total for each owner.

Its handlers use everything that real ones do: they read, replace, delete, add up and change rows of other aggregates;
and they are told of things before their owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, MetaData, Table, Text, update

from gateway.events import Event, EventBatch, Position
from gateway.projections.projection import Change, Projection
from gateway.projections.transaction import Transaction

tables = MetaData()
things = Table(
    "things",
    tables,
    Column("id", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("owner_name", Text),
    Column("amount", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("history", Text, nullable=False),
)
owners = Table("owners", tables, Column("id", Text, primary_key=True), Column("name", Text, nullable=False))
totals = Table(
    "totals",
    tables,
    Column("owner", Text, primary_key=True),
    Column("things", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
)


class Thing(msgspec.Struct, frozen=True):
    owner: str
    amount: int
    status: str = "made"
    history: str = "made"


class OldThing(msgspec.Struct, frozen=True):
    """Before amounts were whole."""

    owner: str
    price: str


class Owner(msgspec.Struct, frozen=True):
    name: str


class Changed(msgspec.Struct, frozen=True):
    status: str


class Broken(Exception):
    """What a handler with a mistake raises; its text is nobody's business."""


class Shelf:
    """One declaration, and what its handlers were told.

    calls:  subject and version of each call of the handler for `thing.changed.v1`.
    broken: statuses that this handler cannot bear.
    """

    def __init__(self, *, name: str = "shelf", version: int = 1) -> None:
        self.calls: list[tuple[str, int]] = []
        self.broken: set[str] = set()
        self.projection = projection = Projection(name, version=version, tables=tables, streams=("people", "stock"))

        @projection.state("people", Owner)
        @projection.on("people", "owner.named.v1", Owner)
        def named(change: Change[Owner], tx: Transaction) -> None:
            tx.put(owners, {"id": change.subject, "name": change.data.name})
            tx.run(update(things).where(things.c.owner == change.subject).values(owner_name=change.data.name))

        @projection.gone("people", "owner.erased.v1")
        def erased(change: Change[None], tx: Transaction) -> None:
            tx.delete(owners, change.subject)
            tx.run(update(things).where(things.c.owner == change.subject).values(owner_name=None))

        @projection.state("stock", Thing)
        @projection.on("stock", "thing.made.v2", Thing)
        def made(change: Change[Thing], tx: Transaction) -> None:
            forget(change.subject, tx)
            thing = change.data
            owner = tx.get(owners, thing.owner)
            name = owner["name"] if owner else None
            row = {"owner": thing.owner, "owner_name": name, "amount": thing.amount, "status": thing.status}
            tx.put(things, {"id": change.subject, **row, "history": thing.history})
            tx.add(totals, {"owner": thing.owner}, {"things": 1, "amount": thing.amount})

        @projection.upcast("stock", "thing.made.v1", OldThing, "thing.made.v2")
        def whole(old: OldThing) -> Thing:
            return Thing(old.owner, int(float(old.price)))

        @projection.on("stock", "thing.changed.v1", Changed)
        def changed(change: Change[Changed], tx: Transaction) -> None:
            self.calls.append((change.subject, change.version))
            row = tx.get(things, change.subject)
            status = change.data.status
            if row is not None:
                tx.put(things, {**row, "status": status, "history": f"{row['history']},{status}"})
            # After it has written, so that it must be undone.
            if status in self.broken:
                raise Broken(f"{change.subject} is secret")

        @projection.gone("stock", "thing.lost.v1")
        def lost(change: Change[None], tx: Transaction) -> None:
            forget(change.subject, tx)


def forget(id: str, tx: Transaction) -> None:
    row = tx.get(things, id)
    if row is not None:
        tx.delete(things, id)
        tx.add(totals, {"owner": row["owner"]}, {"things": -1, "amount": -row["amount"]})


def made(owner: str = "o1", amount: int = 5) -> tuple[str, Any]:
    return "thing.made.v2", Thing(owner, amount)


def changed(status: str) -> tuple[str, Any]:
    return "thing.changed.v1", Changed(status)


def events(*told: tuple[str, tuple[str, Any]], first: int = 1) -> list[Event]:
    """Of subject, and type and data; at positions from `first`, with the versions of each subject from 1."""
    versions: dict[str, int] = {}
    made: list[Event] = []
    for position, (subject, (type, data)) in enumerate(told, first):
        versions[subject] = versions.get(subject, 0) + 1
        made.append(event(type, subject, versions[subject], data, position))
    return made


def event(type: str, subject: str, version: int, data: Any, position: int) -> Event:
    raw = data if isinstance(data, bytes) else msgspec.json.encode(data)
    return Event(
        id=f"{subject}-{version}",
        source="/test",
        type=type,
        subject=subject,
        time=datetime(2026, 11, 21, tzinfo=UTC),
        data=msgspec.Raw(raw),
        position=position,
        aggregateversion=version,
    )


def batch(events: Sequence[Event], *, number: int | None = None, head: int | None = None) -> EventBatch:
    """As a source would give it. number: of the source's last event; that of the events' last unless given."""
    last = number if number is not None else max((each.position for each in events), default=0)
    return EventBatch(events, Position("h", last), head if head is not None else last)


def of(events: Iterable[Event], subject: str) -> list[Event]:
    return [event for event in events if event.subject == subject]

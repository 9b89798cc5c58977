"""What the projection of shop_log.py holds, read from its store: rows, bookkeeping, letters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from gateway.projections import bookkeeping
from gateway.projections.bookkeeping import Life
from gateway.projections.store import Reading, Store
from tests.chaos.ledger import shop_log

Subject = tuple[str, str]
"""Stream and subject."""


@dataclass(slots=True)
class Held:
    """applied: (version, type) in the order of telling, by stream and subject.

    orders: (customer, status, cents) by id. sums: (orders, cents) by customer and status.
    versions: by stream and subject. letters: (stream, subject, version, state). applied_to: the service's position, by
    stream.
    """

    applied: dict[Subject, list[tuple[int, str]]] = field(default_factory=dict)
    customers: dict[str, str] = field(default_factory=dict)
    orders: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    sums: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    versions: dict[str, dict[str, int]] = field(default_factory=dict)
    letters: list[tuple[str, str, int, str]] = field(default_factory=list)
    applied_to: Mapping[str, int] = field(default_factory=dict)


def held_by(store: Store) -> Held:
    """Of the generation that serves, at one moment."""
    return store.read(shop_log.projection, _look)


def position_of(store: Store, stream: str) -> int:
    """The service's position up to which the serving generation has applied its events."""
    return store.read(shop_log.projection, lambda reading: _applied_to(reading).get(stream, 0))


def _look(reading: Reading) -> Held:
    held = Held(applied_to=_applied_to(reading))
    table = shop_log.applied
    for row in reading.rows(select(table).order_by(table.c.stream, table.c.subject, table.c.place)):
        held.applied.setdefault((row["stream"], row["subject"]), []).append((row["version"], row["type"]))
    held.customers = {row["id"]: row["name"] for row in reading.rows(select(shop_log.customers))}
    for row in reading.rows(select(shop_log.orders)):
        held.orders[row["id"]] = (row["customer_id"], row["status"], row["total_cents"])
    for row in reading.rows(select(shop_log.sums)):
        held.sums[row["customer_id"], row["status"]] = (row["orders"], row["cents"])
    versions = bookkeeping.versions
    for row in reading.rows(select(versions).where(versions.c.life == Life.EXISTS)):
        held.versions.setdefault(row["stream"], {})[row["subject"]] = row["version"]
    for row in reading.rows(select(bookkeeping.letters)):
        held.letters.append((row["stream"], row["subject"], row["version"], row["state"]))
    return held


def _applied_to(reading: Reading) -> dict[str, int]:
    """With several partitions, the least of them: nothing before it is missing."""
    rows = reading.rows(select(bookkeeping.checkpoints))
    positions: dict[str, int] = {}
    for row in rows:
        positions[row["stream"]] = min(row["applied"], positions.get(row["stream"], row["applied"]))
    return positions

"""The outbox: events stored in the transaction of the change that they tell of, and read back in their order.

Positions have no gaps for readers: whoever sees position n can see every position before it. They are counted in the
one row of `feed`, inside the transaction that uses them, and writing transactions exclude each other until after their
commit can be seen:

* SQLite: BEGIN IMMEDIATE takes the file's only write lock and COMMIT gives it back; readers see commits in that order.
* PostgreSQL: the transaction holds a table lock and, from `record` on, the lock of feed's row. A commit becomes visible
  to new snapshots first and releases its locks then (CommitTransaction calls ProcArrayEndTransaction before it
  releases), so position n + 1 cannot even be taken before n can be seen. A sequence would not do: it counts outside of
  transactions, so that a later number may be committed first, and one that is rolled back leaves a hole.
"""

from __future__ import annotations

import uuid
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import msgspec

from mock_services.kit.clock import now_in_ms
from mock_services.kit.connection import Connection
from mock_services.kit.events import JSON, SPECVERSION, CloudEvent, EventType, Stream
from mock_services.kit.problems import Problem

# The outbox's columns are called as Debezium's outbox router expects them. `versions` has what changed since the shop
# was made; whatever is not in it has version 1. It keeps the versions of what is gone.
TABLES = """
CREATE TABLE feed (id TEXT PRIMARY KEY, head INTEGER NOT NULL, pruned INTEGER NOT NULL);
CREATE TABLE outbox (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL, aggregatetype TEXT NOT NULL, aggregateid TEXT NOT NULL,
    version INTEGER NOT NULL, type TEXT NOT NULL, time TEXT NOT NULL, correlation_id TEXT, traceparent TEXT,
    payload TEXT NOT NULL, UNIQUE (aggregateid, version)
);
CREATE TABLE versions (id TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
"""
FEED = "feed"

ERASED = "[erased]"


@dataclass(frozen=True, slots=True)
class Origin:
    """What caused a change: headers of the request."""

    correlation_id: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class FeedState:
    """id: another one after the shop was made anew. head: the last position. pruned: up to here events are gone."""

    id: str
    head: int
    pruned: int


class EventPage(msgspec.Struct, frozen=True):
    """feed: changes when the shop is made anew, and positions begin again. head: the last position there is."""

    feed: str
    head: int
    events: list[CloudEvent]


_NOBODY = Origin()
_origin: ContextVar[Origin] = ContextVar("origin", default=_NOBODY)


def new_feed() -> tuple[str, int, int]:
    """The row of a service without events yet."""
    return uuid.uuid4().hex, 0, 0


@contextmanager
def caused_by(origin: Origin) -> Generator[None, None, None]:
    """Events that the block records name this origin."""
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def record(db: Connection, event: EventType, subject: str, data: Any) -> None:
    """Store an event beside the change that it tells of, in its transaction. data: an instance of event.data."""
    ((position,),) = db.all("UPDATE feed SET head = head + 1 RETURNING head")
    ((version,),) = db.all(
        "INSERT INTO versions VALUES (:id, :first)"
        " ON CONFLICT (id) DO UPDATE SET version = versions.version + 1 RETURNING version",
        {"id": subject, "first": 1 if event.creates else 2},
    )
    origin = _origin.get()
    cause = (origin.correlation_id, origin.traceparent)
    identity = (position, uuid.uuid4().hex, event.aggregate, subject, version)
    db.insert("outbox", [(*identity, str(event), now_in_ms(), *cause, msgspec.json.encode(data).decode())])


def erase_members(db: Connection, subject: str, members: frozenset[str]) -> None:
    """Overwrite these members in every event of the aggregate: what was told of a person is no longer told."""
    rows = db.all("SELECT position, payload FROM outbox WHERE aggregateid = :subject", {"subject": subject})
    for position, payload in rows:
        data: dict[str, Any] = msgspec.json.decode(payload)
        kept = {name: ERASED if name in members else value for name, value in data.items()}
        values = {"payload": msgspec.json.encode(kept).decode(), "position": position}
        db.run("UPDATE outbox SET payload = :payload WHERE position = :position", values)


def feed_state(db: Connection) -> FeedState:
    ((id, head, pruned),) = db.all("SELECT id, head, pruned FROM feed")
    return FeedState(id, head, pruned)


def read_events(db: Connection, stream: Stream, *, after: int, limit: int) -> EventPage:
    """Up to `limit` events behind position `after`. Raises Problem when they are gone, or `after` is yet to come."""
    with db.snapshot():
        state = feed_state(db)
        rows = db.all(
            "SELECT id, type, aggregateid, time, payload, position, version, correlation_id, traceparent"
            " FROM outbox WHERE position > :after ORDER BY position LIMIT :limit",
            {"after": after, "limit": limit},
        )
    if after < state.pruned:
        detail = f"events up to position {state.pruned} are no longer kept; begin again with /snapshot"
        raise Problem(410, "EVENTS_PRUNED", detail)
    if after > state.head:
        detail = f"the last position is {state.head}; the service was restored or made anew, begin with /snapshot"
        raise Problem(409, "POSITION_BEYOND_HEAD", detail)
    return EventPage(state.id, state.head, [_cloud_event(stream, *row) for row in rows])


def prune(db: Connection, through: int) -> FeedState:
    """Forget the events up to this position, if there are as many."""
    state = feed_state(db)
    pruned = max(state.pruned, min(through, state.head))
    db.run("DELETE FROM outbox WHERE position <= :pruned", {"pruned": pruned})
    db.run("UPDATE feed SET pruned = :pruned", {"pruned": pruned})
    return FeedState(state.id, state.head, pruned)


def _cloud_event(
    stream: Stream, id: str, type: str, subject: str, time: str, payload: str, position: int, version: int, *cause: str
) -> CloudEvent:
    """Of a row of the outbox."""
    correlation_id, traceparent = cause
    return CloudEvent(
        specversion=SPECVERSION,
        id=id,
        source=stream.source,
        type=type,
        subject=subject,
        time=time,
        datacontenttype=JSON,
        dataschema=f"/schemas/{type}.json",
        data=msgspec.Raw(payload.encode()),
        position=position,
        aggregateversion=version,
        correlationid=correlation_id or msgspec.UNSET,
        traceparent=traceparent or msgspec.UNSET,
    )

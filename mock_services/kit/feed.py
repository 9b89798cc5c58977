"""The feed: what a service offers to those who keep copies of its data.

`/events` tells every change in order and waits for the next one; `/snapshot` tells the state of every aggregate, to
begin with; `/digest` tells by checksums whether a copy is right, and where it is not.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Generator
from contextlib import suppress
from functools import partial
from typing import Any
from zlib import crc32

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_services.kit.answers import encode_cursor
from mock_services.kit.bodies import read_body
from mock_services.kit.connection import Connection
from mock_services.kit.control import json_response
from mock_services.kit.database import Database
from mock_services.kit.events import Stream
from mock_services.kit.following import Follower
from mock_services.kit.operations import Form, Operation, read_query, routes_of
from mock_services.kit.outbox import EventPage, feed_state, prune, read_events
from mock_services.kit.params import BadParameter, Param, cursor_param, ids_param
from mock_services.kit.problems import not_found

MAX_WAIT_S = 30.0
MAX_ROWS = 1000
BUCKETS = 1024
CURSOR = "snapshot"
_SCAN = 10_000
_IDS = ids_param("ids", "Only these aggregates; those that do not exist are left out.")


class SnapshotItem(msgspec.Struct, frozen=True):
    """One aggregate. data: its state, as events carry it."""

    subject: str
    aggregateversion: int
    data: Any


class SnapshotPage(msgspec.Struct, frozen=True):
    """Aggregates by id, as they were at `position`. Who begins with the first page's position misses nothing."""

    feed: str
    position: int
    items: list[SnapshotItem]
    next: str | None


class BucketDigest(msgspec.Struct, frozen=True):
    """sha256: of a line `{subject}:{aggregateversion}` for each of its aggregates, in the order of subjects."""

    rows: int
    sha256: str


class Digest(msgspec.Struct, frozen=True):
    """All aggregates as they were at `position`. digests: by bucket, the CRC-32 of the subject modulo `buckets`.

    Empty buckets are absent.
    """

    feed: str
    position: int
    buckets: int
    digests: dict[str, BucketDigest]


class Versioned(msgspec.Struct, frozen=True):
    subject: str
    aggregateversion: int


class Bucket(msgspec.Struct, frozen=True):
    """One bucket's aggregates, as they were at `position`."""

    feed: str
    position: int
    bucket: int
    rows: list[Versioned]


class Pruning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """through: the last position to forget."""

    through: int


class Waiting:
    """Wakes whoever waits for the next event of this process's commits."""

    def __init__(self) -> None:
        self.is_over = False
        self._committed = asyncio.Event()

    @property
    def next_commit(self) -> asyncio.Event:
        """To be taken before looking whether there is something, so that no commit falls in between."""
        return self._committed

    def wake(self) -> None:
        """There was a commit."""
        self._committed.set()
        self._committed = asyncio.Event()

    def stop(self) -> None:
        """Nobody waits any more."""
        self.is_over = True
        self.wake()


def feed_operations(stream: Stream) -> tuple[Operation, ...]:
    """For routes and document."""
    return (_events_operation(stream), *_state_operations(stream))


def feed_routes(stream: Stream, database: Database, waiting: Waiting) -> list[Route]:
    """The three."""
    operation = _events_operation(stream)

    async def events(request: Request) -> Response:
        form, values = read_query(operation, request.query_params)
        wait_s = values.pop("wait")
        return json_response(await _next_events(database, waiting, partial(form.handler, **values), wait_s))

    return [Route("/events", events), *routes_of(_state_operations(stream), database)]


def feed_control_routes(stream: Stream, database: Database, follower: Follower) -> list[Route]:
    """The schemas of the events; whose feeds to follow; forgetting events, which services never do by themselves."""

    async def schema(request: Request) -> Response:
        for event in stream.events:
            if event.schema_file == request.path_params["file"]:
                return Response(stream.schema_path(event).read_bytes(), media_type="application/schema+json")
        raise not_found("schema", request.path_params["file"])

    async def pruned(request: Request) -> Response:
        return json_response(await database.write(prune, (await read_body(request, Pruning)).through))

    async def followed(request: Request) -> Response:
        await follower.follow(await read_body(request, dict[str, str]))
        return Response(status_code=204)

    return [
        Route("/schemas/{file}", schema),
        Route("/_feed/prune", pruned, methods=["POST"]),
        Route("/_feed/follow", followed, methods=["POST"]),
    ]


async def _next_events(database: Database, waiting: Waiting, read: Any, wait_s: float) -> EventPage:
    """What there is, or what comes within `wait_s`: woken by the commit. One of another process is seen at the end."""
    deadline = asyncio.get_running_loop().time() + wait_s
    while True:
        committed = waiting.next_commit
        page = await database.read(read)
        if page.events or waiting.is_over or asyncio.get_running_loop().time() >= deadline:
            return page
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                await committed.wait()


def _events_operation(stream: Stream) -> Operation:
    after = Param("after", partial(_read_int, 0, 2**53), _integer(0, 2**53), "Events behind this position.", 0)
    wait = Param(
        "wait",
        _read_seconds,
        {"type": "number", "minimum": 0, "maximum": MAX_WAIT_S},
        "Seconds to wait for the first event when there is none yet.",
        0.0,
    )
    return Operation(
        "GET",
        "/events",
        "Everything that has changed, in order.",
        (Form(partial(_read_events, stream), EventPage, (after, _limit("Events"), wait)),),
        problems={409: "the feed does not reach that far", 410: "these events are no longer kept"},
    )


def _state_operations(stream: Stream) -> tuple[Operation, ...]:
    bucket = Param("bucket", partial(_read_int, 0, BUCKETS - 1), _integer(0, BUCKETS - 1), "Whose versions to answer.")
    return (
        Operation(
            "GET",
            "/snapshot",
            "The state of everything by id, to begin with; or of some by their ids, to look again.",
            (
                Form(partial(_states, stream), SnapshotPage, (_IDS,), when="ids"),
                Form(partial(_snapshot, stream), SnapshotPage, (_limit("Aggregates"), cursor_param(CURSOR, 1))),
            ),
        ),
        Operation(
            "GET",
            "/digest",
            "Checksums over the versions of everything, or the versions of one bucket.",
            (Form(partial(_bucket, stream), Bucket, (bucket,), when="bucket"), Form(partial(_digest, stream), Digest)),
        ),
    )


def _read_events(stream: Stream, db: Connection, *, after: int, limit: int) -> EventPage:
    return read_events(db, stream, after=after, limit=limit)


def _snapshot(stream: Stream, db: Connection, *, limit: int, cursor: tuple[str] | None) -> SnapshotPage:
    with db.snapshot():
        state = feed_state(db)
        rows = _versions(stream, db, cursor[0] if cursor else "", limit + 1)
        shown = rows[:limit]
        found = stream.find(db, [subject for subject, _ in shown])
    items = [SnapshotItem(subject, version, found[subject]) for subject, version in shown]
    following = encode_cursor(CURSOR, shown[-1][0]) if len(rows) > limit else None
    return SnapshotPage(state.id, state.head, items, following)


def _states(stream: Stream, db: Connection, *, ids: list[str]) -> SnapshotPage:
    """Of these aggregates, as far as they exist."""
    with db.snapshot():
        state = feed_state(db)
        found = stream.find(db, ids)
        versions = dict(db.all("SELECT id, version FROM versions WHERE id IN listed(:ids)", {"ids": ids}))
    items = [SnapshotItem(subject, versions.get(subject, 1), found[subject]) for subject in sorted(found)]
    return SnapshotPage(state.id, state.head, items, None)


def _digest(stream: Stream, db: Connection) -> Digest:
    """Reads every version: about a second for a million."""
    hashes: dict[int, Any] = {}
    rows: dict[int, int] = {}
    with db.snapshot():
        state = feed_state(db)
        for subject, version in _all_versions(stream, db):
            bucket = bucket_of(subject)
            hashes.setdefault(bucket, hashlib.sha256()).update(f"{subject}:{version}\n".encode())
            rows[bucket] = rows.get(bucket, 0) + 1
    digests = {str(bucket): BucketDigest(rows[bucket], hashes[bucket].hexdigest()) for bucket in sorted(hashes)}
    return Digest(state.id, state.head, BUCKETS, digests)


def _bucket(stream: Stream, db: Connection, *, bucket: int) -> Bucket:
    with db.snapshot():
        state = feed_state(db)
        rows = [Versioned(*row) for row in _all_versions(stream, db) if bucket_of(row[0]) == bucket]
    return Bucket(state.id, state.head, bucket, rows)


def bucket_of(subject: str) -> int:
    """Which bucket an aggregate is in."""
    return crc32(subject.encode()) % BUCKETS


def _all_versions(stream: Stream, db: Connection) -> Generator[tuple[str, int], None, None]:
    after = ""
    while rows := _versions(stream, db, after, _SCAN):
        yield from rows
        after = rows[-1][0]


def _versions(stream: Stream, db: Connection, after: str, rows: int) -> list[Any]:
    """Id and version of aggregates that exist, by id."""
    return db.all(
        f"SELECT aggregates.id, coalesce(versions.version, 1)"
        f" FROM (SELECT DISTINCT {stream.key} AS id FROM {stream.table}"
        f"       WHERE {stream.key} > :after ORDER BY {stream.key} LIMIT :rows) AS aggregates"
        f" LEFT JOIN versions ON versions.id = aggregates.id ORDER BY aggregates.id",
        {"after": after, "rows": rows},
    )


def _limit(what: str) -> Param:
    description = f"{what} at most; 100 unless given."
    return Param("limit", partial(_read_int, 1, MAX_ROWS), _integer(1, MAX_ROWS), description, 100)


def _integer(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}


def _read_int(least: int, most: int, text: str) -> int:
    if not re.fullmatch("[0-9]{1,16}", text) or not least <= int(text) <= most:
        raise BadParameter(f"must be a whole number from {least} to {most}")
    return int(text)


def _read_seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,300})?", text) or float(text) > MAX_WAIT_S:
        raise BadParameter(f"must be a number of seconds from 0 to {MAX_WAIT_S:g}")
    return float(text)

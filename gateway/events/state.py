"""FeedState: what a service has now, beside what it tells of its changes.

`snapshot` is what a copy begins with: its pages, and then the events behind the first page's position, without those
whose version the page had already. `digest` tells a copy where it differs from the service, without sending all of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote
from zlib import crc32

import msgspec

from gateway.events.client import FeedClient
from gateway.events.source import Position

MAX_SUBJECTS = 200
"""What a service gives at once when it is asked for subjects."""

_Count = Annotated[int, msgspec.Meta(ge=0)]
_Version = Annotated[int, msgspec.Meta(ge=1)]


class Aggregate(msgspec.Struct, frozen=True):
    """One thing's state. aggregateversion: that of its last event. data: JSON as events carry it, undecoded."""

    subject: str
    aggregateversion: _Version
    data: msgspec.Raw


@dataclass(frozen=True, slots=True)
class SnapshotPage:
    """Some aggregates as they were at `position`, by subject. next: cursor of the page after, None on the last."""

    items: Sequence[Aggregate]
    position: Position
    next: str | None


@dataclass(frozen=True, slots=True)
class Digest:
    """A checksum for each bucket that has aggregates, as they were at `position`.

    buckets: how many there are. rows: how many aggregates.
    """

    position: Position
    buckets: int
    checksums: Mapping[int, str]
    rows: int = 0

    def differing(self, versions: Mapping[str, int]) -> Sequence[int]:
        """The buckets in which a copy is different. versions: of the copy's aggregates by subject."""
        mine = checksums(versions, self.buckets)
        return sorted(
            bucket for bucket in mine.keys() | self.checksums.keys() if mine.get(bucket) != self.checksums.get(bucket)
        )


class _Snapshot(msgspec.Struct):
    feed: str
    position: _Count
    items: list[Aggregate]
    next: str | None


class _BucketDigest(msgspec.Struct):
    sha256: str
    rows: _Count = 0


class _Digest(msgspec.Struct):
    feed: str
    position: _Count
    buckets: Annotated[int, msgspec.Meta(ge=1)]
    digests: dict[str, _BucketDigest]


class _Versioned(msgspec.Struct):
    subject: str
    aggregateversion: _Version


class _Bucket(msgspec.Struct):
    feed: str
    position: _Count
    rows: list[_Versioned]


_snapshot = msgspec.json.Decoder(_Snapshot)
_digest = msgspec.json.Decoder(_Digest)
_bucket = msgspec.json.Decoder(_Bucket)


class FeedState:
    """The state behind one service's feed. Every method raises EventsUnavailable and EventsMalformed."""

    def __init__(self, client: FeedClient) -> None:
        """client: `close` closes it."""
        self.name = client.name
        self._client = client

    async def close(self) -> None:
        """Give back connections; calling it again does nothing."""
        await self._client.close()

    async def snapshot(self, cursor: str | None = None, *, limit: int = 1000) -> SnapshotPage:
        """One page. cursor: the page before's `next`."""
        behind = "" if cursor is None else f"&cursor={quote(cursor, safe='')}"
        page = await self._client.get(f"/snapshot?limit={limit}{behind}", _snapshot)
        return SnapshotPage(page.items, Position(page.feed, page.position), page.next)

    async def states(self, subjects: Sequence[str]) -> SnapshotPage:
        """These aggregates, at most MAX_SUBJECTS, by subject; those that are not there are left out."""
        ids = quote(",".join(subjects), safe=",")
        page = await self._client.get(f"/snapshot?ids={ids}", _snapshot)
        return SnapshotPage(page.items, Position(page.feed, page.position), None)

    async def digest(self) -> Digest:
        """Checksums of everything."""
        answer = await self._client.get("/digest", _digest)
        digests = {int(bucket): digest.sha256 for bucket, digest in answer.digests.items() if bucket.isdecimal()}
        rows = sum(digest.rows for digest in answer.digests.values())
        return Digest(Position(answer.feed, answer.position), answer.buckets, digests, rows)

    async def bucket(self, bucket: int) -> tuple[Position, Mapping[str, int]]:
        """The versions of one bucket's aggregates by subject, and when they were these."""
        answer = await self._client.get(f"/digest?bucket={bucket}", _bucket)
        versions = {row.subject: row.aggregateversion for row in answer.rows}
        return Position(answer.feed, answer.position), versions


def bucket_of(subject: str, buckets: int) -> int:
    """As services reckon it."""
    return crc32(subject.encode()) % buckets


def checksums(versions: Mapping[str, int], buckets: int) -> dict[int, str]:
    """By bucket that is not empty, as services reckon them. versions: of aggregates by subject."""
    lines: dict[int, list[str]] = {}
    for subject, version in sorted(versions.items()):
        lines.setdefault(bucket_of(subject, buckets), []).append(f"{subject}:{version}\n")
    return {bucket: hashlib.sha256("".join(each).encode()).hexdigest() for bucket, each in lines.items()}

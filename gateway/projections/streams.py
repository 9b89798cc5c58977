"""Streams: the port to what projections are fed from. The configuration decides behind it which source is whose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.events import Digest, EventSource, Position, SnapshotPage


class ServiceState(Protocol):
    """What a service has now; gateway.events.FeedState is one. Raises EventsUnavailable, EventsMalformed."""

    async def snapshot(self, cursor: str | None = None, *, limit: int = 1000) -> SnapshotPage: ...

    async def states(self, subjects: Sequence[str]) -> SnapshotPage:
        """These aggregates, at most MAX_SUBJECTS; those that do not exist are absent."""
        ...

    async def digest(self) -> Digest: ...

    async def bucket(self, bucket: int) -> tuple[Position, Mapping[str, int]]: ...

    async def close(self) -> None: ...


class Streams(Protocol):
    """Opens what a stream is read from. Who opened it closes it."""

    def sources(self, stream: str) -> Sequence[EventSource]:
        """Readers of this service's events, of one's own: one for each partition, named `orders` or `orders/0`.

        Events of one subject are always in the same one.
        """
        ...

    def state(self, stream: str) -> ServiceState:
        """The service itself, always over HTTP, whatever brings its events."""
        ...

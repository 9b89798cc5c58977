"""What every source of events promises. A new source needs a Rig: every test in test_conformance.py is run on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.events import START, Event, EventSource, Position

NEVER_S = 20.0
"""A wait that no test sits through."""


class Rig(Protocol):
    """A stream of which the test has both ends: what the services tell, and what may befall what lies between."""

    subjects: Sequence[str]
    """At least three that may be told of."""

    async def open(self) -> None:
        """To be called first: the stream is there, and empty."""
        ...

    async def close(self) -> None:
        """To be called last."""
        ...

    def source(self) -> EventSource:
        """Another reader of the stream. The rig closes it."""
        ...

    async def tell(self, subject: str) -> None:
        """Store one more event about the subject."""
        ...

    async def poison(self, subject: str) -> None:
        """Store an event whose data is JSON, but nothing that its type allows."""
        ...

    async def prune(self, through: int) -> None:
        """Forget the events up to this position."""
        ...

    async def rewrite(self) -> None:
        """Lose everything and begin anew."""
        ...

    async def stop(self) -> None:
        """Kill whatever stands between the stream's events and its readers."""
        ...

    async def start(self) -> None:
        """And start it again, over what was stored."""
        ...


async def read_all(source: EventSource, after: Position = START, limit: int = 100) -> list[Event]:
    """Batch by batch, until there is no more; what each says of itself is checked."""
    events: list[Event] = []
    while True:
        batch = await source.read(after, limit=limit, wait_s=0)
        assert len(batch.events) <= limit
        if not batch.events:
            assert batch.position.number == batch.head
            return events
        assert after.number + len(batch.events) <= batch.position.number <= batch.head
        events += batch.events
        after = batch.position


def check_order(events: Sequence[Event], after: int = 0) -> None:
    """Positions and, for each subject, versions without gaps; ids told apart."""
    assert [event.position for event in events] == list(range(after + 1, after + 1 + len(events)))
    assert len({event.id for event in events}) == len(events)
    for subject in {event.subject for event in events}:
        versions = [event.aggregateversion for event in events if event.subject == subject]
        assert versions == list(range(versions[0], versions[0] + len(versions)))

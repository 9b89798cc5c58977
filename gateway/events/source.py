"""EventSource: the port. Whatever gives events in order from a position on can feed projections.

What every source promises (tests/unit/events/conformance.py holds each to it):

* Events come in one order, the same for everybody; those of one subject come in the order of their versions.
* The same position may be read again, by anybody, any number of times, and gives the same events: who has not stored
  what it did with an event reads it again. A source keeps nothing about its readers.
* A position is good as long as its events are kept and their history is the same; otherwise the source says so, and
  never gives other events instead.
* What an event carries is not looked at: data that nobody can decode is handed on like any other.

`Position` counts in the source. `Event.position` is the event's place in the service's own feed, wherever it is read:
both are the same where the source is that feed, and need not be where a broker lies between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.events.event import Event


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where a reader has read: the checkpoint.

    history: names the sequence that `number` counts in; a source that was made anew has another. "" fits any.
    number:  of the last event read; 0 before the first. Numbers grow; those of a broker may have gaps.
    """

    history: str
    number: int


START = Position("", 0)


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events that follow each other with none left out, perhaps none.

    position: behind the last of them, to read on from; the one asked for, in this history, when there are none.
    head:     number of the source's last event when it answered; `head - position.number` is the lag in events.
    """

    events: Sequence[Event]
    position: Position
    head: int


class EventSource(Protocol):
    """One stream of events. `name`: as in the configuration, for errors and metrics."""

    name: str

    async def read(self, after: Position, *, limit: int, wait_s: float) -> EventBatch:
        """Up to `limit` events behind `after`. When there are none yet, wait up to wait_s seconds for the first.

        Raises EventsUnavailable, EventsMalformed, EventsRewritten, EventsPruned. Cancellation passes through.
        """
        ...

    async def head(self) -> Position:
        """Behind the last event there is now. Raises EventsUnavailable, EventsMalformed."""
        ...

    async def close(self) -> None:
        """Give back connections; calling it again does nothing."""
        ...

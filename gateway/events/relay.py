"""Relay: copies a service's feed into a broker, exactly in order, for those who would rather read there.

It keeps nothing: where it goes on, the broker tells (outlet.py). Events get in once; what an outage makes unclear is
looked up, not guessed. So a relay may be killed at any point and begun again, and a second one does no harm.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.events.errors import EventsMalformed, EventsPruned, EventsRewritten, EventsUnavailable
from gateway.events.outlet import Outlet, Parcel, RelayStopped, Stamp, resume, to_mark, to_send
from gateway.events.source import START, EventSource, Position

BATCH = 1000
WAIT_S = 10.0
PAUSE_S = 0.1
MAX_PAUSE_S = 5.0
MARK_S = 3600.0
"""Between two marks: what the broker forgets must be older."""


@dataclass(frozen=True, slots=True)
class Relayed:
    """How far a service's relay is.

    position, head: of the feed. sent: events that this run has put into the broker.
    problem: why it stands still, None when it does not. is_over: it does not try again by itself.
    """

    stream: str
    position: int
    head: int
    sent: int
    problem: str | None = None
    is_over: bool = False


async def earliest(feed: EventSource) -> Position:
    """Behind which all is that the feed still keeps.

    Where a broker has nothing yet, that is enough: whoever begins to read there begins with a snapshot, which has what
    came before. Feeds do not say how far they were pruned; the question is narrowed down.
    """
    if await _keeps(feed, 0):
        return START
    first, last = 1, (await feed.head()).number
    while first < last:
        middle = (first + last) // 2
        if await _keeps(feed, middle):
            last = middle
        else:
            first = middle + 1
    return Position("", first)


async def _keeps(feed: EventSource, number: int) -> bool:
    try:
        await feed.read(Position("", number), limit=1, wait_s=0)
    except EventsPruned:
        return False
    return True


class Relay:
    """One service's."""

    def __init__(
        self,
        feed: EventSource,
        outlet: Outlet,
        relay: str,
        report: Callable[[Relayed], None],
        *,
        batch: int = BATCH,
        wait_s: float = WAIT_S,
        mark_s: float = MARK_S,
    ) -> None:
        """relay: differs between any two runs. Feed and outlet are closed by who made them."""
        self._feed = feed
        self._outlet = outlet
        self._relay = relay
        self._report = report
        self._batch = batch
        self._wait_s = wait_s
        self._mark_s = mark_s
        self._so_far = Relayed(feed.name, 0, 0, 0)

    async def run(self) -> None:
        """Until it is cancelled, or somebody has to look at what `report` was told last."""
        pause_s = PAUSE_S
        while True:
            before = self._so_far.position
            try:
                await self._go_on()
            except (EventsRewritten, EventsPruned, RelayStopped) as error:
                self._tell(self._so_far.position, self._so_far.head, 0, error.message, is_over=True)
                return
            except (EventsUnavailable, EventsMalformed) as error:
                pause_s = PAUSE_S if self._so_far.position > before else min(pause_s * 2, MAX_PAUSE_S)
                self._tell(self._so_far.position, self._so_far.head, 0, error.message)
                await asyncio.sleep(pause_s)

    async def _go_on(self) -> None:
        """From where the broker says, until something fails."""
        tails = list(await self._outlet.open())
        position = resume(self._feed.name, tails)
        if position == START:
            position = await earliest(self._feed)
        there = max((tail.position for tail in tails if tail), default=0)
        marked_at = time.monotonic()
        while True:
            batch = await self._feed.read(position, limit=self._batch, wait_s=self._wait_s)
            if there > batch.head:
                message = f"The feed of '{self._feed.name}' ends before what the broker has of it already."
                raise EventsRewritten(self._feed.name, message)
            parcels = to_send(batch.events, tails, self._relay, position, batch.position.history)
            await self._publish(parcels, tails)
            position = batch.position
            self._tell(position.number, batch.head, len(parcels))
            if time.monotonic() - marked_at >= self._mark_s:
                await self._publish(to_mark(tails, self._relay, position), tails)
                marked_at = time.monotonic()

    async def _publish(self, parcels: Sequence[Parcel], tails: list[Stamp | None]) -> None:
        """Changes `tails`."""
        if parcels:
            await self._outlet.publish(parcels)
        for parcel in parcels:
            tails[parcel.partition] = parcel.stamp

    def _tell(self, position: int, head: int, sent: int, problem: str | None = None, *, is_over: bool = False) -> None:
        self._so_far = Relayed(self._feed.name, position, head, self._so_far.sent + sent, problem, is_over)
        self._report(self._so_far)

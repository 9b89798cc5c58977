"""Bulkhead: how many calls to one service are under way at once, and how many may wait.

A service that has become slow would else collect the whole gateway's requests, each with its memory and its connection.
"""

from __future__ import annotations

import asyncio
from collections import deque


class QueueFull(Exception):
    """All places are taken, and as many calls wait as may wait."""


class Bulkhead:
    """Places for the calls to one service. limit: how many. queue: how many calls may wait for one."""

    def __init__(self, limit: int, queue: int) -> None:
        self.limit = limit
        self.queue = queue
        self._room: Room | None = None

    def room(self) -> Room:
        """The places of the running event loop. A loop that ended with calls under way must not cost the next one."""
        loop = asyncio.get_running_loop()
        room = self._room
        if room is None or room.loop is not loop:
            room = self._room = Room(loop, self.limit, self.queue)
        return room

    @property
    def in_flight(self) -> int:
        """Calls under way."""
        return 0 if self._room is None else self.limit - self._room.free

    @property
    def waiting(self) -> int:
        """Calls that wait for a place."""
        return 0 if self._room is None else len(self._room.waiting)


class Room:
    """Places of one event loop, given out in the order in which they were asked for."""

    __slots__ = ("_queue", "free", "loop", "waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: int, queue: int) -> None:
        self.loop = loop
        self.free = limit
        self.waiting: deque[asyncio.Future[None]] = deque()
        self._queue = queue

    def try_enter(self) -> bool:
        """Take a place if one is free. Whoever has one must `leave`."""
        if self.free:  # then nobody waits: a place that becomes free goes to whoever does
            self.free -= 1
            return True
        return False

    async def enter(self) -> None:
        """Take a place, or wait for one. Raises QueueFull at once when no more may wait."""
        if self.try_enter():
            return
        if len(self.waiting) >= self._queue:
            raise QueueFull
        place = self.loop.create_future()
        self.waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.cancelled():
                self.waiting.remove(place)
            else:  # It was given in the very moment in which the call was cancelled.
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place to whoever waits longest."""
        for place in self.waiting:
            if not place.done() and not self.loop.is_closed():
                self.waiting.remove(place)
                place.set_result(None)
                return
        self.free += 1

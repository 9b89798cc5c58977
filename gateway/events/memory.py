"""MemoryLog: a stream in memory, for tests and as the plainest form of what a source is."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from datetime import UTC, datetime

import msgspec

from gateway.events.errors import EventsPruned, EventsRewritten, EventsUnavailable
from gateway.events.event import Event
from gateway.events.source import EventBatch, Position


class MemoryLog:
    """Events of one stream. Any number of sources read it; it outlives them as a broker does its clients."""

    def __init__(self) -> None:
        self.is_down = False
        self._appended = asyncio.Event()
        self.rewrite()

    @property
    def head(self) -> int:
        """Number of the last event."""
        return self.pruned + len(self._events)

    @property
    def appended(self) -> asyncio.Event:
        """Set by the next append. To be taken before looking whether there is something."""
        return self._appended

    def append(self, type: str, subject: str, data: bytes) -> Event:
        """data: JSON, or what a broken service takes for it."""
        self._versions[subject] += 1
        event = Event(
            id=uuid.uuid4().hex,
            source="/memory",
            type=type,
            subject=subject,
            time=datetime.now(UTC),
            data=msgspec.Raw(data),
            position=self.head + 1,
            aggregateversion=self._versions[subject],
        )
        self._events.append(event)
        self._appended.set()
        self._appended = asyncio.Event()
        return event

    def prune(self, through: int) -> None:
        """Forget the events up to this position."""
        through = min(through, self.head)
        del self._events[: max(through - self.pruned, 0)]
        self.pruned = max(self.pruned, through)

    def rewrite(self) -> None:
        """Begin anew, as a service does whose database was lost."""
        self.history = uuid.uuid4().hex
        self.pruned = 0
        self._events: list[Event] = []
        self._versions: Counter[str] = Counter()

    def behind(self, number: int, limit: int) -> list[Event]:
        """Up to `limit` events behind position `number`."""
        first = number - self.pruned
        return self._events[first : first + limit]


class MemorySource:
    """Reads a MemoryLog."""

    def __init__(self, name: str, log: MemoryLog) -> None:
        self.name = name
        self._log = log

    async def read(self, after: Position, *, limit: int, wait_s: float) -> EventBatch:
        deadline = asyncio.get_running_loop().time() + wait_s
        while True:
            appended = self._log.appended
            batch = self._read(after, limit)
            if batch.events or asyncio.get_running_loop().time() >= deadline:
                return batch
            try:
                async with asyncio.timeout_at(deadline):
                    await appended.wait()
            except TimeoutError:
                return self._read(after, limit)

    async def head(self) -> Position:
        log = self._open()
        return Position(log.history, log.head)

    async def close(self) -> None:
        """There is nothing to give back."""

    def _open(self) -> MemoryLog:
        if self._log.is_down:
            raise EventsUnavailable(self.name, f"Events of '{self.name}' cannot be had: the log is down.")
        return self._log

    def _read(self, after: Position, limit: int) -> EventBatch:
        log = self._open()
        if after.history not in ("", log.history) or after.number > log.head:
            raise EventsRewritten(self.name, f"Events of '{self.name}' have begun anew.")
        if after.number < log.pruned:
            raise EventsPruned(self.name, f"Events of '{self.name}' up to {log.pruned} are no longer kept.")
        events = log.behind(after.number, limit)
        return EventBatch(events, Position(log.history, after.number + len(events)), log.head)

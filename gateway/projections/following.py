"""Following: the events of one generation's streams, from where it has read to, for as long as it is ours."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

from gateway.events import EventBatch, EventsMalformed, EventSource, EventsPruned, EventsRewritten, Position
from gateway.events.errors import EventsError
from gateway.events.state import MAX_SUBJECTS
from gateway.projections.applying import Outcome
from gateway.projections.build import cancelled
from gateway.projections.projector import Projector, TooManyLetters
from gateway.projections.status import StreamCounters, StreamState
from gateway.projections.store import RowRefused
from gateway.projections.streams import Streams
from gateway.projections.thread import OwnThread

_NOWHERE = Position("never read", 0)
"""For a source that the build did not know. It has another history, and says so."""


class Following:
    """counters: by stream; of partitions together."""

    def __init__(self, projector: Projector, thread: OwnThread, streams: Streams) -> None:
        self.counters = {stream: StreamCounters() for stream in projector.projection.streams}
        self._projector = projector
        self._thread = thread
        self._streams = streams
        self._policy = projector.policy
        self._parked = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled. Raises StoreError when the store fails, or the generation is somebody else's."""
        projector = self._projector
        sources = [
            (stream, source) for stream in projector.projection.streams for source in self._streams.sources(stream)
        ]
        try:
            for stream, source in sources:
                await self._thread.do(projector.begin, stream, {source.name: _NOWHERE})
            positions = await self._thread.do(projector.positions)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._attend())
                for stream, source in sources:
                    tasks.create_task(self._follow(stream, source, positions[source.name]))
        except ExceptionGroup as faults:
            # Whatever one task finds out, the others are cancelled for.
            raise faults.exceptions[0] from faults
        finally:
            for _, source in sources:
                await source.close()

    async def _follow(self, stream: str, source: EventSource, position: Position) -> None:
        policy = self._policy
        limit, pause = policy.batch, policy.pause_s
        following: asyncio.Task[EventBatch] | None = None
        noted = (StreamState.FOLLOWING, "")
        try:
            while True:
                try:
                    reading = following or source.read(position, limit=limit, wait_s=policy.wait_s)
                    following = None
                    batch = await reading
                except (EventsRewritten, EventsPruned) as error:
                    state = StreamState.REWRITTEN if isinstance(error, EventsRewritten) else StreamState.PRUNED
                    await self._note(source.name, state, f"{error.message} {self._cure()}")
                    return
                except EventsError as error:
                    is_bad = isinstance(error, EventsMalformed)
                    fault = (StreamState.MALFORMED if is_bad else StreamState.UNAVAILABLE, error.message)
                    if fault != noted:
                        await self._note(source.name, *fault)
                        noted = fault
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, policy.max_pause_s)
                    continue
                noted, pause = (StreamState.FOLLOWING, ""), policy.pause_s
                position = batch.position
                behind = batch.head - position.number
                limit = policy.catching_up if behind > policy.batch else policy.batch
                if behind > 0:
                    # There is more: it is fetched while this is applied.
                    following = asyncio.create_task(source.read(position, limit=limit, wait_s=policy.wait_s))
                await self._apply(stream, source.name, batch)
        finally:
            await cancelled(following)

    async def _apply(self, stream: str, source: str, batch: EventBatch) -> None:
        """Once. A stream that cannot go on stands still here, and tries again until it can."""
        pause = self._policy.look_s
        while True:
            try:
                outcome = await self._thread.do(self._projector.apply, stream, source, batch)
            except (TooManyLetters, RowRefused) as error:
                await self._note(source, StreamState.STOPPED, error.message)
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._policy.max_pause_s)
                continue
            self._count(stream, len(batch.events), outcome)
            return

    async def _attend(self) -> None:
        """Letters, repairs, and staying the owner."""
        looked_at, totals = time.monotonic(), dict.fromkeys(self.counters, 0)
        while True:
            self._parked.clear()
            attention = await self._thread.do(self._projector.attend)
            for stream, outcome in attention.outcomes.items():
                self._count(stream, 0, outcome)
            for stream, subjects in attention.repairs.items():
                await self._repair(stream, subjects)
            now = time.monotonic()
            if now - looked_at >= self._policy.look_s:
                await self._thread.do(self._projector.writer.renew)
                for stream, counters in self.counters.items():
                    counters.rate = (counters.read - totals[stream]) / (now - looked_at)
                    totals[stream] = counters.read
                looked_at = now
            if not attention.has_more:
                await self._pause(attention.next_at)

    async def _pause(self, next_at: float | None) -> None:
        """Until a letter is due, or something is set aside, and never for longer than a look may take."""
        due_s = self._policy.look_s if next_at is None else next_at - time.time()
        with suppress(TimeoutError):
            async with asyncio.timeout(min(max(due_s, 0.0), self._policy.look_s)):
                await self._parked.wait()

    async def _repair(self, stream: str, subjects: Sequence[str]) -> None:
        state = self._streams.state(stream)
        try:
            for first in range(0, len(subjects), MAX_SUBJECTS):
                chunk = subjects[first : first + MAX_SUBJECTS]
                page = await state.states(chunk)
                await self._thread.do(self._projector.repair, stream, chunk, page)
        except EventsError:
            # They are still marked, and looked at again.
            return
        finally:
            await state.close()

    async def _note(self, source: str, state: StreamState, message: str) -> None:
        await self._thread.do(self._projector.note, source, state, message)

    def _cure(self) -> str:
        return f"Run `braid projections build {self._projector.projection.name}`."

    def _count(self, stream: str, read: int, outcome: Outcome) -> None:
        counters = self.counters[stream]
        counters.read += read
        counters.batches += 1
        counters.applied += outcome.applied
        counters.duplicates += outcome.duplicates
        counters.ignored += outcome.ignored
        counters.parked += outcome.parked
        now = time.time()
        for told_at in outcome.times:
            counters.window.add(max(now - told_at, 0.0))
        if outcome.parked:
            self._parked.set()

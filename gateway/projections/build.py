"""Build: fill a generation with what services have, and with what happens meanwhile.

Of each stream the end of its events is noted first, then its snapshot is read page by page, then the events behind the
noted end. A page may know more than the end; the versions tell which events it had already. What is noted and how far
the pages were read is committed with them, so a build that is killed goes on where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from gateway.events import EventSource, EventsPruned, EventsRewritten, Position, SnapshotPage
from gateway.events.errors import EventsError
from gateway.projections.policy import Policy
from gateway.projections.projector import Projector
from gateway.projections.status import BuildProgress, told
from gateway.projections.streams import ServiceState, Streams
from gateway.projections.thread import OwnThread
from gateway.projections.transaction import Row

T = TypeVar("T")
Progress = Callable[[Sequence[BuildProgress]], None]

PATIENCE_S = 60.0
"""For so long, a service that does not answer is asked again."""


class Build:
    """One run of a build. on_progress: told of every stream whose snapshot was begun, after each page."""

    def __init__(
        self,
        projector: Projector,
        thread: OwnThread,
        streams: Streams,
        on_progress: Progress | None = None,
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._projector = projector
        self._thread = thread
        self._streams = streams
        self._policy = projector.policy
        self._on_progress = on_progress
        self._patience_s = patience_s
        self._rows: dict[str, Row] = {}

    async def run(self) -> None:
        """Until the tables are complete, with their indexes. Raises EventsError, TooManyLetters, StoreError."""
        self._rows = dict(await self._thread.do(self._projector.builds))
        for stream in self._projector.projection.streams:
            await self._fill(stream)
        await self.catch_up()
        await self._thread.do(self._projector.writer.finish_build)
        # Indexes of millions of rows take minutes, and whoever promotes wants what is of now.
        await self.catch_up()

    async def catch_up(self) -> None:
        """Apply the events that there are."""
        positions = await self._thread.do(self._projector.positions)
        try:
            async with asyncio.TaskGroup() as tasks:
                for stream in self._projector.projection.streams:
                    for source in self._streams.sources(stream):
                        tasks.create_task(self._catch_up(stream, source, positions.get(source.name)))
        except ExceptionGroup as faults:
            raise faults.exceptions[0] from faults

    async def _fill(self, stream: str) -> None:
        if stream in self._rows and self._rows[stream]["is_done"]:
            return
        state = self._streams.state(stream)
        try:
            if stream not in self._rows:
                heads = await self._heads(stream)
                total = await count(state, self._policy, self._patience_s)
                await self._thread.do(self._projector.begin_build, stream, heads, total)
            await self._read_pages(stream, state, self._rows.get(stream))
        finally:
            await state.close()

    async def _read_pages(self, stream: str, state: ServiceState, row: Row | None) -> None:
        """Each page is asked for while the one before it is applied."""

        def ask(cursor: str | None) -> Awaitable[SnapshotPage]:
            return self._patiently(lambda: state.snapshot(cursor, limit=self._policy.page))

        page = await ask(row["cursor"] or None if row is not None else None)
        while True:
            following = asyncio.ensure_future(ask(page.next)) if page.next is not None else None
            try:
                self._rows[stream] = await self._thread.do(self._projector.fill, stream, page)
                self._tell()
                if following is None:
                    return
                page = await following
            finally:
                await cancelled(following)

    async def _heads(self, stream: str) -> dict[str, Position]:
        heads: dict[str, Position] = {}
        for source in self._streams.sources(stream):
            try:
                heads[source.name] = await self._patiently(source.head)
            finally:
                await source.close()
        return heads

    async def _catch_up(self, stream: str, source: EventSource, position: Position | None) -> None:
        try:
            if position is None:
                raise EventsRewritten(source.name, f"Events of '{source.name}' are read in other partitions now.")
            while True:
                after = position
                batch = await self._patiently(
                    lambda after=after: source.read(after, limit=self._policy.catching_up, wait_s=0)
                )
                await self._thread.do(self._projector.apply, stream, source.name, batch)
                position = batch.position
                if position.number >= batch.head:
                    return
        finally:
            await source.close()

    def _tell(self) -> None:
        if self._on_progress is not None:
            self._on_progress([told(row) for row in self._rows.values()])

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        return await patiently(ask, self._policy, self._patience_s)


async def count(state: ServiceState, policy: Policy, patience_s: float = PATIENCE_S) -> int:
    """How many aggregates a service has."""
    return (await patiently(state.digest, policy, patience_s)).rows


async def patiently(ask: Callable[[], Awaitable[T]], policy: Policy, patience_s: float) -> T:
    """Ask again while it fails, with growing pauses; raises the last EventsError when patience is over."""
    loop = asyncio.get_running_loop()
    until = loop.time() + patience_s
    pause = policy.pause_s
    while True:
        try:
            return await ask()
        except (EventsRewritten, EventsPruned):
            raise
        except EventsError:
            if loop.time() + pause > until:
                raise
        await asyncio.sleep(pause)
        pause = min(pause * 2, policy.max_pause_s)


async def cancelled(task: asyncio.Future[T] | None) -> None:
    """End a task of ours whose answer nobody wants any more."""
    if task is not None and not task.done():
        task.cancel()
        await asyncio.wait((task,))
    elif task is not None and not task.cancelled():
        task.exception()

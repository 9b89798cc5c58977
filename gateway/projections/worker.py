"""Worker: follows events for every generation that it can own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import structlog

from gateway.errors import BraidError, origin
from gateway.projections.build import cancelled
from gateway.projections.following import Following
from gateway.projections.operations import build
from gateway.projections.owning import owning
from gateway.projections.policy import Policy
from gateway.projections.projection import Projection
from gateway.projections.status import StreamCounters, StreamState, generation_status
from gateway.projections.store import Generation, Owned, State, Store
from gateway.projections.streams import Streams

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("gateway.projections")

Key = tuple[str, int]
"""Projection and generation number; 0 for a build."""


class Worker:
    """Any number may run over one store: each generation is written by one of them, and the others stand by.

    counters: by projection, generation number and stream; live. Read it whenever it is wanted, in the event loop.
    """

    def __init__(
        self,
        store: Store,
        projections: Sequence[Projection],
        streams: Streams,
        *,
        holder: str,
        policy: Policy | None = None,
    ) -> None:
        """holder: who this is, for status. store: stays the caller's to close."""
        self.counters: dict[tuple[str, int, str], StreamCounters] = {}
        self._store = store
        self._projections = tuple(projections)
        self._streams = streams
        self._holder = holder
        self._policy = policy or Policy()
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._over = asyncio.Event()
        self._faults: dict[Key, str] = {}
        self._rests: dict[Key, tuple[float, float]] = {}

    async def run(self) -> None:
        """Until cancelled, or `stop`. Whatever was not committed then is read again by the next."""
        try:
            while not self._over.is_set():
                for projection in self._projections:
                    await self._look(projection)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._policy.look_s):
                        await self._over.wait()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            self._tasks.clear()

    def stop(self) -> None:
        """Ends `run` soon, after the batches in work."""
        self._over.set()

    async def _look(self, projection: Projection) -> None:
        """Follow what has come, let go what is no more."""
        name = projection.name
        try:
            generations = await asyncio.to_thread(self._store.generations, name)
            generations = await self._let_go(projection, generations)
        except BraidError as error:
            self._tell((name, 0), error)
            return
        ours = [each for each in generations if each.version == projection.version]
        built = [each for each in ours if each.state is not State.BUILDING]
        for generation in built:
            self._begin((name, generation.number), lambda each=generation: self._follow(projection, each))
        if not built and self._policy.auto_build:
            self._begin((name, 0), lambda: self._build(projection))
        elif self._policy.auto_build and not any(each.state is State.LIVE for each in generations):
            # Who built it was killed before it served.
            self._begin((name, 0), lambda: self._promote(projection, built[-1]))
        numbers = {generation.number for generation in generations}
        for key in [key for key in self._tasks if key[0] == name and key[1] and key[1] not in numbers]:
            task = self._tasks[key]
            task.cancel()
            if task.done():
                del self._tasks[key]

    def _begin(self, key: Key, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Unless it is being done, or has just failed; what ended is begun again with the next look."""
        task = self._tasks.get(key)
        now = asyncio.get_running_loop().time()
        if (task is None or task.done()) and now >= self._rests.get(key, (now, 0.0))[0]:
            self._tasks[key] = asyncio.create_task(self._survive(key, work))

    async def _survive(self, key: Key, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await work()
            self._faults.pop(key, None)
            self._rests.pop(key, None)
        except Owned:
            return
        except Exception as error:
            if not key[1] or await self._is_there(key):
                self._tell(key, error)
                self._rest(key)
        finally:
            self._forget(key)

    def _rest(self, key: Key) -> None:
        """Let it be for a while, each time for longer."""
        _, pause_s = self._rests.get(key, (0.0, self._policy.pause_s / 2))
        pause_s = min(pause_s * 2, self._policy.max_pause_s)
        self._rests[key] = (asyncio.get_running_loop().time() + pause_s, pause_s)

    async def _is_there(self, key: Key) -> bool:
        """Whether a generation has not been dropped under its follower's hands."""
        try:
            return any(each.number == key[1] for each in await asyncio.to_thread(self._store.generations, key[0]))
        except BraidError:
            return True

    async def _follow(self, projection: Projection, generation: Generation) -> None:
        async with owning(self._store, projection, generation, self._holder, self._policy) as (projector, thread):
            following = Following(projector, thread, self._streams)
            for stream, counters in following.counters.items():
                self.counters[projection.name, generation.number, stream] = counters
            _log.info("generation followed", projection=projection.name, generation=generation.number)
            await following.run()

    async def _build(self, projection: Projection) -> None:
        if (projection.name, 0) not in self._faults:
            _log.info("projection is being built", projection=projection.name)
        built = await build(self._store, projection, self._streams, holder=self._holder, policy=self._policy)
        await self._promote(projection, built)

    async def _promote(self, projection: Projection, built: Generation) -> None:
        await asyncio.to_thread(self._store.promote, built)
        _log.info("generation serves", projection=projection.name, generation=built.number)

    async def _let_go(self, projection: Projection, generations: Sequence[Generation]) -> Sequence[Generation]:
        """Of those that were live the newest are kept, if they can be kept up to date. Gives what is left."""
        kept = sorted((each for each in generations if each.state is State.KEPT), key=lambda each: each.number)
        gone = kept[: max(len(kept) - self._policy.keep, 0)]
        for generation in kept[len(gone) :]:
            # What is erased from now on would stay in it.
            status = await asyncio.to_thread(generation_status, self._store, projection, generation)
            if any(stream.state in (StreamState.REWRITTEN, StreamState.PRUNED) for stream in status.streams):
                gone.append(generation)
        for generation in gone:
            await cancelled(self._tasks.pop((generation.projection, generation.number), None))
            await asyncio.to_thread(self._store.drop, generation)
            _log.info("generation dropped", projection=generation.projection, generation=generation.number)
        return [each for each in generations if each not in gone]

    def _forget(self, key: Key) -> None:
        for known in [known for known in self.counters if known[:2] == key]:
            del self.counters[known]

    def _tell(self, key: Key, error: Exception) -> None:
        """Once for each fault, however often it comes."""
        text = error.message if isinstance(error, BraidError) else f"{type(error).__name__} at {origin(error)}"
        if self._faults.get(key) != text:
            self._faults[key] = text
            _log.error("projection stands still", projection=key[0], generation=key[1] or None, reason=text)

"""Reading projections while a request is answered: in threads, over one generation from beginning to end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from gateway.projections.projection import Projection
from gateway.projections.store import Generation, Reading, Store
from gateway.projections.thread import deliverable

T = TypeVar("T")


class ReaderPool:
    """The gateway's own: some threads, shared by all requests."""

    def __init__(self, store: Store, projections: Sequence[Projection], *, threads: int = 4) -> None:
        self._store = store
        self._projections = tuple(projections)
        self._threads = ThreadPoolExecutor(threads, "projections")

    def for_request(self) -> Mapping[str, ProjectionReader]:
        """By projection's name. Costs nothing until one reads."""
        return {each.name: ProjectionReader(self._store, each, self._threads) for each in self._projections}

    def close(self) -> None:
        """Ends the threads; the store stays open. Calling it again does nothing."""
        self._threads.shutdown(cancel_futures=True)


class ProjectionReader:
    """One projection, for one request: the generation that its first read met is the one of all others."""

    __slots__ = ("_generation", "_projection", "_store", "_threads", "_turn")

    def __init__(self, store: Store, projection: Projection, threads: ThreadPoolExecutor) -> None:
        self._store = store
        self._projection = projection
        self._threads = threads
        self._generation: Generation | None = None
        self._turn: asyncio.Lock | None = None

    async def read(self, look: Callable[[Reading], T]) -> T:
        """What `look` gives, called in a thread. Raises StoreError when there is nothing to read."""
        if self._generation is not None:
            return await self._read(look)
        # Until one has met a generation, others wait for it: a promotion may fall in between.
        self._turn = self._turn or asyncio.Lock()
        async with self._turn:
            is_first = self._generation is None
            if is_first:
                return await self._read(look)
        return await self._read(look)

    async def _read(self, look: Callable[[Reading], T]) -> T:
        def call(reading: Reading) -> T:
            self._generation = reading.generation
            return look(reading)

        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._threads, lambda: deliverable(lambda: self._store.read(self._projection, call, self._generation))
        )

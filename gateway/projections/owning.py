"""Owning a generation for a while: its writer, and the thread that uses it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from gateway.projections.policy import Policy
from gateway.projections.projection import Projection
from gateway.projections.projector import Projector
from gateway.projections.store import Generation, Store, Writer
from gateway.projections.thread import OwnThread


@asynccontextmanager
async def owning(
    store: Store, projection: Projection, generation: Generation, holder: str, policy: Policy
) -> AsyncGenerator[tuple[Projector, OwnThread]]:
    """The generation is ours in the block. Raises Owned when it is somebody else's, StoreError."""
    thread = OwnThread(f"{projection.name}-{generation.number}")
    writers: list[Writer] = []
    try:
        await thread.do(lambda: writers.append(store.writer(generation, projection, holder)))
        yield Projector(projection, writers[0], policy), thread
    finally:
        # In the thread, so behind whatever it does still, taking the writer included.
        await thread.do(lambda: [writer.close() for writer in writers])
        await thread.close()

"""What tests of whole generations have in common: a store, quick policies, and looks into tables."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import select

from gateway.projections.policy import Policy
from gateway.projections.projection import Projection
from gateway.projections.store import Generation, Store
from gateway.projections.streams import Streams
from gateway.projections.worker import Worker
from tests.unit.projections.plain import Tables

QUICK = Policy(wait_s=0.2, backoff_s=0.05, pause_s=0.01, max_pause_s=0.05, page=3, look_s=0.05)
PATIENCE_S = 20.0


def tables(store: Store, projection: Projection, generation: Generation | None = None) -> Tables:
    """The projection's rows by table, sorted; roll-ups of nothing left out."""
    return store.read(
        projection,
        lambda reading: {
            table.name: sorted(
                tuple(row.values()) for row in reading.rows(select(table)) if table.name != "totals" or row["things"]
            )
            for table in projection.tables.sorted_tables
        },
        generation,
    )


@asynccontextmanager
async def working(
    store: Store, projections: Sequence[Projection], streams: Streams, policy: Policy = QUICK, holder: str = "test"
) -> AsyncGenerator[Worker]:
    """A worker that runs in the block."""
    worker = Worker(store, projections, streams, holder=holder, policy=policy)
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await running


async def until(is_so: Callable[[], Any], what: str = "it") -> None:
    """Wait for something that others do."""
    end = time.monotonic() + PATIENCE_S
    while not await asyncio.to_thread(is_so):
        assert time.monotonic() < end, f"{what} does not come"
        await asyncio.sleep(0.01)

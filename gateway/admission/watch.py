"""How long a turn of the event loop takes.

A turn is measured from inside: a callback put at the end of the queue runs when all that was ready before has run, and
after a second round all that the sockets had brought meanwhile. An idle loop does both in microseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from gateway.admission.limit import AdaptiveLimit

EVERY_S = 0.02
INTERVAL_S = 0.25


@asynccontextmanager
async def watching(limit: AdaptiveLimit) -> AsyncGenerator[None]:
    """Tell `limit` of this loop's turns for as long as the block runs."""
    task = asyncio.create_task(_watch(limit))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _watch(limit: AdaptiveLimit) -> None:
    clock = asyncio.get_running_loop().time
    began = clock()
    while True:
        due = clock() + EVERY_S
        await asyncio.sleep(EVERY_S)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        now = clock()
        # From when it was due: a timer that fires late has waited for the turn before it.
        limit.saw_turn(now, now - due)
        if now - began >= INTERVAL_S:
            limit.saw_interval(now - began)
            began = now

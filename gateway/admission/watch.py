"""How long work waits for its turn of the event loop.

It is measured from inside: 50 times a second the watch asks for a turn as every piece of a request's work does
(turns.py), and waits behind all of them that asked before. An idle loop gives it in microseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from gateway.admission.limit import AdaptiveLimit
from gateway.turns import take_turn

EVERY_S = 0.02
INTERVAL_S = 0.25


@asynccontextmanager
async def watching(limit: AdaptiveLimit) -> AsyncGenerator[None]:
    """Tell `limit` of the waits for this loop's turns for as long as the block runs."""
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
        await take_turn()
        now = clock()
        # From when it was due: a timer that fires late has waited for what was done before it.
        limit.saw_turn(now, now - due)
        if now - began >= INTERVAL_S:
            limit.saw_interval(now - began)
            began = now

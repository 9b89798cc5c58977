"""The watch sees a loop that has more to do than it can, and does not see one that waits."""

from __future__ import annotations

import asyncio
import time

import pytest

from gateway.admission.limit import AdaptiveLimit, LimitSettings
from gateway.admission.watch import watching

pytestmark = pytest.mark.anyio


async def work_without_end() -> None:
    while True:
        time.sleep(0.03)  # noqa: ASYNC251  # the loop's time is what is taken here
        await asyncio.sleep(0)


async def test_busy_loop_lowers_the_limit() -> None:
    limit = AdaptiveLimit(LimitSettings(easy=0))
    limit.try_enter()
    async with watching(limit):
        busy = asyncio.create_task(work_without_end())
        async with asyncio.timeout(10):
            while not limit.cuts:  # noqa: ASYNC110  # nobody tells when
                await asyncio.sleep(0.05)
        busy.cancel()
    assert limit.limit < 1000


async def test_many_waiting_operations_do_not_lower_the_limit() -> None:
    """300 operations that wait: turns of the loop stay short, but for what the machine does to it now and then."""
    limit = AdaptiveLimit(LimitSettings(patience_s=1.0))
    async with watching(limit), asyncio.TaskGroup() as group:
        for _ in range(300):
            assert limit.try_enter()
            group.create_task(asyncio.sleep(1.0))
    assert (limit.cuts, limit.refused, limit.limit) == (0, 0, 1000)

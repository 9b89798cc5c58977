"""Looking at projections' status often, and never waiting long for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from gateway.projections.status import ProjectionStatus
from gateway.projections.store import StoreError
from gateway.projections.watch import SILENT, StatusWatch

pytestmark = pytest.mark.anyio

STATUS = ProjectionStatus("orders", 1, None, ())


@asynccontextmanager
async def watching(read: Callable[[], Sequence[ProjectionStatus]], look_s: float = 60) -> AsyncGenerator[StatusWatch]:
    watch = StatusWatch(read, look_s)
    try:
        yield watch
    finally:
        await watch.close()


async def test_what_was_just_read_is_not_read_again() -> None:
    looks: list[int] = []

    def read() -> Sequence[ProjectionStatus]:
        looks.append(threading.get_ident())
        return [STATUS]

    async with watching(read) as watch:
        await asyncio.gather(*(watch.refresh() for _ in range(5)))
        await watch.refresh()
        assert list(watch.statuses) == [STATUS]
    assert len(looks) == 1
    assert looks[0] != threading.get_ident(), "the loop would have waited"
    async with watching(read, look_s=0) as watch:
        await watch.refresh()
        await watch.refresh()
    assert len(looks) == 3


async def test_a_store_that_hangs_is_told_and_delays_nobody() -> None:
    """What was known before is no longer told: it may be wrong by now. The look that hangs is not repeated."""
    hangs = threading.Event()
    looks = 0

    def read() -> Sequence[ProjectionStatus]:
        nonlocal looks
        looks += 1
        if looks > 1:
            assert hangs.wait(10)
        return [STATUS]

    async with watching(read, look_s=0) as watch:
        await watch.refresh()
        loop = asyncio.get_running_loop()
        began = loop.time()
        await watch.refresh(0.05)
        await watch.refresh(0.05)
        assert loop.time() - began < 2
        assert (watch.fault, list(watch.statuses), looks) == (SILENT, [], 2)
        hangs.set()
        await watch.refresh()
        assert (watch.fault, list(watch.statuses)) == ("", [STATUS])


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (StoreError("The store is away."), "The store is away."),
        (ValueError("postgresql://u:hunter2@h"), "The projections cannot be looked at: ValueError."),
    ],
)
async def test_why_the_store_cannot_be_read_is_told_without_what_others_say(error: Exception, fault: str) -> None:
    def read() -> Sequence[ProjectionStatus]:
        raise error

    async with watching(read) as watch:
        await watch.refresh()
        assert (watch.fault, list(watch.statuses)) == (fault, [])

"""OwnThread: one thread for what blocks and must be done one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def deliverable(work: Callable[[], T]) -> T:
    """Do it. No future can hold a StopIteration: whoever waited for one would wait for ever."""
    try:
        return work()
    except StopIteration as error:
        raise RuntimeError("a StopIteration came out of what was done in a thread") from error


class OwnThread:
    """Work is done in the order in which it was asked for. What has begun goes on when its asker is cancelled."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(1, name)

    async def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: deliverable(lambda: work(*args, **kwargs)))

    async def close(self) -> None:
        """Wait for what has begun, forget the rest."""
        await asyncio.to_thread(self._executor.shutdown, cancel_futures=True)

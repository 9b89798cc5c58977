"""OwnThread: one thread for what blocks and must be done one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class OwnThread:
    """Work is done in the order in which it was asked for. What has begun goes on when its asker is cancelled."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(1, name)

    async def do(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, lambda: work(*args, **kwargs))

    async def close(self) -> None:
        """Wait for what has begun, forget the rest."""
        await asyncio.to_thread(self._executor.shutdown, cancel_futures=True)

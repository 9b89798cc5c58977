"""`@policy`: asking the operator's own code which policies hold for a request.

The code is asked once per operation, for all of its policies. Whatever it does instead of answering, raising, hanging,
answering something else, is a no to all of them.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import structlog

from gateway.authorization.tokens import Claims
from gateway.errors import origin

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("gateway.authorization")

_THREADS = 8

Holding = Collection[str]
Hook = Callable[[frozenset[str], Claims | None, Mapping[str, str]], Holding | Awaitable[Holding]]
"""(policies, the token's claims or None, the client's headers) -> those of the policies that hold."""


class Policies:
    """Asks one hook. A plain function runs in a thread, since it may wait for something."""

    def __init__(self, hook: Hook, timeout_s: float = 1.0) -> None:
        self._hook = hook
        self._timeout_s = timeout_s
        is_async = inspect.iscoroutinefunction(hook) or inspect.iscoroutinefunction(getattr(hook, "__call__", None))  # noqa: B004 - an object may have an asynchronous one
        # Threads of its own: a hook that hangs must not keep those from working that others use.
        self._threads = None if is_async else ThreadPoolExecutor(_THREADS, "braid-policies")

    async def holding(
        self, policies: frozenset[str], claims: Claims | None, headers: Mapping[str, str]
    ) -> frozenset[str]:
        """Those of the policies that hold. Raises nothing."""
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._ask(policies, claims, dict(headers))
        except TimeoutError as error:
            _log.error("policies not decided", error=type(error).__name__, timeout_s=self._timeout_s)
            return frozenset()
        except (Exception, SystemExit) as error:  # whatever the operator's code raises
            _log.error("policies not decided", error=type(error).__name__, origin=origin(error))
            return frozenset()
        if isinstance(answer, str) or not isinstance(answer, Collection):
            _log.error("policies not decided", error="the hook must answer a collection of policies")
            return frozenset()
        return policies.intersection(name for name in cast("Collection[Any]", answer) if isinstance(name, str))

    async def _ask(self, policies: frozenset[str], claims: Claims | None, headers: Mapping[str, str]) -> object:
        if self._threads is None:
            return await cast("Awaitable[object]", self._hook(policies, claims, headers))
        loop = asyncio.get_running_loop()
        answer: object = await loop.run_in_executor(self._threads, self._hook, policies, claims, headers)
        return await answer if inspect.isawaitable(answer) else answer

    async def close(self) -> None:
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)

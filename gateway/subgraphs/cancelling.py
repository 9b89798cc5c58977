"""Cancelling an execution of graphql-core without dropping coroutines unawaited.

graphql-core makes a task for each awaitable field, around coroutines that hold one another. A task that is cancelled
before its first turn never gets to the coroutine that it holds; Python then warns that this "was never awaited", on
every deadline that comes just as data arrives. So the tasks of an execution first get their first turn, which takes as
many turns of the event loop as new levels of fields begin in them: usually none or one.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from typing import Any

_MOST_TURNS = 100


async def cancel_started(execution: asyncio.Task[Any]) -> None:
    """Cancel the task, with all tasks that it waits for, and wait until it has stopped."""
    try:
        for _ in range(_MOST_TURNS):
            if all(_has_started(task) for task in _tasks_below(execution)):
                break
            await asyncio.sleep(0)
    finally:
        execution.cancel()
    await asyncio.wait([execution])


def _has_started(task: asyncio.Task[Any]) -> bool:
    coroutine = task.get_coro()
    return not inspect.iscoroutine(coroutine) or inspect.getcoroutinestate(coroutine) != inspect.CORO_CREATED


def _tasks_below(task: asyncio.Task[Any]) -> Iterator[asyncio.Task[Any]]:
    """The task, and every unfinished task that it waits for, directly or through asyncio.gather.

    What a task waits for is private to asyncio. Where it cannot be seen, the task is cancelled at once, as without us.
    """
    below: list[Any] = [task]
    while below:
        future = below.pop()
        below.extend(getattr(future, "_children", ()))
        if _is_running(future):
            below.append(getattr(future, "_fut_waiter", None))
            yield future


def _is_running(future: Any) -> bool:
    return isinstance(future, asyncio.Task) and not future.done()

"""Work for a client that has gone is stopped: nobody would read its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from starlette.types import Receive

from gateway.server.errors import ClientDisconnected

T = TypeVar("T")


async def run_while_connected(work: Awaitable[T], receive: Receive) -> T:
    """Await `work` here, in the caller's task, and cancel it when the client disconnects.

    The body must have been read: from then on `receive` has only the disconnect to tell. Raises ClientDisconnected;
    a cancellation by anybody else passes through.
    """
    worker = asyncio.current_task()
    assert worker is not None
    gone = False

    async def watch() -> None:
        nonlocal gone
        while (await receive())["type"] != "http.disconnect":
            pass
        gone = True
        worker.cancel()

    # The work stays in this task and the watcher gets the new one: 2 us, and tracebacks and context stay whole.
    watcher = asyncio.create_task(watch())
    try:
        return await work
    except asyncio.CancelledError:
        if gone and worker.uncancel() == 0:
            raise ClientDisconnected from None
        raise
    finally:
        watcher.cancel()

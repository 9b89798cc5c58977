"""Turns: the heavy pieces of requests' work take the event loop one after the other.

A turn of the loop runs everything that is ready, and only then looks at sockets and clocks again. When the answers of
thirty services have come at once, that is thirty times merging, and whoever asks meanwhile waits for all of it, even
for a refusal, which costs nothing. So each piece asks for its turn first: one is let go in each turn of the loop, in
the order in which they asked. While nobody waits, asking costs about a microsecond and no turn.

What a piece waits here is how far the loop is behind: see admission/watch.py.
"""

from __future__ import annotations

import asyncio
from collections import deque
from weakref import WeakKeyDictionary


class _Turns:
    """Of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_taken = False

    async def take(self) -> None:
        if not self._is_taken:
            self._is_taken = True
            self._loop.call_soon(self._pass_on)
            return
        turn = self._loop.create_future()
        self._waiting.append(turn)
        await turn

    def _pass_on(self) -> None:
        """The piece of this turn of the loop has run; who is let go now runs in the next, after the sockets."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # given up: its request was cancelled
                turn.set_result(None)
                self._loop.call_soon(self._pass_on)
                return
        self._is_taken = False


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns] = WeakKeyDictionary()


async def take_turn() -> None:
    """Wait until no other piece of work is let go in this turn of the running loop. Call it right before the work."""
    loop = asyncio.get_running_loop()
    turns = _turns.get(loop)
    if turns is None:
        turns = _turns[loop] = _Turns(loop)
    await turns.take()

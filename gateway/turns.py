"""Turns: the heavy pieces of requests' work take the event loop one after the other.

A turn of the loop runs everything that is ready, and only then looks at sockets and clocks again. When the answers of
thirty services have come at once, that is thirty times merging, and whoever asks meanwhile waits for all of it, even
for a refusal, which costs nothing. So each piece asks for its turn first: one is let go in each turn of the loop, in
the order in which they asked. While nobody waits, asking costs about a microsecond and no turn.

What is refused does not stand in this line. A thousand clients that ask again as soon as they are refused would fill
every turn with refusals, and one piece in each would not be enough for those that were let in: when the rest of the
turns takes longer than the pieces, more of them are let go at a time.

What a piece waits here is how far the loop is behind: see admission/watch.py.
"""

from __future__ import annotations

import asyncio
from collections import deque
from time import perf_counter
from weakref import WeakKeyDictionary

_MOST_AT_ONCE = 16
"""Pieces of a millisecond or two: what is refused is refused within 50 ms still."""
_CROWDED_S = 0.002
"""A turn with less than this beside its pieces leaves them enough."""


class _Turns:
    """Of one event loop. at_once: how many pieces a turn of it holds at present."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_taken = False
        self.at_once = 1
        self._rest_began_s = 0.0
        self._pieces_began_s = 0.0

    async def take(self) -> None:
        if not self._is_taken:
            self._is_taken = True
            self._rest_began_s = self._pieces_began_s = 0.0
            self._loop.call_soon(self._pass_on)
            return
        turn = self._loop.create_future()
        self._waiting.append(turn)
        await turn

    def _pass_on(self) -> None:
        """The pieces of this turn of the loop have run; those let go now run in the next, after the sockets."""
        self._share_out(perf_counter())
        self._loop.call_soon(self._note_begin)
        let_go = 0
        while self._waiting and let_go < self.at_once:
            turn = self._waiting.popleft()
            if not turn.done():  # given up: its request was cancelled
                turn.set_result(None)
                let_go += 1
        if let_go:
            self._loop.call_soon(self._pass_on)
        else:
            self._is_taken = False
            self.at_once = 1

    def _note_begin(self) -> None:
        """Runs right before the pieces that are let go, as `_pass_on` runs right after them."""
        self._pieces_began_s = perf_counter()

    def _share_out(self, now_s: float) -> None:
        """Half of the time, at least, is for those that were let in."""
        if self._rest_began_s:
            pieces_s, rest_s = now_s - self._pieces_began_s, self._pieces_began_s - self._rest_began_s
            if rest_s > max(pieces_s, _CROWDED_S):
                self.at_once = min(self.at_once + 1, _MOST_AT_ONCE)
            elif rest_s < pieces_s / 2:
                self.at_once = max(self.at_once - 1, 1)
        self._rest_began_s = now_s


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns] = WeakKeyDictionary()


async def take_turn() -> None:
    """Wait until no other piece of work is let go in this turn of the running loop. Call it right before the work."""
    loop = asyncio.get_running_loop()
    turns = _turns.get(loop)
    if turns is None:
        turns = _turns[loop] = _Turns(loop)
    await turns.take()

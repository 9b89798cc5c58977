"""An event loop whose time is exact: it jumps to the next timer when there is nothing else to do, and waits for none.

For what depends on milliseconds: the machine's noise is not in it, and a second costs nothing. No I/O.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _JumpingLoop(asyncio.SelectorEventLoop):
    _now = 0.0

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        # Both are private; a test of this module fails when they go away.
        timers = [timer.when() for timer in self._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
        if not self._ready and timers:  # type: ignore[attr-defined]
            self._now = max(self._now, min(timers))
        super()._run_once()  # type: ignore[misc]


def run(work: Coroutine[Any, Any, T]) -> T:
    """The result of the work, done from time 0 on."""
    with asyncio.Runner(loop_factory=_JumpingLoop) as runner:
        return runner.run(work)

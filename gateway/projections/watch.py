"""StatusWatch: how projections are doing, for whoever asks often: scrapes, readiness, live tables.

The store is read in a thread, once in a while, whoever asks and how often. A store that hangs delays nobody for longer
than PATIENCE_S, and what is told then is that it hangs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from gateway.errors import BraidError
from gateway.projections.status import ProjectionStatus

PATIENCE_S = 1.0

SILENT = "The store of projections does not answer in time."


class StatusWatch:
    """read: blocks. look_s: for so many seconds, what was read is told again.

    statuses: as last read; empty before, and while the store cannot be read.
    fault:    why it could not be read, in words for people; "" when it could.
    """

    def __init__(self, read: Callable[[], Sequence[ProjectionStatus]], look_s: float) -> None:
        self.statuses: Sequence[ProjectionStatus] = ()
        self.fault = ""
        self._read = read
        self._look_s = look_s
        self._looked_at: float | None = None
        self._thread = ThreadPoolExecutor(1, "projections-status")
        self._looking: asyncio.Task[None] | None = None

    async def refresh(self, patience_s: float = PATIENCE_S) -> None:
        """Look again, if the last look is old; return after patience_s at the latest."""
        looking, now = self._looking, asyncio.get_running_loop().time()
        if looking is None:
            if self._looked_at is not None and now - self._looked_at < self._look_s:
                return
            looking = self._looking = asyncio.create_task(self._look())
        # The look goes on: the next one who asks may find it done.
        done, _ = await asyncio.wait((looking,), timeout=patience_s)
        if not done:
            self.statuses, self.fault = (), SILENT

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            self.statuses, self.fault = await loop.run_in_executor(self._thread, self._read), ""
        except BraidError as error:
            self.statuses, self.fault = (), error.message
        except Exception as error:
            self.statuses, self.fault = (), f"The projections cannot be looked at: {type(error).__name__}."
        finally:
            self._looked_at = loop.time()
            self._looking = None

    async def close(self) -> None:
        """End the thread. A look that hangs is left behind after PATIENCE_S."""
        if self._looking is not None:
            await asyncio.wait((self._looking,), timeout=PATIENCE_S)
        self._thread.shutdown(wait=False)

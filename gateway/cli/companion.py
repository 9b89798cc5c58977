"""Companion: `braid project` as a child of a demo, which ends when the demo does, however that ends."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

from gateway.errors import BraidError

STOP_TIMEOUT_S = 10.0


class WorkerEnded(BraidError):
    """The process that keeps the projections has ended by itself; it has said why."""

    code = "WORKER_ENDED"


class Companion:
    """Running from the start on. What it says goes where our own messages go."""

    def __init__(self, arguments: Sequence[str], on_end: Callable[[], None]) -> None:
        """arguments: of `braid`. on_end: called by another thread if it ends unasked.

        To be made in the main thread: the child ends with the thread that made it.
        """
        self._is_stopping = False
        self._on_end = on_end
        self._process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", *arguments, "--with-parent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            # A group of its own: Ctrl-C in a terminal reaches the gateway alone, which then stops things in order.
            process_group=0,
        )
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def check(self) -> None:
        """Raises WorkerEnded when it has ended."""
        status = self._process.poll()
        if status is not None:
            raise WorkerEnded(f"The process that keeps the projections ended by itself, with status {status}.")

    def stop(self) -> None:
        """End it: asked to, and made to after STOP_TIMEOUT_S. Afterwards it is gone."""
        self._is_stopping = True
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._watcher.join()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def kill(self) -> None:
        """End it now."""
        self._process.kill()
        self._process.wait()

    def _watch(self) -> None:
        self._process.wait()
        if not self._is_stopping:
            self._on_end()

"""Ending with the process that started this one, however that ended.

Two ways, because each has a gap. The parent holds the writing end of a pipe that is our standard input: it closes when
the parent dies, on every system, but a stopped process (SIGSTOP) does not notice. Linux can have the kernel kill us
(PR_SET_PDEATHSIG), stopped or not, but it means the parent's *thread*: the parent must start us from its main one.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """From now on, this process is killed when its parent has ended. Standard input must be the parent's pipe."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    threading.Thread(target=_watch, name="lifeline", daemon=True).start()


def _watch() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGKILL)

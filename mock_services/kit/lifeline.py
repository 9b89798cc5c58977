"""Ending with the process that started this one, however that ended.

Two ways, because each has a gap. The parent holds the writing end of a pipe that is our standard input: it closes when
the parent dies, on every system, but a stopped process (SIGSTOP) does not notice. Linux can have the kernel kill us
(PR_SET_PDEATHSIG), stopped or not, but it means the parent's *thread*: whoever starts a process `--with-parent` does so
from a thread that lives as long as itself.
"""

from __future__ import annotations

import ctypes
import os
import signal
import stat
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1
_POLL_S = 0.5


def end_with_parent(parent: int, signal_number: int = signal.SIGKILL) -> None:
    """From now on, signal_number ends this process when the process `parent` has ended."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
    threading.Thread(target=_watch, args=(parent, signal_number), name="lifeline", daemon=True).start()


def _watch(parent: int, signal_number: int) -> None:
    """Wait for the parent's end: the end of standard input when that is a pipe, a new parent otherwise."""
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        while os.read(0, 4096):
            pass
    else:
        while os.getppid() == parent:
            time.sleep(_POLL_S)
    os.kill(os.getpid(), signal_number)

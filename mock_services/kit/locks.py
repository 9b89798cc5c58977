"""A lock on a directory that its holder's death releases: shared for serving it, exclusive for refilling it."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

if sys.platform != "win32":
    import fcntl

LOCK = ".lock"


class Locked(Exception):
    """Somebody holds the lock in a way that excludes this one."""


@contextmanager
def lock(directory: Path, *, exclusive: bool) -> Generator[None, None, None]:
    """Hold the lock for the block. Raises Locked at once rather than wait. Does nothing where there is no flock."""
    if sys.platform == "win32":
        yield
        return
    with (directory / LOCK).open("a") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Locked(str(directory)) from error
        yield

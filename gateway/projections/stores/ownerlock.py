"""OwnerLock: says that the process that holds it is alive. The operating system frees it when that ends.

It is SQLite's own lock on an empty database of its own, which is the same on every system that SQLite runs on.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from gateway.projections.store import Owned


class OwnerLock:
    """Held from the beginning to `close`. Raises Owned when somebody else has it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            self._connection.close()
            raise Owned("another process is about to write there") from error

    def close(self) -> None:
        """Calling it again does nothing."""
        self._connection.close()
        self._path.unlink(missing_ok=True)

    @staticmethod
    def is_free(path: Path) -> bool:
        """Whether nobody holds it; then it is gone as well."""
        if not path.exists():
            return True
        try:
            OwnerLock(path).close()
        except Owned:
            return False
        return True

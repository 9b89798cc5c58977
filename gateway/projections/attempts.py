"""Attempts: calls of handlers, any of which may fail.

They run unprotected at first, since a savepoint for each would cost more than they do. When one fails the whole
transaction is undone, and run again carefully, with the failure known: an event is not tried twice for that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.projections.letters import describe
from gateway.projections.store import RowRefused, StoreError, WritingTransaction

Key = tuple[str, str, int]
"""Stream, subject and version."""


class HandlerFailed(Exception):
    """A handler raised, outside of a savepoint."""

    def __init__(self, key: Key, error: str) -> None:
        super().__init__(error)
        self.key = key
        self.error = error


class Attempts:
    """Of one stream, in one transaction."""

    def __init__(self, tx: WritingTransaction, stream: str, failures: Mapping[Key, str] | None) -> None:
        """failures: None to run unprotected; else what is known to fail, and is not called again."""
        self._tx = tx
        self._stream = stream
        self._failures = failures

    def make(self, subject: str, version: int, call: Callable[[], None]) -> str | None:
        """What went wrong, if something did: then nothing was done. Raises StoreError.

        Raises HandlerFailed and RowRefused instead when it runs unprotected.
        """
        if self._failures is None:
            try:
                call()
            except (StoreError, RowRefused):
                # Whose row was refused is not known: rows are written later than they are put.
                raise
            except Exception as error:
                raise HandlerFailed((self._stream, subject, version), describe(error)) from error
            return None
        known = self._failures.get((self._stream, subject, version))
        if known is not None:
            return known
        try:
            with self._tx.savepoint():
                call()
        except StoreError:
            raise
        except Exception as error:
            return describe(error)
        return None

"""Writing: changes that wait for the writing thread at once are committed together.

A commit waits for the disk, some milliseconds; a change costs a tenth of that. So whatever has come while one commit
waited goes into the next: a service that is asked much commits as often as before, and does more each time. To each
change it is as if it were alone: it sees those before it, and is undone alone when it raises.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from mock_services.kit.connection import Connection, DatabaseUnavailable

MOST = 64
"""Changes in one transaction."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be done with the connection, and what comes of it."""

    run: Callable[[Connection], Any]
    done: Future[Any] = field(default_factory=Future[Any])


class Changes:
    """Those that wait. Added by any thread, taken by the one that writes."""

    def __init__(self) -> None:
        self._waiting: deque[Change] = deque()

    def add(self, run: Callable[[Connection], Any]) -> Future[Any]:
        """Who cancels the future before its change was begun keeps it from being made."""
        change = Change(run)
        self._waiting.append(change)
        return change.done

    def take(self) -> list[Change]:
        """The next ones, begun: none when others have been quicker."""
        taken: list[Change] = []
        while self._waiting and len(taken) < MOST:
            change = self._waiting.popleft()
            if change.done.set_running_or_notify_cancel():
                taken.append(change)
        return taken

    def cancel(self) -> None:
        """None of those that wait will be made."""
        while self._waiting:
            self._waiting.popleft().done.cancel()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a change ended: with a result, or undone by an error."""

    change: Change
    result: Any = None
    error: BaseException | None = None

    def tell(self) -> None:
        """Whoever waits for it."""
        if self.error is None:
            self.change.done.set_result(self.result)
        else:
            self.change.done.set_exception(self.error)


def commit(connection: Connection, changes: Sequence[Change]) -> list[Outcome]:
    """Make these changes in one transaction. Raises when none of them was made: the database itself is to blame."""
    with connection.transaction():
        return [_make(connection, change) for change in changes]


def _make(connection: Connection, change: Change) -> Outcome:
    """Make one, or undo it."""
    connection.run("SAVEPOINT change")
    try:
        outcome = Outcome(change, change.run(connection))
    except DatabaseUnavailable:
        raise
    except Exception as error:
        connection.run("ROLLBACK TO SAVEPOINT change")
        outcome = Outcome(change, error=error)
    connection.run("RELEASE SAVEPOINT change")
    return outcome

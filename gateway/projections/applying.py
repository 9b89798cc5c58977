"""Applying: what becomes of each event of a batch, inside one transaction.

The version tells. One that the tables hold already is a duplicate; the next one is applied; a later one is *early*,
and set aside until those between have come. An event whose handler fails is set aside as well, and with it whatever
comes of the same aggregate behind it: the rest of the stream goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import update

from gateway.events import Aggregate, Event
from gateway.projections import bookkeeping
from gateway.projections.appliers import Applier, Appliers
from gateway.projections.attempts import Attempts, Key
from gateway.projections.book import Book
from gateway.projections.bookkeeping import Life
from gateway.projections.letters import (
    EARLY,
    RETRY,
    SKIP,
    WAITING,
    Jitter,
    content,
    failed,
    letter_of,
    skipped,
)
from gateway.projections.policy import Policy
from gateway.projections.store import WritingTransaction
from gateway.projections.transaction import Row


@dataclass(slots=True)
class Outcome:
    """What became of events. times: of those that were applied, seconds since 1970."""

    applied: int = 0
    duplicates: int = 0
    ignored: int = 0
    parked: int = 0
    times: list[float] = field(default_factory=list[float])


@dataclass(frozen=True, slots=True)
class Tools:
    """What does not change from one transaction to the next."""

    appliers: Appliers
    policy: Policy
    clock: Callable[[], float]
    jitter: Jitter


class Applying:
    """One stream's part of one transaction."""

    def __init__(
        self, tools: Tools, book: Book, tx: WritingTransaction, stream: str, failures: Mapping[Key, str] | None = None
    ) -> None:
        """failures: None to run unprotected; else what is known to fail, and is not called again."""
        self.outcome = Outcome()
        self._tools = tools
        self._book = book
        self._tx = tx
        self._stream = stream
        self._settled = book.settled.get(stream, 0)
        self._attempts = Attempts(tx, stream, failures)
        self._held: dict[str, tuple[int, int]] = {}
        self._changed: set[str] = set()

    def look_up(self, subjects: Iterable[str]) -> None:
        """Read the versions of these aggregates at once: to be done before anything else about them."""
        wanted = set(subjects)
        self._tx.prefetch(bookkeeping.versions, [(self._stream, subject) for subject in wanted])
        for subject in wanted:
            row = self._tx.get(bookkeeping.versions, self._stream, subject)
            if row is not None:
                self._held[subject] = (row["version"], row["life"])

    def finish(self) -> None:
        """Write the versions."""
        for subject in self._changed:
            version, life = self._held[subject]
            row = {"stream": self._stream, "subject": subject, "version": version, "life": life}
            self._tx.put(bookkeeping.versions, row)

    def event(self, event: Event) -> None:
        subject = event.subject
        version = event.aggregateversion
        last, life = self._held.get(subject, (0, Life.UNSEEN))
        parked = self._book.parked.get((self._stream, subject))
        if version <= last or (parked is not None and version in parked):
            self.outcome.duplicates += 1
            return
        applier = self._tools.appliers.event(self._stream, event.type)
        if applier is not None and applier.is_end:
            self._end(event, applier)
        elif life == Life.UNSEEN and version > 1 and event.position <= self._settled:
            # Not in the snapshot, although it was there before: it was gone by then.
            self._hold(subject, version, Life.UNSEEN)
            self.outcome.ignored += 1
        elif version == last + 1:
            self._next(event, applier)
        else:
            # Behind one that failed, or before those that are missing.
            is_behind = parked is not None and last + 1 in parked
            self._park(letter_of(self._stream, event, WAITING if is_behind else EARLY, self._tools.clock()))

    def state(self, state: Aggregate, *, is_surely_newer: bool = False) -> None:
        """An aggregate, as a snapshot told it. is_surely_newer: than everything applied, whatever the versions say."""
        subject = state.subject
        last, life = self._held.get(subject, (0, Life.UNSEEN))
        if state.aggregateversion <= last and life != Life.UNSEEN and not is_surely_newer:
            self.outcome.duplicates += 1
            return
        applier = self._tools.appliers.state(self._stream)
        error = None
        if applier is not None:
            found = applier
            error = self._attempts.make(state.subject, state.aggregateversion, lambda: found.state(state, self._tx))
        self._forget(subject, state.aggregateversion)
        if error is None:
            self._hold(subject, state.aggregateversion, Life.EXISTS)
            self.outcome.applied += 1
            self._release(subject)
        else:
            self._hold(subject, state.aggregateversion - 1, Life.EXISTS)
            self._fail(letter_of(self._stream, state, WAITING, self._tools.clock()), error)

    def gone(self, subject: str) -> bool:
        """The service has this aggregate no more. Gives whether that could be applied."""
        last, _ = self._held.get(subject, (0, Life.UNSEEN))
        applier = self._tools.appliers.end(self._stream)
        if applier is None:
            return False
        if self._attempts.make(subject, last, lambda: applier.gone(subject, last, self._tx)) is not None:
            return False
        self._forget(subject, None)
        self._hold(subject, last, Life.GONE)
        return True

    def letter(self, letter: Row) -> None:
        """Do what a letter's mark wants, or try it again because it is time."""
        subject, version = letter["subject"], letter["version"]
        last, _ = self._held.get(subject, (0, Life.UNSEEN))
        if version != last + 1:
            # A repair went back to before it. It is applied when those between have come.
            self._tx.put(bookkeeping.letters, {**letter, "mark": "", "state": EARLY, "retry_at": None})
        elif letter["mark"] == SKIP:
            self._tx.put(bookkeeping.letters, skipped(letter))
            self._book.unpark(self._stream, subject, version)
            self._hold(subject, version, Life.EXISTS)
            self._release(subject)
        elif self._try(letter if letter["mark"] != RETRY else {**letter, "attempts": 0}):
            self._release(subject)

    def _next(self, event: Event, applier: Applier | None) -> None:
        error = None
        if applier is not None:
            error = self._attempts.make(event.subject, event.aggregateversion, lambda: applier.event(event, self._tx))
        if error is None:
            self._hold(event.subject, event.aggregateversion, Life.EXISTS)
            self._count(event, applier)
            if (self._stream, event.subject) in self._book.parked:
                self._release(event.subject)
        else:
            self._fail(letter_of(self._stream, event, WAITING, self._tools.clock()), error)

    def _end(self, event: Event, applier: Applier) -> None:
        """The aggregate is gone: what is set aside of it holds what is to be forgotten, and is of no use any more."""
        version = event.aggregateversion
        error = self._attempts.make(event.subject, version, lambda: applier.event(event, self._tx))
        self._forget(event.subject, version)
        if error is None:
            self._hold(event.subject, version, Life.GONE)
            self._count(event, applier)
            self._release(event.subject)
        else:
            self._hold(event.subject, version - 1, Life.EXISTS)
            self._fail(letter_of(self._stream, event, WAITING, self._tools.clock()), error)

    def _release(self, subject: str) -> None:
        """Apply letters of an aggregate for as long as each is the next."""
        while parked := self._book.parked.get((self._stream, subject)):
            due = self._held[subject][0] + 1
            if due not in parked:
                return
            letter = self._tx.get(bookkeeping.letters, self._stream, subject, due)
            # Somebody may have dropped its row by hand.
            if letter is None or not self._try(letter):
                return

    def _try(self, letter: Row) -> bool:
        """Apply what a letter holds. Gives whether it is done with."""
        subject, version = letter["subject"], letter["version"]
        error = self._attempts.make(subject, version, lambda: self._call(letter))
        if error is not None:
            self._tx.put(
                bookkeeping.letters, failed(letter, error, self._tools.clock(), self._tools.policy, self._tools.jitter)
            )
            self._wait_behind(subject, version)
            return False
        self._tx.delete(bookkeeping.letters, self._stream, subject, version)
        self._book.unpark(self._stream, subject, version)
        applier = self._tools.appliers.event(self._stream, letter["type"])
        is_end = applier is not None and applier.is_end
        self._hold(subject, version, Life.GONE if is_end else Life.EXISTS)
        self.outcome.applied += 1
        return True

    def _call(self, letter: Row) -> None:
        """Apply what a letter holds."""
        told = content(letter)
        if isinstance(told, Aggregate):
            applier = self._tools.appliers.state(self._stream)
            if applier is not None:
                applier.state(told, self._tx)
        else:
            applier = self._tools.appliers.event(self._stream, told.type)
            if applier is not None:
                applier.event(told, self._tx)

    def _fail(self, letter: dict[str, Any], error: str) -> None:
        tools = self._tools
        self._park(failed(letter, error, tools.clock(), tools.policy, tools.jitter))
        self._wait_behind(letter["subject"], letter["version"])

    def _park(self, letter: dict[str, Any]) -> None:
        self._tx.put(bookkeeping.letters, letter)
        self._book.park(self._stream, letter["subject"], letter["version"])
        self.outcome.parked += 1

    def _wait_behind(self, subject: str, version: int) -> None:
        """Letters that were early wait for one that failed now."""
        if max(self._book.parked[self._stream, subject]) > version:
            letters = bookkeeping.letters.c
            self._tx.run(
                update(bookkeeping.letters)
                .where(letters.stream == self._stream, letters.subject == subject)
                .where(letters.version > version, letters.state == EARLY)
                .values(state=WAITING)
            )

    def _forget(self, subject: str, through: int | None) -> None:
        """Drop letters of an aggregate up to this version, or all; records of skipped ones stay."""
        for version in sorted(self._book.parked.get((self._stream, subject), ())):
            if through is None or version <= through:
                self._tx.delete(bookkeeping.letters, self._stream, subject, version)
                self._book.unpark(self._stream, subject, version)

    def _hold(self, subject: str, version: int, life: int) -> None:
        self._held[subject] = (version, life)
        self._changed.add(subject)

    def _count(self, event: Event, applier: Applier | None) -> None:
        if applier is None:
            self.outcome.ignored += 1
        else:
            self.outcome.applied += 1
            self.outcome.times.append(event.time.timestamp())

"""Projector: the owner of one generation. What it applies and how far it has read are committed together.

Everything here blocks, and is called by one thread at a time. When a transaction fails nothing has happened: what it
was about is read again, or asked for again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from sqlalchemy import and_, or_, select

from gateway.errors import BraidError
from gateway.events import EventBatch, EventsRewritten, Position, SnapshotPage
from gateway.projections import bookkeeping
from gateway.projections.appliers import Appliers
from gateway.projections.applying import Applying, Outcome, Tools
from gateway.projections.attempts import HandlerFailed, Key
from gateway.projections.book import Book
from gateway.projections.letters import RETRYING, Jitter
from gateway.projections.policy import Policy
from gateway.projections.projection import Projection
from gateway.projections.status import StreamState
from gateway.projections.store import RowRefused, Writer, WritingTransaction
from gateway.projections.transaction import Row

T = TypeVar("T")

ATTENDED = 200
"""Letters, or aggregates to repair, that are dealt with in one transaction at most."""


class TooManyLetters(BraidError):
    """More events would be set aside than the policy allows: something is wrong with all of them."""

    code = "TOO_MANY_LETTERS"


@dataclass(frozen=True, slots=True)
class Attention:
    """outcomes: of letters that were tried, by stream. next_at: when the next one is due, in the clock's seconds.

    repairs: aggregates that are to be fetched and given to `repair`, by stream. has_more: attend again at once.
    """

    outcomes: Mapping[str, Outcome]
    next_at: float | None
    repairs: Mapping[str, Sequence[str]]
    has_more: bool


def shaken() -> float:
    """A tenth more or less."""
    return random.uniform(0.9, 1.1)


class Projector:
    """Writes one generation. clock: seconds since 1970."""

    def __init__(
        self,
        projection: Projection,
        writer: Writer,
        policy: Policy,
        *,
        clock: Callable[[], float] = time.time,
        jitter: Jitter = shaken,
    ) -> None:
        self.projection = projection
        self.writer = writer
        self.policy = policy
        self._clock = clock
        self._tools = Tools(Appliers(projection), policy, clock, jitter)
        self._book: Book | None = None

    def positions(self) -> Mapping[str, Position]:
        """Of every source that has been begun, where to read on."""
        with self._transaction() as (_, book):
            return {source: book.position(source) for source in book.sources}

    def begin(self, stream: str, sources: Mapping[str, Position]) -> None:
        """Follow a stream from these positions of its sources on; those that were begun before stay where they are."""
        with self._transaction() as (tx, book):
            for source, head in sources.items():
                if source not in book.sources:
                    book.begin(tx, stream, source, head)

    def builds(self) -> Mapping[str, Row]:
        """Rows of bookkeeping.builds by stream: of those whose snapshot is being read, or was."""
        with self._transaction() as (tx, _):
            return {row["stream"]: row for row in tx.rows(select(bookkeeping.builds))}

    def begin_build(self, stream: str, sources: Mapping[str, Position], total: int | None) -> None:
        """Note where a stream's events begin for this generation, before the first page of its snapshot is read."""
        with self._transaction() as (tx, book):
            for source, head in sources.items():
                book.begin(tx, stream, source, head)
            row = {"feed": "", "settled": 0, "cursor": "", "done": 0, "total": total, "is_done": 0}
            tx.put(bookkeeping.builds, {"stream": stream, **row})

    def fill(self, stream: str, page: SnapshotPage) -> Row:
        """Apply a page of a snapshot. Gives the build's row. Raises EventsRewritten when the service began anew."""
        return self._carefully(lambda failures: self._fill(stream, page, failures))

    def apply(self, stream: str, source: str, batch: EventBatch) -> Outcome:
        """Apply a batch, or note that there was nothing new. Raises TooManyLetters, StoreError, RowRefused."""
        return self._carefully(lambda failures: self._apply(stream, source, batch, failures))

    def attend(self) -> Attention:
        """Try letters whose time has come or that somebody has marked. Raises StoreError."""
        outcomes: dict[str, Outcome] = {}
        with self._transaction() as (tx, book):
            rows = self._due(tx) if book.count else ()
            for stream, letters in groupby(rows, itemgetter("stream")):
                with self._applying(tx, book, stream, {}) as applying:
                    due = list(letters)
                    applying.look_up(letter["subject"] for letter in due)
                    for letter in due:
                        # The one before may have released it.
                        if letter["version"] in book.parked.get((stream, letter["subject"]), ()):
                            applying.letter(letter)
                outcomes[stream] = applying.outcome
            repairs = tx.rows(select(bookkeeping.repairs).order_by(*bookkeeping.repairs.c).limit(ATTENDED))
            wanted = {
                stream: [row["subject"] for row in each] for stream, each in groupby(repairs, itemgetter("stream"))
            }
            return Attention(outcomes, self._next_at(tx) if book.count else None, wanted, len(rows) == ATTENDED)

    def repair(self, stream: str, subjects: Sequence[str], page: SnapshotPage) -> None:
        """Apply aggregates as the service says they are. page: what it has of these subjects."""
        with self._transaction() as (tx, book), self._applying(tx, book, stream, {}) as applying:
            # Otherwise events may have been applied that the page does not know yet.
            is_newer = page.position.number >= book.applied(stream)
            applying.look_up(subjects)
            found = {item.subject: item for item in page.items}
            for subject in subjects:
                state = found.get(subject)
                if state is not None:
                    applying.state(state, is_surely_newer=is_newer)
                elif is_newer:
                    applying.gone(subject)
                tx.delete(bookkeeping.repairs, stream, subject)

    def note(self, source: str, state: StreamState, message: str = "") -> None:
        """Store how a source is doing, if that has changed."""
        with self._transaction() as (tx, book):
            row = book.sources[source]
            if (row["state"], row["message"]) != (state.value, message):
                book.write(tx, source, state=state.value, message=message)

    def _apply(self, stream: str, source: str, batch: EventBatch, failures: Mapping[Key, str] | None) -> Outcome:
        with self._transaction() as (tx, book):
            with self._applying(tx, book, stream, failures) as applying:
                applying.look_up([event.subject for event in batch.events])
                for event in batch.events:
                    applying.event(event)
            book.advance(tx, source, batch, self._clock())
        return applying.outcome

    def _fill(self, stream: str, page: SnapshotPage, failures: Mapping[Key, str] | None) -> Row:
        position = page.position
        with self._transaction() as (tx, book):
            row = tx.get(bookkeeping.builds, stream)
            if row is None or row["feed"] not in ("", position.history):
                raise EventsRewritten(stream, f"The feed of '{stream}' has begun anew while its snapshot was read.")
            with self._applying(tx, book, stream, failures) as applying:
                # Versions are not looked up: pages come once, before any event. That saves a fifth of a page's cost.
                for item in page.items:
                    applying.state(item)
            if not row["feed"]:
                # All pages are at least as new as the first.
                book.begin_at(tx, stream, position.number)
            cursor, done = page.next or "", row["done"] + len(page.items)
            changes = {"settled": position.number, "cursor": cursor, "done": done, "is_done": int(page.next is None)}
            row = {**row, "feed": position.history, **changes}
            tx.put(bookkeeping.builds, row)
            book.settled[stream] = position.number
        return row

    @contextmanager
    def _transaction(self) -> Generator[tuple[WritingTransaction, Book]]:
        try:
            with self.writer.transaction() as tx:
                book = self._book = self._book or Book(tx)
                before = book.count
                yield tx, book
                if book.count > max(before, self.policy.max_parked):
                    raise TooManyLetters(
                        f"projection '{self.projection.name}' has {before} events set aside, and no room for more; "
                        f"look at `braid dead-letters list {self.projection.name}`"
                    )
        except BaseException:
            # It may say what was not committed.
            self._book = None
            raise

    @contextmanager
    def _applying(
        self, tx: WritingTransaction, book: Book, stream: str, failures: Mapping[Key, str] | None
    ) -> Generator[Applying]:
        applying = Applying(self._tools, book, tx, stream, failures)
        yield applying
        applying.finish()

    def _carefully(self, work: Callable[[Mapping[Key, str] | None], T]) -> T:
        """Do it unprotected, and once more with a savepoint for each event when one fails."""
        try:
            return work(None)
        except HandlerFailed as failure:
            return work({failure.key: failure.error})
        except RowRefused:
            return work({})

    def _due(self, tx: WritingTransaction) -> Sequence[Row]:
        letters = bookkeeping.letters.c
        is_due = and_(letters.state == RETRYING, letters.retry_at <= self._clock())
        return tx.rows(
            select(bookkeeping.letters)
            .where(or_(letters.mark != "", is_due))
            .order_by(letters.stream, letters.subject, letters.version)
            .limit(ATTENDED)
        )

    def _next_at(self, tx: WritingTransaction) -> float | None:
        letters = bookkeeping.letters
        first = select(letters).where(letters.c.state == RETRYING).order_by(letters.c.retry_at).limit(1)
        return next((row["retry_at"] for row in tx.rows(first)), None)

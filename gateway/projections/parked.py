"""What operators do with letters: look at them, and leave marks on them for the worker that owns them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update

from gateway.projections import bookkeeping
from gateway.projections.chosen import chosen
from gateway.projections.letters import DEAD, RETRY, RETRYING, SKIP
from gateway.projections.projection import Projection
from gateway.projections.store import Generation, Store
from gateway.projections.transaction import Row, Transaction


@dataclass(frozen=True, slots=True)
class Letter:
    """An event that was set aside. state: `early`, `retrying`, `waiting`, `dead`, `skipped`.

    position:    the service's. attempts: made so far.
    error:       kind and place of what was raised, never its text, which may hold personal data.
    retry_at:    of the next attempt; None when there will be none by itself.
    mark:        what an operator wants that is not done yet: `retry`, `skip` or "".
    reason:      of a skip.
    event:       the whole envelope, as JSON. Empty for a skipped one, and may hold personal data for others.
    """

    generation: int
    stream: str
    subject: str
    version: int
    type: str
    position: int
    state: str
    attempts: int
    error: str
    parked_at: datetime
    retry_at: datetime | None
    mark: str
    reason: str
    event: bytes


def letters(
    store: Store,
    projection: Projection,
    *,
    number: int | None = None,
    stream: str | None = None,
    subject: str | None = None,
    state: str | None = None,
    limit: int = 1000,
) -> Sequence[Letter]:
    """Of one generation (the one that serves unless a number is given), by stream, subject and version."""
    generation = chosen(store, projection, number)
    columns = bookkeeping.letters.c
    statement = (
        select(bookkeeping.letters)
        .where(*_about(stream, subject), *([] if state is None else [columns.state == state]))
        .order_by(columns.stream, columns.subject, columns.version)
        .limit(limit)
    )
    rows = store.read(projection, lambda reading: reading.rows(statement), generation)
    return [_letter(generation.number, row) for row in rows]


def retry(
    store: Store,
    projection: Projection,
    *,
    number: int | None = None,
    stream: str | None = None,
    subject: str | None = None,
) -> int:
    """Have the worker try failed events again, with attempts anew: all, or a stream's, or a subject's.

    number: of the generation, all of the code's version unless given. Gives how many are marked; the worker takes them
    up within a second or two.
    """
    return _mark(store, projection, number, _about(stream, subject), RETRY, "")


def skip(
    store: Store,
    projection: Projection,
    *,
    stream: str,
    subject: str,
    reason: str,
    number: int | None = None,
) -> int:
    """Have the worker pass over the failed event of this subject; those that wait behind it are applied then.

    Gives how many are marked, over the generations. reason: kept with the record.
    """
    return _mark(store, projection, number, _about(stream, subject), SKIP, reason)


def described(letter: Letter) -> dict[str, Any]:
    """As JSON, without the event itself."""
    told = asdict(letter)
    del told["event"]
    for name in ("parked_at", "retry_at"):
        told[name] = None if told[name] is None else told[name].isoformat()
    return told


def _mark(
    store: Store,
    projection: Projection,
    number: int | None,
    about: Sequence[ColumnElement[bool]],
    mark: str,
    reason: str,
) -> int:
    """Of failed events only: those that are early or wait are not what is in the way."""
    is_failed = bookkeeping.letters.c.state.in_((RETRYING, DEAD))
    statement = update(bookkeeping.letters).where(is_failed, *about).values(mark=mark, reason=reason)

    def leave(tx: Transaction) -> int:
        return tx.run(statement)

    return sum(store.edit(projection, generation, leave) for generation in _marked(store, projection, number))


def _about(stream: str | None, subject: str | None) -> list[ColumnElement[bool]]:
    columns = bookkeeping.letters.c
    about = [] if stream is None else [columns.stream == stream]
    return about if subject is None else [*about, columns.subject == subject]


def _marked(store: Store, projection: Projection, number: int | None) -> Sequence[Generation]:
    if number is not None:
        return [chosen(store, projection, number)]
    return [each for each in store.generations(projection.name) if each.version == projection.version]


def _letter(number: int, row: Row) -> Letter:
    values = {name: value for name, value in row.items() if name not in ("parked_at", "retry_at", "event")}
    return Letter(
        generation=number,
        parked_at=_time(row["parked_at"]),
        retry_at=None if row["retry_at"] is None else _time(row["retry_at"]),
        event=row["event"].encode(),
        **values,
    )


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

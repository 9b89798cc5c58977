"""Book: what the owner of a generation remembers of its bookkeeping, so that it is not read for every event."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from gateway.events import EventBatch, Position
from gateway.projections.bookkeeping import builds, checkpoints, letters
from gateway.projections.letters import SKIPPED
from gateway.projections.status import StreamState
from gateway.projections.transaction import Row, Transaction


class Book:
    """As of the last commit, and of what the transaction under way has written.

    sources: rows of `checkpoints` by source. settled: by stream, where its snapshot ended.
    parked:  versions of letters by stream and subject, without skipped ones.
    """

    def __init__(self, tx: Transaction) -> None:
        self.sources: dict[str, Row] = {row["source"]: row for row in tx.rows(select(checkpoints))}
        self.settled: dict[str, int] = {row["stream"]: row["settled"] for row in tx.rows(select(builds))}
        self.parked: dict[tuple[str, str], set[int]] = {}
        self.count = 0
        for row in tx.rows(select(letters).where(letters.c.state != SKIPPED)):
            self.park(row["stream"], row["subject"], row["version"])

    def position(self, source: str) -> Position:
        row = self.sources[source]
        return Position(row["history"], row["number"])

    def begin(self, tx: Transaction, stream: str, source: str, head: Position) -> None:
        """Read a source from here on."""
        self.sources[source] = {"source": source, "stream": stream, "read_at": None, "caught_up_at": None}
        place = {"history": head.history, "number": head.number, "head": head.number, "applied": 0}
        self.write(tx, source, **place, state=StreamState.BUILDING.value, message="")

    def advance(self, tx: Transaction, source: str, batch: EventBatch, now: float) -> None:
        """A batch of it was applied."""
        row = self.sources[source]
        position = batch.position
        self.write(
            tx,
            source,
            history=position.history,
            number=position.number,
            head=batch.head,
            applied=max(row["applied"], batch.events[-1].position if batch.events else 0),
            read_at=now,
            caught_up_at=now if position.number >= batch.head else row["caught_up_at"],
            state=StreamState.FOLLOWING.value,
            message="",
        )

    def begin_at(self, tx: Transaction, stream: str, position: int) -> None:
        """A snapshot has told everything up to this position of the service."""
        for source, row in list(self.sources.items()):
            if row["stream"] == stream:
                self.write(tx, source, applied=max(row["applied"], position))

    def write(self, tx: Transaction, source: str, **changes: Any) -> None:
        """Change a source's checkpoint."""
        row = {**self.sources[source], **changes}
        self.sources[source] = row
        tx.put(checkpoints, row)

    def applied(self, stream: str) -> int:
        """The service's position up to which everything of the stream was read."""
        return applied_through(self.sources.values(), stream)

    def park(self, stream: str, subject: str, version: int) -> None:
        self.parked.setdefault((stream, subject), set()).add(version)
        self.count += 1

    def unpark(self, stream: str, subject: str, version: int) -> None:
        held = self.parked[stream, subject]
        held.remove(version)
        self.count -= 1
        if not held:
            del self.parked[stream, subject]


def applied_through(checkpoints: Iterable[Row], stream: str) -> int:
    """The service's position up to which everything of the stream was read. checkpoints: rows of all its sources.

    Of several partitions, those that are at their end have nothing of what another one has read already.
    """
    rows = [row for row in checkpoints if row["stream"] == stream]
    is_caught_up = all(row["number"] >= row["head"] for row in rows)
    return (max if is_caught_up else min)((row["applied"] for row in rows), default=0)

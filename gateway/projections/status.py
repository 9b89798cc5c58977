"""Status: how projections are doing, as plain values.

What is read from the store (`read_status`) is the same in every process. What a worker counts while it runs
(`Counters`) is its own: rates and the consistency window are of no use once they are old.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

from sqlalchemy import func, select

from gateway.projections import bookkeeping
from gateway.projections.projection import Projection
from gateway.projections.store import Generation, Reading, State, Store, StoreError
from gateway.projections.stores.registry import serving
from gateway.projections.transaction import Row

WINDOW_BOUNDS_S = (0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0, 300.0)

SILENT_S = 70.0
"""A source answers at least once in this time, be it that nothing is new: the longest wait, and some."""


class StreamState(Enum):
    """Of one stream of one generation. REWRITTEN and PRUNED end only with a new build."""

    BUILDING = "building"
    FOLLOWING = "following"
    UNAVAILABLE = "unavailable"
    MALFORMED = "malformed"
    REWRITTEN = "rewritten"
    PRUNED = "pruned"
    STOPPED = "stopped"
    """Too many letters: until there are fewer."""


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """applied: the service's position up to which events are in the tables. message: what is wrong, and what to do.

    lag_events: how many more the source had when it was last read.
    lag_s:      how old the tables may be: 0 when nothing was missing, else since that was last so. None: never was.
    read_at:    when the source last answered.
    """

    stream: str
    state: StreamState
    message: str
    applied: int
    lag_events: int
    lag_s: float | None
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class LetterCounts:
    """Events set aside. early: their predecessor is missing. retrying, dead: failed. waiting: behind one of those.

    oldest_s: age of the oldest of all; None when there are none. skipped: passed over by somebody, kept for the record.
    """

    early: int = 0
    retrying: int = 0
    waiting: int = 0
    dead: int = 0
    skipped: int = 0
    oldest_s: float | None = None

    @property
    def parked(self) -> int:
        return self.early + self.retrying + self.waiting + self.dead


@dataclass(frozen=True, slots=True)
class BuildProgress:
    """One stream of a build. total: aggregates there were when it began; None when unknown."""

    stream: str
    done: int
    total: int | None
    is_done: bool


@dataclass(frozen=True, slots=True)
class GenerationStatus:
    """streams: in the order of the declaration. build: empty once it is built."""

    generation: Generation
    streams: Sequence[StreamStatus]
    letters: LetterCounts
    build: Sequence[BuildProgress]


@dataclass(frozen=True, slots=True)
class ProjectionStatus:
    """generations: oldest first. serving: number of the one that answers queries of this code; None when none does.

    Generations of other versions than the code's are told without streams, letters and progress.
    """

    name: str
    version: int
    serving: int | None
    generations: Sequence[GenerationStatus]


@dataclass(slots=True)
class Window:
    """Consistency window: seconds between what happened at the service and its commit here, as a histogram.

    counts: how many were within each of WINDOW_BOUNDS_S and above the one before; the last is for those above all.
    """

    counts: list[int] = field(default_factory=lambda: [0] * (len(WINDOW_BOUNDS_S) + 1))
    sum_s: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(WINDOW_BOUNDS_S, seconds)] += 1
        self.sum_s += seconds


@dataclass(slots=True)
class StreamCounters:
    """Since the worker began to follow.

    read:    events that came from the source. applied: those that were, and letters that were in the end.
    ignored: nobody handles their type, or they are about what was gone before the build.
    rate:    events read per second, lately.
    """

    read: int = 0
    applied: int = 0
    duplicates: int = 0
    ignored: int = 0
    parked: int = 0
    batches: int = 0
    rate: float = 0.0
    window: Window = field(default_factory=Window)


Counters = Mapping[tuple[str, int, str], StreamCounters]
"""By projection, generation number and stream. Read it in the worker's event loop."""


def read_status(store: Store, projections: Sequence[Projection]) -> Sequence[ProjectionStatus]:
    """Blocks. Raises StoreError when the store cannot be read."""
    return [_projection(store, projection) for projection in projections]


def _projection(store: Store, projection: Projection) -> ProjectionStatus:
    generations = store.generations(projection.name)
    served = serving(generations, projection.version)
    statuses = [generation_status(store, projection, generation) for generation in generations]
    return ProjectionStatus(projection.name, projection.version, served.number if served else None, statuses)


def generation_status(store: Store, projection: Projection, generation: Generation) -> GenerationStatus:
    """Of one. Blocks. Raises StoreError."""
    if generation.version != projection.version:
        return GenerationStatus(generation, (), LetterCounts(), ())
    try:
        return store.read(projection, lambda reading: _look(reading, projection, time.time()), generation)
    except StoreError:
        if any(each.number == generation.number for each in store.generations(projection.name)):
            raise
        # Dropped in between.
        return GenerationStatus(generation, (), LetterCounts(), ())


def _look(reading: Reading, projection: Projection, now: float) -> GenerationStatus:
    order = {stream: place for place, stream in enumerate(projection.streams)}
    rows = sorted(
        reading.rows(select(bookkeeping.checkpoints)), key=lambda row: (order.get(row["stream"], 0), row["source"])
    )
    is_building = reading.generation.state is State.BUILDING
    builds = reading.rows(select(bookkeeping.builds)) if is_building else ()
    by_stream = {row["stream"]: row for row in builds}
    progress = [told(by_stream[stream]) for stream in projection.streams if stream in by_stream]
    streams = [_stream(row, now) for row in rows]
    return GenerationStatus(reading.generation, streams, _letters(reading, now), progress)


def _stream(row: Row, now: float) -> StreamStatus:
    state = StreamState(row["state"])
    lag_events = max(row["head"] - row["number"], 0)
    caught_up_at = row["caught_up_at"]
    is_fresh = state is StreamState.FOLLOWING and lag_events == 0 and now - row["read_at"] < SILENT_S
    lag_s = 0.0 if is_fresh else None if caught_up_at is None else max(now - caught_up_at, 0.0)
    read_at = None if row["read_at"] is None else datetime.fromtimestamp(row["read_at"], UTC)
    return StreamStatus(row["source"], state, row["message"], row["applied"], lag_events, lag_s, read_at)


def _letters(reading: Reading, now: float) -> LetterCounts:
    letters = bookkeeping.letters.c
    statement = select(letters.state, func.count().label("many"), func.min(letters.parked_at).label("oldest"))
    rows = reading.rows(statement.group_by(letters.state))
    counts = {row["state"]: row["many"] for row in rows}
    oldest = min((row["oldest"] for row in rows if row["state"] != "skipped"), default=None)
    return LetterCounts(**counts, oldest_s=None if oldest is None else max(now - oldest, 0.0))


def told(row: Row) -> BuildProgress:
    """A row of bookkeeping.builds."""
    return BuildProgress(row["stream"], row["done"], row["total"], bool(row["is_done"]))

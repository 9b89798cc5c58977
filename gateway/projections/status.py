"""Status: how projections are doing, as plain values.

What is read from the store (`read_status`) is the same in every process. What a worker counts while it runs
(`Counters`) is its own: rates and the consistency window are of no use once they are old.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from gateway.projections.projection import Projection
from gateway.projections.store import Generation, Store

WINDOW_BOUNDS_S = (0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0, 300.0)


class StreamState(Enum):
    """Of one stream of one generation. REWRITTEN, PRUNED and STOPPED end only with a new build."""

    BUILDING = "building"
    FOLLOWING = "following"
    UNAVAILABLE = "unavailable"
    MALFORMED = "malformed"
    REWRITTEN = "rewritten"
    PRUNED = "pruned"
    STOPPED = "stopped"
    """Too many letters."""


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


@dataclass(slots=True)
class StreamCounters:
    """Since the worker began to follow. applied + duplicates + ignored + parked: all events read.

    ignored: nobody handles their type, or they are about what was gone before the build.
    rate:    events read per second, lately.
    """

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
    raise NotImplementedError

"""Consistency window: from a service's commit to what a question sees, with every process in its place.

What is measured: each event's `time`, which the service takes inside its transaction just before the commit, rounded
down to a millisecond; and the moment at which a reader in another process than the worker's first sees a checkpoint
that is not before the event. The checkpoint is committed with the event's rows, so whoever sees one sees the other. So
the figures hold the service's commit, the feed, the worker, its commit, and half the reader's pause: more than the
window, never less. Clocks are those of one machine.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import func, select

from bench.projections.processes import TIMEOUT_S, Place, wait_for, worker
from bench.projections.progress import Progress
from bench.servers import REPOSITORY
from gateway.projections.bookkeeping import checkpoints
from gateway.projections.projection import Projection
from gateway.projections.store import Reading, Store

PAUSE_S = 0.001
STREAMS = ("orders", "customers", "catalog")


@dataclass(frozen=True, slots=True)
class Window:
    """of: the projection. rate: of events, in a second. late_ms: p99 of how much later than planned commands were sent.

    ms: sorted, one for each event. parked: events that could not be applied.
    """

    of: str
    rate: float
    late_ms: float
    ms: Sequence[float]
    parked: int

    def quantile(self, share: float) -> float:
        return self.ms[min(int(len(self.ms) * share), len(self.ms) - 1)]


@dataclass(slots=True)
class Seen:
    """When a reader saw how far: positions of a stream, ascending, and the time (seconds since 1970) of each."""

    positions: list[int] = field(default_factory=list[int])
    times: list[float] = field(default_factory=list[float])

    def note(self, position: int, now: float) -> None:
        if not self.positions or position > self.positions[-1]:
            self.positions.append(position)
            self.times.append(now)

    def when(self, position: int) -> float:
        """When it first saw this position or one behind it."""
        return self.times[bisect_left(self.positions, position)]


class Watcher(threading.Thread):
    """Reads a projection's checkpoints again and again, as a question would read its rows."""

    def __init__(self, store: Store, projection: Projection) -> None:
        super().__init__(daemon=True)
        self.seen = {stream: Seen() for stream in STREAMS}
        self.reads = 0
        self._store, self._projection = store, projection
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.is_set():
            rows = self._store.read(self._projection, _applied)
            now = time.time()
            self.reads += 1
            for stream, position in rows:
                if stream in self.seen:
                    self.seen[stream].note(position, now)
            time.sleep(PAUSE_S)

    def stop(self) -> None:
        self._ended.set()
        self.join()


def _applied(reading: Reading) -> list[tuple[str, int]]:
    """By stream, up to which position events have been applied: what all of its partitions have."""
    applied = func.min(checkpoints.c.applied).label("applied")
    rows = reading.rows(select(checkpoints.c.stream, applied).group_by(checkpoints.c.stream))
    return [(row["stream"], row["applied"]) for row in rows]


def measure_window(
    place: Place, progress: Progress, watched: Projection, rate: float, seconds: float, log: Path
) -> Window:
    """Send commands for so long and watch one projection, while all follow them. They must have been built before."""
    heads, began = {stream: _head(place, stream) for stream in STREAMS}, datetime.now(UTC)
    with worker(place, log) as process:
        wait_for(process, lambda: progress.is_followed(began), "the worker followed")
        watcher = Watcher(progress.store, watched)
        watcher.start()
        try:
            told = _send(place, rate, seconds)
            now = {stream: _head(place, stream) for stream in STREAMS}
            wait_for(process, lambda: _is_level(progress, now), "everything was visible")
            time.sleep(0.1)
        finally:
            watcher.stop()
    events = [event for stream in STREAMS for event in _events(place, stream, heads[stream])]
    ms = sorted(1000 * (watcher.seen[stream].when(position) - at) for stream, position, at in events)
    return Window(watched.name, told["rate"], told["late_ms_p99"], ms, progress.parked())


def _send(place: Place, rate: float, seconds: float) -> dict[str, Any]:
    """Have commands sent, each of which makes an event; what is told of them."""
    urls = [f"{name}={url}" for name, url in place.estate.urls().items()]
    load = [sys.executable, "-m", "mock_services.activity.load", *urls]
    command = [*load, "--rate", f"{rate}", "--seconds", f"{seconds}", "--seed", "7"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=TIMEOUT_S)
    if done.returncode != 0:
        raise SystemExit(f"the load failed:\n{done.stderr}")
    return json.loads(done.stdout)


def _is_level(progress: Progress, heads: dict[str, int]) -> bool:
    return progress.is_serving() and all(progress.applied(stream) >= head for stream, head in heads.items())


def _head(place: Place, stream: str) -> int:
    return httpx.get(f"{place.estate.url(stream)}/snapshot?limit=1", trust_env=False).json()["position"]


def _events(place: Place, stream: str, after: int) -> Iterator[tuple[str, int, float]]:
    """(stream, position, seconds since 1970) of all events behind a position."""
    with httpx.Client(base_url=place.estate.url(stream), trust_env=False) as client:
        while events := client.get(f"/events?after={after}&limit=1000").json()["events"]:
            for event in events:
                yield stream, event["position"], datetime.fromisoformat(event["time"]).timestamp()
            after = events[-1]["position"]

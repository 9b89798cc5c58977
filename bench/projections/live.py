"""Live apply: how many events a second of CPU is enough for, indexes, full text and roll-ups being kept."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.projections.history import live_through
from bench.projections.processes import Place, cpu_s, wait_for, worker
from bench.projections.progress import Progress


@dataclass(frozen=True, slots=True)
class Live:
    """events: applied by each of `projections`. cpu_s: of the worker's process meanwhile; seconds: of wall time.

    parked: events that could not be applied.
    """

    projections: Sequence[str]
    events: int
    cpu_s: float
    seconds: float
    parked: int


def measure_live(place: Place, progress: Progress, orders_file: Path, orders: int, log: Path) -> Live:
    """Let orders live while nobody reads, then have a worker catch up. Generations must have been built before."""
    before = progress.applied("orders")
    place.estate.kill("orders")
    made = live_through(orders_file, orders)
    place.estate.restart("orders")
    with worker(place, log) as process:
        wait_for(process, lambda: progress.applied("orders") > before, "the first event was applied", 0.02)
        first, began, cpu = progress.applied("orders"), time.perf_counter(), cpu_s(process)
        wait_for(process, lambda: progress.applied("orders") >= before + made, "all events were applied", 0.05)
        seconds, spent = time.perf_counter() - began, cpu_s(process) - cpu
    names = [projection.name for projection in progress.projections]
    return Live(names, before + made - first, spent, seconds, progress.parked())

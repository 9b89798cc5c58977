"""Policy: how a projection's events are followed. One for all projections of a worker."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """batch:       events applied in one transaction at most. catching_up: the same, for who is far behind.
    wait_s:      how long a source is asked to wait for the next event; the checkpoint's age when nothing happens.
    attempts:    how often an event is tried before it is a dead letter.
    backoff_s:   before the second try; each further one waits twice as long, give or take a tenth.
    pause_s:     before a source that failed is asked again; doubles each time, up to max_pause_s.
    max_parked:  letters of one generation; with more of them it stops.
    page:        aggregates asked of a service's snapshot at once.
    look_s:      how often the registry of generations, and marks on letters, are looked at.
    keep:        generations that were live are kept, the newest of them.
    auto_build:  a worker builds and promotes what has no generation of its version yet.
    """

    batch: int = 200
    catching_up: int = 1000
    wait_s: float = 10.0
    attempts: int = 4
    backoff_s: float = 1.0
    pause_s: float = 0.1
    max_pause_s: float = 5.0
    max_parked: int = 10_000
    page: int = 1000
    look_s: float = 1.0
    keep: int = 1
    auto_build: bool = True

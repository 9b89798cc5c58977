"""A worker's metrics and health over HTTP: a projection that serves, another generation of which is being built."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain

import httpx

from gateway.projections.limits import Limits
from gateway.projections.status import (
    BuildProgress,
    GenerationStatus,
    LetterCounts,
    ProjectionStatus,
    StreamCounters,
    StreamState,
    StreamStatus,
)
from gateway.projections.store import Generation, State, StoreError
from gateway.projections.watch import StatusWatch
from gateway.server.beside import serving_beside
from gateway.server.health import health_routes
from gateway.server.metrics import metrics_route
from gateway.server.run import open_listener, url_of
from gateway.telemetry.following import collect_following
from gateway.telemetry.projections import collect_projections
from gateway.worker import WorkerReadiness


@dataclass
class WorkerWorld:
    """letters and lag_s are of the generation that serves. is_away: its store cannot be read."""

    client: httpx.AsyncClient = field(init=False)
    letters: LetterCounts = field(default_factory=lambda: LetterCounts(early=2, waiting=1, oldest_s=7.0))
    lag_s: float = 0.0
    is_away: bool = False

    async def metrics(self) -> dict[str, float]:
        """Samples by name and labels, as Prometheus would read them."""
        text = (await self.client.get("/metrics")).text
        lines = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, value in lines}

    def read(self) -> list[ProjectionStatus]:
        if self.is_away:
            raise StoreError("The store is away.")
        now = datetime.now(UTC)
        stream = StreamStatus("orders", StreamState.FOLLOWING, "", 40, 3, self.lag_s, now)
        building = StreamStatus("orders", StreamState.BUILDING, "", 0, 0, None, None)
        generations = [
            GenerationStatus(Generation("shop", 4, 2, State.LIVE, now), (stream,), self.letters, ()),
            GenerationStatus(
                Generation("shop", 5, 2, State.BUILDING, now),
                (building,),
                LetterCounts(),
                (BuildProgress("orders", 30, 90, False), BuildProgress("customers", 7, None, True)),
            ),
        ]
        return [ProjectionStatus("shop", 2, 4, generations)]


@asynccontextmanager
async def running_worker() -> AsyncIterator[WorkerWorld]:
    world = WorkerWorld()
    counted = StreamCounters(read=5, applied=3, duplicates=1, ignored=1, batches=2)
    for seconds in (0.004, 0.004, 40.0):
        counted.window.add(seconds)
    counters = {("shop", 4, "orders"): counted}
    watch = StatusWatch(world.read, 0)
    route = metrics_route(lambda: chain(collect_projections(watch), collect_following(counters)), watch.refresh)
    listener = open_listener("127.0.0.1", 0)
    routes = (route, *health_routes(WorkerReadiness(watch, Limits())))
    async with serving_beside(listener, routes), httpx.AsyncClient(base_url=url_of(listener)) as world.client:
        yield world
    await watch.close()

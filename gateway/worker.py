"""The process that keeps projections up to date: settings -> store, events, worker, and what it tells of itself."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain

from prometheus_client.metrics_core import Metric

from gateway.errors import BraidError
from gateway.projections.health import STOPPED, serving_generation
from gateway.projections.limits import Limits
from gateway.projections.status import ProjectionStatus, StreamState, StreamStatus, read_status
from gateway.projections.watch import StatusWatch
from gateway.projections.worker import Worker
from gateway.read_side import check_projections, holder_name, opened
from gateway.server.beside import serving_beside
from gateway.server.engine import Readiness
from gateway.server.health import health_routes
from gateway.server.metrics import metrics_route
from gateway.settings import Settings
from gateway.telemetry.following import collect_following
from gateway.telemetry.projections import collect_projections

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_ONCE_LOOK_S = 0.2
"""Between looks whether everything is complete."""
_ONCE_WAIT_S = 0.5


class OnceFailed(BraidError):
    """A projection has stopped, or its store cannot be read: it is not made complete by waiting."""

    code = "PROJECTION_STOPPED"


async def run_worker(
    settings: Settings,
    listener: socket.socket,
    *,
    once: bool = False,
    on_started: Callable[[], None] = lambda: None,
    on_look: Callable[[StatusWatch], None] = lambda watch: None,
) -> None:
    """Follow events until SIGTERM or SIGINT: the first ends it after the batches in work, the second at once.

    listener: where metrics and health are told; closed at the end.
    once:     end when every projection serves and has all events that there are.
    on_look:  called after each look at the status, about once a second.

    Raises what opening raises; OnceFailed when, with `once`, a projection cannot get there.
    """
    async with opened(settings) as open_:
        section = settings.projections
        policy = section.to_policy()
        if once:
            # Who only wants to know whether there is more does not wait for it.
            policy = replace(policy, wait_s=min(policy.wait_s, _ONCE_WAIT_S))
        worker = Worker(open_.store, open_.projections, open_.streams, holder=holder_name(), policy=policy)
        look_s = _ONCE_LOOK_S if once else section.readers.look_s
        watch = StatusWatch(lambda: read_status(open_.store, open_.projections), look_s)

        def collect() -> Iterator[Metric]:
            return chain(collect_projections(watch), collect_following(worker.counters))

        routes = (metrics_route(collect, watch.refresh), *health_routes(WorkerReadiness(watch, section.to_limits())))
        try:
            async with serving_beside(listener, routes):
                on_started()
                task = asyncio.create_task(worker.run())
                with _stopped_by_signals(worker, task):
                    await _follow(worker, task, watch, look_s, once, on_look)
        finally:
            await watch.close()


async def _follow(
    worker: Worker,
    task: asyncio.Task[None],
    watch: StatusWatch,
    look_s: float,
    once: bool,
    on_look: Callable[[StatusWatch], None],
) -> None:
    """Until the worker has ended; whatever happens here ends it."""
    began = datetime.now(UTC)
    try:
        while not task.done():
            await watch.refresh()
            on_look(watch)
            if once and watch.fault:
                raise OnceFailed(watch.fault)
            if once and is_complete(watch.statuses, began):
                worker.stop()
                break
            await asyncio.wait((task,), timeout=look_s)
        await asyncio.wait((task,))
        if not task.cancelled():
            task.result()
    finally:
        task.cancel()
        await asyncio.wait((task,))


def is_complete(statuses: Sequence[ProjectionStatus], since: datetime) -> bool:
    """Whether every projection serves and has all events that there were at `since`.

    Raises OnceFailed when one has stopped.
    """
    complete = bool(statuses)
    for status in statuses:
        serving = serving_generation(status)
        streams = serving.streams if serving is not None else ()
        for stream in streams:
            if stream.state in STOPPED:
                raise OnceFailed(f"projection '{status.name}', stream '{stream.stream}': {stream.message}")
        complete = complete and serving is not None and all(_has_all(one, since) for one in streams)
    return complete


def _has_all(stream: StreamStatus, since: datetime) -> bool:
    is_asked = stream.read_at is not None and stream.read_at >= since
    return is_asked and stream.state is StreamState.FOLLOWING and stream.lag_s == 0


@dataclass(frozen=True, slots=True)
class WorkerReadiness:
    """Red when a projection is worth waking somebody for."""

    watch: StatusWatch
    limits: Limits

    async def ready(self) -> Readiness:
        checks = await check_projections(self.watch, self.limits)
        return Readiness(all(check.ok for check in checks), checks)


@contextmanager
def _stopped_by_signals(worker: Worker, task: asyncio.Task[None]) -> Generator[None]:
    loop = asyncio.get_running_loop()
    stopping = False

    def stop() -> None:
        nonlocal stopping
        if stopping:
            task.cancel()
        stopping = True
        worker.stop()

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)

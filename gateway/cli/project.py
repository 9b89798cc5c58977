"""`braid project`: the process that keeps projections up to date."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.console import fail, say
from gateway.cli.loading import ConfigOption, HostOption, PortOption, SupergraphOption, read_settings
from gateway.cli.logs import log_to_stderr
from gateway.cli.read_side import NO_PROJECTIONS

if TYPE_CHECKING:
    from gateway.projections.watch import StatusWatch


def project(
    config: ConfigOption = None,
    supergraph: SupergraphOption = None,
    host: HostOption = None,
    port: PortOption = None,
    once: Annotated[
        bool, typer.Option("--once", help="Leave when all projections serve and have all events that there are.")
    ] = False,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Follow the events of services and keep the projections up to date, until SIGINT (Ctrl-C) or SIGTERM.

    A projection that has never been built is built first. Any number of these processes may run over one store: each
    projection is written by one of them, the others stand by. /metrics, /health and /ready are answered on
    projections.worker.port. The first signal lets the batches in work finish, the second stops at once; what was not
    stored is read again by the next process.
    """
    if with_parent:
        from gateway.cli.lifeline import end_with_parent

        end_with_parent()
    options = {"projections.worker.host": host, "projections.worker.port": port}
    settings = read_settings(config, supergraph, options)
    if not settings.projections.modules:
        fail(NO_PROJECTIONS)
    log_to_stderr()

    from gateway.server.run import loop_factory, open_listener, url_of
    from gateway.worker import run_worker

    worker = settings.projections.worker
    listener = open_listener(worker.host, worker.port)
    names = ", ".join(settings.projections.modules)
    url = url_of(listener)
    stopping = "" if with_parent else " Ctrl-C stops."
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(
            run_worker(
                settings,
                listener,
                once=once,
                on_started=lambda: say(f"Following events for {names}; metrics at {url}/metrics.{stopping}"),
                on_look=_Announcer().look,
            )
        )
    if not with_parent:
        say("Stopped.")


class _Announcer:
    """Tells when a projection begins to serve, or another generation of it does."""

    def __init__(self) -> None:
        self._serving: dict[str, int] = {}

    def look(self, watch: StatusWatch) -> None:
        for status in watch.statuses:
            if status.serving is not None and self._serving.get(status.name) != status.serving:
                self._serving[status.name] = status.serving
                say(f"Projection '{status.name}' serves: generation {status.serving}, version {status.version}.")

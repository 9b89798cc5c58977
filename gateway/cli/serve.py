"""`braid serve`: the gateway, until it is told to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.cli.console import say
from gateway.cli.loading import (
    ConfigOption,
    HostOption,
    PortOption,
    SupergraphOption,
    read_settings,
    watched_files,
)
from gateway.cli.logs import log_to_stderr

if TYPE_CHECKING:
    from gateway.settings import Settings


def serve(
    config: ConfigOption = None, supergraph: SupergraphOption = None, host: HostOption = None, port: PortOption = None
) -> None:
    """Serve the graph over HTTP until SIGINT (Ctrl-C) or SIGTERM.

    The first signal lets running requests finish, the second stops at once. Needs no configuration file with
    --supergraph: the supergraph says where its subgraphs are. When the configuration or the supergraph file changes, or
    on SIGHUP, the new graph takes over without a restart if it is right; if not, the log says why and the old stays.
    """

    def read() -> Settings:
        return read_settings(config, supergraph, {"server.host": host, "server.port": port})

    settings = read()
    log_to_stderr()

    from gateway.app import build_app
    from gateway.live import Origin
    from gateway.server.run import run_server

    def announce(url: str) -> None:
        what = f"{settings.supergraph}" if settings.supergraph else f"{len(settings.subgraphs)} subgraphs"
        explorer = ", explorer for browsers" if settings.server.explorer else ""
        say(f"Serving {what} at {url}{settings.server.path}{explorer}. Ctrl-C stops.")

    source = Origin(watched_files(config, settings), read)
    run_server(build_app(settings, source), settings.server.host, settings.server.port, on_started=announce)
    say("Stopped.")

"""`braid serve`: the gateway, until it is told to stop."""

from __future__ import annotations

from gateway.cli.console import say
from gateway.cli.loading import ConfigOption, HostOption, PortOption, SupergraphOption, read_settings
from gateway.cli.logs import log_to_stderr


def serve(
    config: ConfigOption = None, supergraph: SupergraphOption = None, host: HostOption = None, port: PortOption = None
) -> None:
    """Serve the graph over HTTP until SIGINT (Ctrl-C) or SIGTERM.

    The first signal lets running requests finish, the second stops at once. Needs no configuration file with
    --supergraph: the supergraph says where its subgraphs are.
    """
    settings = read_settings(config, supergraph, {"server.host": host, "server.port": port})
    log_to_stderr()

    from gateway.app import build_app
    from gateway.server.run import run_server

    def announce(url: str) -> None:
        what = f"{settings.supergraph}" if settings.supergraph else f"{len(settings.subgraphs)} subgraphs"
        explorer = ", explorer for browsers" if settings.server.explorer else ""
        say(f"Serving {what} at {url}{settings.server.path}{explorer}. Ctrl-C stops.")

    run_server(build_app(settings), settings.server.host, settings.server.port, on_started=announce)
    say("Stopped.")

"""Serving one service as a process: its command line, its socket, its start and stop.

Standard output carries one line, `listening http://127.0.0.1:PORT`, when the service answers; supervisors wait for it.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import socket
import sys
from collections.abc import Sequence

import uvicorn

from mock_services.kit.connection import DatabaseError
from mock_services.kit.database import Database
from mock_services.kit.lifeline import end_with_parent
from mock_services.kit.ports import PORTS
from mock_services.kit.service import App, Service, make_app

HOST = "127.0.0.1"
GRACE_S = 1


def main(service: Service, arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM. Exits with a line on standard error when it cannot start."""
    options = _parse(service, arguments)
    if options.with_parent is not None:
        end_with_parent(options.with_parent)
    # Before and after uvicorn has the signals: end quietly. Uvicorn raises its signal again when it is done.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    try:
        database = Database(options.db, service.name)
        listener = _listen(options.host, options.port)
    except (DatabaseError, OSError) as error:
        sys.exit(f"{service.name}: {error}")
    app = make_app(service, database)
    config = uvicorn.Config(
        app.asgi, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=GRACE_S
    )
    _Server(config, app).run([listener])


def _end(*_: object) -> None:
    sys.exit(0)


class _Server(uvicorn.Server):
    """Says when it listens; when it stops, first lets go of what chaos holds and of who waits for events."""

    def __init__(self, config: uvicorn.Config, app: App) -> None:
        super().__init__(config)
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        assert sockets is not None
        # Nobody may be reading any more; that is no reason not to serve.
        with contextlib.suppress(OSError):
            print(f"listening http://{HOST}:{sockets[0].getsockname()[1]}", flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.chaos.stop()
        self._app.waiting.stop()
        await super().shutdown(sockets)


def _parse(service: Service, arguments: Sequence[str] | None) -> argparse.Namespace:
    port = PORTS[service.name]
    parser = argparse.ArgumentParser(
        prog=f"python -m mock_services.{service.name}",
        description=service.summary,
        epilog=f"example: python -m mock_services.{service.name} --db .braid/shop/{service.name}.db",
    )
    parser.add_argument("--db", required=True, metavar="PATH|URL", help="its SQLite file, or postgresql://role@host/db")
    parser.add_argument("--host", default=HOST, help="0.0.0.0 in a container (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=port, help="0 takes any free one (default: %(default)s)")
    parser.add_argument(
        "--with-parent", type=int, metavar="PID", help="end when process PID, which started this one, has ended"
    )
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return int(text)


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError saying that the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise OSError(f"port {port} of {host} cannot be had ({error.strerror}); --port 0 takes any free one") from error
    return listener

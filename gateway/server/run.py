"""Running the application: uvicorn with httptools and uvloop, started and stopped by us.

Ours are the listening socket (so that a taken port is one clear line), the application's lifespan (so that its failure
is raised to the caller, and its clients outlive the last request), and the meaning of signals: the first SIGTERM or
SIGINT stops accepting and lets running requests finish, the second stops at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import logging
import os
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from types import FrameType
from typing import cast

import uvicorn

from gateway.errors import BraidError
from gateway.server.app import GatewayApp
from gateway.server.protocol import GuardedHttpProtocol

# An idle connection is closed after this long; a load balancer should give up its own earlier.
KEEP_ALIVE_S = 10
# Containers that are made, and not yet freed, before the garbage collector looks at them. At CPython's 700 it looks at
# the same answers again and again while they are put together: 840 entities an answer, 50 at once, 3.6 to 3.9 ms of CPU
# each; from 20,000 on 3.1 ms, and no more memory.
YOUNG_OBJECTS = 20_000
# How long cancelled requests may take to answer and tidy up before the engine's clients are closed.
SETTLE_S = 1.0


class CannotListen(BraidError):
    """The address cannot be listened on. The message is one line for whoever starts the server."""

    code = "CANNOT_LISTEN"


def run_server(
    app: GatewayApp,
    host: str = "127.0.0.1",
    port: int = 4000,
    *,
    grace_s: float = 10.0,
    on_started: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT, then return normally.

    port:       0 for any free one.
    grace_s:    how long running requests may take to finish after the first signal; then they are answered 503.
    on_started: called once with the URL (real port, no path) as soon as connections are accepted.

    Raises CannotListen, and whatever the application's lifespan raises.
    """
    listener = open_listener(host, port)

    def started() -> None:
        _keep_for_good()
        if on_started:
            on_started(url_of(listener))

    server = _Server(app, grace_s, on_started=started)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(server, app, listener))


@contextlib.asynccontextmanager
async def serving(app: GatewayApp, listener: socket.socket, *, grace_s: float = 10.0) -> AsyncGenerator[str]:
    """Serve inside a running event loop for as long as the block runs; gives the URL. Signals are left alone."""
    started = asyncio.Event()
    server = _Server(app, grace_s, on_started=started.set, signals=False)
    task = asyncio.create_task(_serve(server, app, listener))
    waiting = asyncio.create_task(started.wait())
    try:
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            yield url_of(listener)
    finally:
        waiting.cancel()
        server.should_exit = True
        await task


def open_listener(host: str, port: int) -> socket.socket:
    """A listening socket that nobody accepts from yet. Raises CannotListen."""
    if not 0 <= port <= 65_535:  # which getaddrinfo would take modulo 65,536
        raise CannotListen(f"Cannot listen on port {port}: ports go up to 65535.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise CannotListen(f"Cannot listen on {host}: no such address.") from None
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        # Not left to the server: a port that is bound but not listened on can be bound by a second process.
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise CannotListen(_why_not(host, port, error)) from error
    return listener


def url_of(listener: socket.socket) -> str:
    """Where a client on this machine reaches the listener."""
    host, port = cast("tuple[str, int]", listener.getsockname()[:2])
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """uvicorn with our settings and our meaning of signals."""

    def __init__(
        self, app: GatewayApp, grace_s: float, *, on_started: Callable[[], None], signals: bool = True
    ) -> None:
        config = uvicorn.Config(
            app,
            http=GuardedHttpProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=grace_s,  # type: ignore[arg-type]  # goes to asyncio.wait_for, which takes floats
            h11_max_incomplete_event_size=app.settings.max_head_bytes,
            # Else what one request sets in a context variable is seen by the next one pipelined behind it.
            reset_contextvars=True,
        )
        super().__init__(config)
        self._on_started = on_started
        self._signals = signals
        logger = logging.getLogger("uvicorn.error")
        logger.setLevel(logging.ERROR)
        logger.addFilter(_is_news)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # uvicorn would raise the signal once more at the end; a server that stopped as asked has nothing to die of.
        self.force_exit = self.should_exit
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        with super().capture_signals() if self._signals else contextlib.nullcontext():
            yield


async def _serve(server: _Server, app: GatewayApp, listener: socket.socket) -> None:
    async with app.router.lifespan_context(app):
        await server.serve(sockets=[listener])
        tasks = set(server.server_state.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=SETTLE_S)


def _keep_for_good() -> None:
    """Take all that start-up has made out of garbage collection: it is used until the end.

    Looking through it stopped the process for 45 to 60 ms each time (the shop's graph), and every request with it. And
    let collections of the young come less often: what requests make dies without them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])


def _is_news(record: logging.LogRecord) -> bool:
    """Not news: that a request was cancelled because we cancelled it."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def _why_not(host: str, port: int, error: OSError) -> str:
    where = f"port {port} on {host}"
    if error.errno == errno.EADDRINUSE:
        return f"Cannot listen on {where}: it is already in use. Choose another port, or 0 for any free one."
    if error.errno == errno.EACCES:
        return f"Cannot listen on {where}: not permitted. Ports below 1024 are the system's; choose a higher one."
    return f"Cannot listen on {where}: {os.strerror(error.errno or 0)}."


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where it exists: 3 times cheaper sockets."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop

"""FaultProxy: passes TCP connections on to one service, and does to them what a bad network or server would.

What happens is drawn for each request, also on connections that are already open: callers keep theirs, and a proxy that
spared those would disturb nobody. Requests are told apart by their turn: the first bytes from the caller after bytes of
an answer begin one. So it is not for pipelining callers.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections import Counter
from typing import Annotated, Literal

import msgspec

from mock_services.faults.connection import Connection

HOST = "127.0.0.1"

FaultName = Literal[
    "latency",
    "drip",
    "reset",
    "half_close",
    "not_http",
    "extra_response",
    "late_response",
    "black_hole",
    "refuse",
]


class ProxyFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to requests that pass through.

    probability: share of the requests that are struck, drawn from `seed`.
    times:       it is over when it has struck so many requests; None: when it is cleared.
    pause_ms:    of `latency` and `late_response` once, of `drip` before each byte.
    """

    fault: FaultName
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None
    pause_ms: Annotated[float, msgspec.Meta(ge=0, le=600_000)] = 100
    seed: int = 0


class FaultProxy:
    """A proxy on a port of its own in front of one service. Everything runs in the event loop that opened it.

    strikes: requests struck since it was opened, by fault. Of `refuse`, the connections that it reset: those that it
             refused are the system's business.
    """

    def __init__(self, host: str, port: int) -> None:
        """host, port: of the service."""
        self.port = 0
        self.strikes: Counter[str] = Counter()
        self._service = (host, port)
        self._fault: ProxyFault | None = None
        self._draws = random.Random()
        self._struck = 0
        self._cleared = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._held: socket.socket | None = None
        self._connections: set[Connection] = set()

    async def open(self) -> None:
        """Listen on `port`, any free one at first."""
        listener = self._held or _bound(self.port)
        self._held = None
        self._server = await asyncio.start_server(self._serve, sock=listener)
        self.port = listener.getsockname()[1]

    async def close(self) -> None:
        """Stop listening and reset every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in self._connections:
            connection.reset()
        if self._held is not None:
            self._held.close()
            self._held = None
        await asyncio.sleep(0)

    async def set(self, fault: ProxyFault) -> None:
        """From the next request on, this fault and no other."""
        await self.clear()
        self._fault, self._draws, self._struck = fault, random.Random(fault.seed), 0
        self._cleared = asyncio.Event()
        if fault.fault == "refuse":
            self.strikes["refuse"] += len(self._connections)
            await self.close()
            # A port that is bound and not listened on refuses connections, and nobody else can have it.
            self._held = _bound(self.port)

    async def clear(self) -> None:
        """Pass everything on; what is held up goes on at once."""
        self._fault = None
        self._cleared.set()
        if self._server is None:
            await self.open()

    def draw(self) -> ProxyFault | None:
        """What happens to the next request; counted."""
        fault = self._fault
        if fault is None or (fault.times is not None and self._struck >= fault.times):
            return None
        if self._draws.random() >= fault.probability:
            return None
        self._struck += 1
        self.strikes[fault.fault] += 1
        return fault

    async def pause(self, fault: ProxyFault) -> None:
        """The fault's pause, or what is left of it when the fault is cleared."""
        if self._fault is fault:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._cleared.wait(), fault.pause_ms / 1000)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            service = await asyncio.open_connection(*self._service)
        except OSError:
            writer.transport.abort()
            return
        connection = Connection(self, (reader, writer), service)
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    return listener

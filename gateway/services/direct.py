"""DirectTransport: calls over connections of our own (`http1.py`), for remote subgraphs and all else without httpx.

A small pool of connections to one service. One that was just given back is used next, so that those which are not
needed grow old and are closed. Nobody is handed a connection on which something lies that nobody asked for; and a
service that was seen to send an answer too many gets a connection for each call from then on, since a surplus answer
that comes while the next request is under way cannot be told from that one's.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from base64 import b64encode
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import aiohappyeyeballs
import aiohttp
import httpx
from yarl import URL

from gateway.services.body import BodyReading, BodyTooLarge
from gateway.services.http1 import Http1Connection
from gateway.services.transport import CONNECTIONS, IDLE_S, AiohttpTransport, TransportResponse

_FIRST_ADDRESS_S = 0.25
"""How long one of a host's addresses is waited for before the next one is tried beside it (RFC 8305)."""


class DirectTransport:
    """See Transport. connections: upper bound of open ones. keep: whether one serves one call after the other.
    idle_s: how long one is kept that nobody uses.

    Belongs to the event loop of its first call. `for_httpx` is aiohttp's, under the same bound.
    """

    def __init__(self, connections: int = CONNECTIONS, *, keep: bool = True, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._limit = connections
        self._keep = keep
        self._reading = BodyReading()
        self._idle: list[Http1Connection] = []
        self._opened: set[Http1Connection] = set()
        self._count = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._sweep: asyncio.TimerHandle | None = None
        self._tls: ssl.SSLContext | None = None
        self._for_httpx: AiohttpTransport | None = None

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, max_bytes: int
    ) -> TransportResponse:
        target = _read_target(url)
        connection = self._take_idle(target) or await self._wait_for_one(target)
        try:
            answered = await connection.ask(_write_request(method, target, headers, body, keep=self._keep))
            content = connection.whole
            if content is None:
                encoding = answered.get("content-encoding", "")
                content = await self._reading.read(connection, encoding, max_bytes)
            elif len(content) > max_bytes:
                raise BodyTooLarge
            return TransportResponse(connection.status, answered, content)
        finally:
            self._give_back(connection)

    def for_httpx(self) -> httpx.AsyncBaseTransport:
        if self._for_httpx is None:
            self._for_httpx = AiohttpTransport(self._limit, keep=self._keep)
        return self._for_httpx.for_httpx()

    async def close(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        for connection in list(self._opened):
            connection.abort()
        while self._idle:
            self._discard(self._idle.pop())
        if self._for_httpx is not None:
            await self._for_httpx.close()

    # -- the pool ------------------------------------------------------------------------------------------------------

    def _take_idle(self, target: _Target) -> Http1Connection | None:
        while self._idle:
            connection = self._idle.pop()
            is_young = asyncio.get_running_loop().time() - connection.idle_since_s < self._idle_s
            if is_young and self._keep and connection.place == target.place and connection.is_clean():
                return connection
            self._discard(connection)
        return None

    async def _wait_for_one(self, target: _Target) -> Http1Connection:
        """A new connection, or, when there are as many as may be, the first that somebody gives back."""
        waited = False
        while self._count >= self._limit:
            await self._wait_for_change(first=waited)
            waited = True
            if (connection := self._take_idle(target)) is not None:
                return connection
        self._count += 1
        try:
            connection = await self._connect(target)
        except BaseException:
            self._count -= 1
            self._tell_next()
            raise
        self._opened.add(connection)
        return connection

    async def _wait_for_change(self, *, first: bool) -> None:
        """Until a connection was given back or closed. first: whoever has waited already goes before all others."""
        change = asyncio.get_running_loop().create_future()
        (self._waiting.appendleft if first else self._waiting.append)(change)
        try:
            await change
        except asyncio.CancelledError:
            if change.cancelled():
                self._waiting.remove(change)
            else:  # told in the very moment in which the call was cancelled
                self._tell_next()
            raise

    def _tell_next(self) -> None:
        while self._waiting:
            change = self._waiting.popleft()
            if not change.done():
                change.set_result(None)
                return

    async def _connect(self, target: _Target) -> Http1Connection:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except UnicodeError as error:
            raise OSError("no such host") from error
        sock = await aiohappyeyeballs.start_connection(  # pyright: ignore[reportUnknownMemberType] - a generic of theirs
            found, happy_eyeballs_delay=_FIRST_ADDRESS_S, interleave=1
        )
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            options: dict[str, Any] = {}
            if target.is_tls:
                self._tls = self._tls or ssl.create_default_context()
                options = {"ssl": self._tls, "server_hostname": target.host}
            _, connection = await loop.create_connection(lambda: Http1Connection(loop), sock=sock, **options)
        except BaseException:
            sock.close()
            raise
        connection.place = target.place
        return connection

    def _give_back(self, connection: Http1Connection) -> None:
        if not (connection.finish() and self._keep):
            self._discard(connection)
            return
        loop = asyncio.get_running_loop()
        connection.idle_since_s = loop.time()
        self._idle.append(connection)
        if self._sweep is None:
            self._sweep = loop.call_later(self._idle_s, self._close_old)
        if self._waiting:
            self._tell_next()

    def _discard(self, connection: Http1Connection) -> None:
        if connection.surplus:
            self._keep = False
        connection.abort()
        self._opened.discard(connection)
        self._count -= 1
        self._tell_next()

    def _close_old(self) -> None:
        """The service closes idle connections, too: better it is us, before it does so in the middle of a call."""
        loop = asyncio.get_running_loop()
        old_s = loop.time() - self._idle_s
        idle, self._idle = self._idle, []
        for connection in idle:
            if connection.idle_since_s <= old_s or connection.is_closed:
                self._discard(connection)
            else:
                self._idle.append(connection)
        oldest_s = min((connection.idle_since_s for connection in self._idle), default=None)
        self._sweep = None if oldest_s is None else loop.call_at(oldest_s + self._idle_s, self._close_old)


@dataclass(frozen=True, slots=True)
class _Target:
    """What a URL says. place: scheme, host and port. head: `host`, and `authorization` when the URL has a user."""

    host: str
    port: int
    is_tls: bool
    place: str
    path: str
    head: str
    authorization: str


@lru_cache(1024)
def _read_target(url: str) -> _Target:
    parsed = URL(url)
    if parsed.scheme not in ("http", "https") or parsed.host is None or parsed.port is None:
        raise aiohttp.InvalidURL(url)
    authorization = ""
    if parsed.user is not None:
        pair = f"{parsed.user}:{parsed.password or ''}"
        authorization = f"Basic {b64encode(pair.encode()).decode()}"
    return _Target(
        parsed.host,
        parsed.port,
        parsed.scheme == "https",
        f"{parsed.scheme}://{parsed.host}:{parsed.port}",
        parsed.raw_path_qs or "/",
        f"host: {parsed.host_port_subcomponent}\r\n",
        authorization,
    )


def _write_request(
    method: str, target: _Target, headers: Mapping[str, str], body: bytes | None, *, keep: bool
) -> bytes:
    """Raises ValueError for a header that would become two."""
    lines = [f"{name}: {value}" for name, value in headers.items()]
    if target.authorization and "authorization" not in headers:
        lines.append(f"authorization: {target.authorization}")
    if not keep:
        lines.append("connection: close")
    if body is not None:
        lines.append(f"content-length: {len(body)}")
    fields = "\r\n".join(lines)
    if fields.count("\n") != max(0, len(lines) - 1) or fields.count("\r") != fields.count("\n") or "\0" in fields:
        raise ValueError("a header holds a line break")
    end = "\r\n\r\n" if lines else "\r\n"
    return f"{method} {target.path} HTTP/1.1\r\n{target.head}{fields}{end}".encode() + (body or b"")

"""Transport: how bytes get to one upstream and back.

A transport sends for exactly one service, over its own small pool, so that a slow service cannot eat another's
connections. It comes in two views:

* `send`, without httpx in between, for remote subgraphs: httpx's own layer costs more than the rest of a call.
* `for_httpx`, for the service client, whose interface is httpx, so that respx and httpx.MockTransport work over it.

Library exceptions come out as they are. `gateway.services.call.source_call`, around every use, bounds the time and
translates them. What neither view does: follow redirects, keep cookies, read proxies from the environment, retry.
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp
import httpx
import httpx_aiohttp
from yarl import URL

from gateway.services.body import BodyReading, BodyTooLarge

if TYPE_CHECKING:
    from aiohttp.client_reqrep import ConnectionKey
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace

CONNECTIONS = 20
"""Connections to one service at once. Further calls wait, within their own timeout."""

IDLE_S = 4.0
"""How long an unused connection is kept: less than uvicorn's and Node's 5 s, so that we are the side that closes."""


@dataclass(frozen=True, slots=True)
class TransportResponse:
    """status; headers with case-insensitive names; the whole decoded body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Carries calls to one service."""

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, max_bytes: int
    ) -> TransportResponse:
        """One call. Raises BodyTooLarge when the decoded body is longer than max_bytes, UnreadableBody, and the
        library's own exceptions: call it inside `source_call`."""
        ...

    def for_httpx(self) -> httpx.AsyncBaseTransport:
        """The same transport for an httpx.AsyncClient. Closing that client closes it."""
        ...

    async def close(self) -> None:
        """Close all connections; calling it again does nothing."""
        ...


class AiohttpTransport:
    """The default transport: measured at a tenth of httpx's cost, and it does not mix up answers.

    connections: upper bound of open connections.
    keep:        whether a connection serves one call after the other.
    The session is made on first use, because it belongs to the running event loop.
    """

    def __init__(self, connections: int = CONNECTIONS, *, keep: bool = True) -> None:
        self._connections = connections
        self._keep = keep
        self._reading = BodyReading()
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, max_bytes: int
    ) -> TransportResponse:
        async with self._open().request(
            method, URL(url), headers=headers, data=body, allow_redirects=False
        ) as response:
            encoding = response.headers.get("Content-Encoding", "")
            content = await self._reading.read(response.content.iter_any(), encoding, max_bytes)
            return TransportResponse(response.status, response.headers, content)

    def for_httpx(self) -> httpx.AsyncBaseTransport:
        # verify=False spares httpx-aiohttp an SSL context that it would not use: the session brings its own connector,
        # and that one verifies certificates.
        return httpx_aiohttp.AiohttpTransport(client=self._open, verify=False, trust_env=False)

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=_CleanConnector(self._connections, keep=self._keep),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                auto_decompress=False,
                trust_env=False,
            )
            # aiohttp sends a GET, PUT or DELETE whose connection broke a second time, unasked: a command twice, and
            # reads outside of every retry budget. Its own test client switches that off in the same way.
            self._session._retry_connection = False  # pyright: ignore[reportPrivateUsage] - no public way
        return self._session


class _CleanConnector(aiohttp.TCPConnector):
    """Never hands out a connection on which something lies that nobody asked for.

    aiohttp drops a connection whose surplus answer came in one piece with the right one, but not when it came later or
    in the same piece as the end of a longer body: then the next caller was given it (aiohttp 3.14.5, 2 of 2 tries).
    What is still in the socket is seen too, and so is that the service has closed its end.

    A surplus answer that comes while the next request is under way cannot be told from that one's answer, by nobody.
    So a service that was seen to send one gets a connection for each call from then on, as without `keep`.
    Leans on the private `_get` and `_force_close`; tests with such a server fail when these change.
    """

    def __init__(self, connections: int, *, keep: bool) -> None:
        # aiohttp refuses to hear for how long connections are kept when none are.
        options: dict[str, Any] = {"keepalive_timeout": IDLE_S} if keep else {"force_close": True}
        super().__init__(limit=connections, **options)  # pyright: ignore[reportUnknownMemberType] - a generic of theirs

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        while (connection := await super()._get(key, traces)) is not None:
            if self._is_clean(connection) and not self._force_close:
                return connection
            connection.close()
        return None

    def _is_clean(self, connection: Connection) -> bool:
        """Whether a kept connection is open with nothing on it. Notes it when there is an answer too many."""
        protocol = connection.protocol
        if protocol is None:
            return False
        if protocol.should_close:
            if protocol._tail or protocol._buffer:  # pyright: ignore[reportPrivateUsage] - what they hold tells why
                self._force_close = True
            return False
        transport = protocol.transport
        sock = transport and transport.get_extra_info("socket")
        if not transport or not sock or not _is_readable(sock.fileno()):
            return True
        # Readable is also what the other end has closed; and under TLS, a record that holds no answer.
        if transport.get_extra_info("sslcontext") is None and _peek(sock.fileno()):
            self._force_close = True
        return False


def _is_readable(number: int) -> bool:
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([number], [], [], 0)[0])
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(0))


def _peek(number: int) -> bytes:
    """The first byte that waits in a socket that is readable; nothing when its other end was closed."""
    with socket.socket(fileno=os.dup(number)) as own:
        try:
            own.setblocking(False)
            return own.recv(1, socket.MSG_PEEK)
        except OSError:
            return b""


class HttpxTransport:
    """Any httpx transport as ours: httpx.MockTransport in tests, httpx.AsyncHTTPTransport for what only httpx can do.

    Beware: httpx.AsyncHTTPTransport may give one caller's answer to the next when a service sends one answer too many.
    Give it `limits=httpx.Limits(max_keepalive_connections=0)` unless you trust the service not to.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self._reading = BodyReading()

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, max_bytes: int
    ) -> TransportResponse:
        request = httpx.Request(method, url, headers=headers, content=body)
        response = await self._inner.handle_async_request(request)
        try:
            content = await read_httpx(response, max_bytes, self._reading)
        finally:
            await response.aclose()
        return TransportResponse(response.status_code, response.headers, content)

    def for_httpx(self) -> httpx.AsyncBaseTransport:
        return self._inner

    async def close(self) -> None:
        await self._inner.aclose()


async def read_httpx(response: httpx.Response, max_bytes: int, reading: BodyReading) -> bytes:
    """The decoded body of a response to a streamed request. Raises BodyTooLarge, UnreadableBody, httpx's errors.

    reading: of the service that answers.
    """
    if response.is_stream_consumed:  # A mocked response comes with its body read and decoded.
        if len(response.content) > max_bytes:
            raise BodyTooLarge
        return response.content
    return await reading.read(response.aiter_raw(), response.headers.get("Content-Encoding", ""), max_bytes)

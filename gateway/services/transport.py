"""Transport: how bytes get to one upstream and back.

A transport sends for exactly one service, over its own small pool, so that a slow service cannot eat another's
connections. It comes in two views:

* `send`, without httpx in between, for remote subgraphs: httpx's own layer costs more than the rest of a call.
* `for_httpx`, for the service client, whose interface is httpx, so that respx and httpx.MockTransport work over it.

Library exceptions come out as they are. `gateway.services.call.source_call`, around every use, bounds the time and
translates them. What neither view does: follow redirects, keep cookies, read proxies from the environment, retry.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

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

_IDLE_S = 4.0
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
    The session is made on first use, because it belongs to the running event loop.
    """

    def __init__(self, connections: int = CONNECTIONS) -> None:
        self._connections = connections
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
                connector=_CleanConnector(limit=self._connections, keepalive_timeout=_IDLE_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                auto_decompress=False,
                trust_env=False,
            )
            # aiohttp sends a GET, PUT or DELETE whose connection broke a second time, unasked: a command twice, and
            # reads outside of every retry budget. Its own test client switches that off in the same way.
            self._session._retry_connection = False  # pyright: ignore[reportPrivateUsage]
        return self._session


class _CleanConnector(aiohttp.TCPConnector):
    """Never hands out a connection on which something lies that nobody asked for.

    aiohttp drops a connection whose surplus answer came in one piece with the right one, but not when it came later or
    in the same piece as the end of a longer body: then the next caller was given it (aiohttp 3.14.5, 2 of 2 tries).
    What is still in the socket is seen too, and so is that the service has closed its end.
    Leans on the private `_get`; tests with such a server fail when that changes.
    """

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        while (connection := await super()._get(key, traces)) is not None:
            protocol = connection.protocol
            if protocol is not None and not protocol.should_close and not _has_unread(protocol.transport):
                return connection
            connection.close()
        return None


def _has_unread(transport: asyncio.Transport | None) -> bool:
    socket = transport and transport.get_extra_info("socket")
    if not socket:
        return False
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([socket.fileno()], [], [], 0)[0])
    poll = select.poll()
    poll.register(socket.fileno(), select.POLLIN)
    return bool(poll.poll(0))


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

"""Raw HTTP over a real socket: what no HTTP client would send, and when it likes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from gateway.server.app import GatewayApp
from gateway.server.run import open_listener, serving

# Far more than any step takes here; a test that waits this long has failed.
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def code(self) -> str:
        """The code of the first GraphQL error."""
        return json.loads(self.body)["errors"][0]["extensions"]["code"]


@dataclass(frozen=True, slots=True)
class RawClient:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *parts: bytes) -> None:
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()

    async def answer(self) -> Answer:
        """The next answer, read by its Content-Length."""
        async with asyncio.timeout(PATIENCE_S):
            status_line, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await self.reader.readexactly(int(headers["content-length"]))
        return Answer(int(status_line.split()[1]), headers, body)

    async def closed(self) -> bytes:
        """Wait until the server closes; gives what it still sent."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.read()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[RawClient]:
    """A connection to the server at `url`."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.close()


@asynccontextmanager
async def served(app: GatewayApp, grace_s: float = 5.0) -> AsyncIterator[str]:
    """The application on a real port of its own; gives the URL."""
    async with serving(app, open_listener("127.0.0.1", 0), grace_s=grace_s) as url:
        yield url


def head(method: str = "POST", path: str = "/graphql", **headers: str) -> bytes:
    """A request's head with Host; `content_type` becomes Content-Type."""
    lines = [f"{method} {path} HTTP/1.1", "Host: gateway", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def post(body: Any, **headers: str) -> bytes:
    """A whole POST of `body` as JSON."""
    content = json.dumps(body).encode()
    return head(content_type="application/json", content_length=str(len(content)), **headers) + content

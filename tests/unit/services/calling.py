"""A client of one service that answers from a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec

from gateway.services.client import MAX_RESPONSE_BYTES, ServiceClient
from gateway.services.policy.options import PolicyOptions
from gateway.services.policy.policy import ServicePolicy
from gateway.services.transport import AiohttpTransport
from tests.unit.services.raw_server import Exchange, RawServer, Script, raw_server


class Row(msgspec.Struct):
    id: str
    count: int


@asynccontextmanager
async def client_of(
    script: Script, timeout_s: float = 1.5, max_response_bytes: int = MAX_RESPONSE_BYTES
) -> AsyncGenerator[tuple[ServiceClient, RawServer]]:
    async with raw_server(script) as server:
        policy, limit = policy_of(timeout_s), max_response_bytes
        client = ServiceClient("stock", server.url, AiohttpTransport(), policy=policy, max_response_bytes=limit)
        try:
            yield client, server
        finally:
            await client.close()


def policy_of(timeout_s: float) -> ServicePolicy:
    return ServicePolicy("stock", PolicyOptions(timeout_s=timeout_s))


def answer(*pieces: bytes | float) -> Script:
    """Sends byte pieces and sleeps number pieces (seconds), for every request alike."""

    async def script(exchange: Exchange) -> None:
        for piece in pieces:
            await (exchange.send(piece) if isinstance(piece, bytes) else asyncio.sleep(piece))

    return script

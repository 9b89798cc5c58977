"""A service that tells who is asking: the identity in the forwarded authorization header is in every value it sends.

On one socket it is a REST service and a remote subgraph. Answers take a moment, so that requests overlap.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.unit.services.raw_server import Exchange, http, raw_server

LATENCY_S = 0.02
BETWEEN_PIECES_S = 0.005

NOTES_SDL = """
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])
    type Query { whoAmI: String }
    type Thing @key(fields: "id") { id: ID! note: String }
"""


@dataclass
class Upstream:
    """surplus: send every answer twice. asked: calls by identity."""

    url: str = ""
    surplus: bool = False
    connections: int = 0
    surplus_sent: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    chance: random.Random = field(default_factory=lambda: random.Random(4))

    async def answer(self, exchange: Exchange) -> None:
        """The script of the raw server."""
        identity = exchange.headers.get("authorization", "nobody").removeprefix("bearer ")
        body = self._body(exchange, identity)
        if "_service" not in str(body):
            self.asked[identity] += 1
        await asyncio.sleep(self.chance.uniform(0.5, 1.5) * LATENCY_S)
        answer = http(json.dumps(body).encode())
        if not self.surplus:
            await exchange.send(answer)
            return
        # The surplus comes with the end of the right one, whose beginning was read already: what aiohttp overlooks.
        await exchange.send(answer[:-10])
        await asyncio.sleep(BETWEEN_PIECES_S)
        await exchange.send(answer[-10:] + answer)
        self.surplus_sent += 1

    def _body(self, exchange: Exchange, identity: str) -> dict[str, Any]:
        path, _, query = exchange.target.partition("?")
        if path == "/things":
            keys = query.removeprefix("ids=").replace("%2C", ",").split(",")
            return {"items": [{"id": key, "owner": identity} for key in keys], "missing": []}
        if path.startswith("/people/"):
            return {"id": "me", "owner": identity}
        asked = json.loads(exchange.body)
        if "_service" in asked["query"]:
            return {"data": {"_service": {"sdl": NOTES_SDL}}}
        representations = asked["variables"].get("representations", [])
        return {"data": {"whoAmI": identity, "_entities": [{"note": identity} for _ in representations]}}


@asynccontextmanager
async def serving_upstream() -> AsyncGenerator[Upstream]:
    upstream = Upstream()
    async with raw_server(upstream.answer) as server:
        upstream.url = server.url
        yield upstream
        upstream.connections = server.connections

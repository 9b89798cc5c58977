"""Two subgraphs in one cheap process: `python -m tests.chaos.overload.stub DELAY_S` prints their ports.

Their answers are made beforehand, so that the gateway is what limits; each comes DELAY_S after its request.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

import uvloop

ITEMS = 210
"""So an operation costs the gateway about what the shop's dashboard does, 3.3 ms of CPU: see docs/performance.md."""
CATALOG = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n'
    "type Query { products: [Product!]! }\n"
    'type Product @key(fields: "id") { id: ID! name: String price: Float }'
)
REVIEWS = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n'
    'type Product @key(fields: "id") { id: ID! stars: Float reviews: [Review!] }\n'
    "type Review { title: String text: String }"
)
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def answers(sdl: str, data: object) -> tuple[bytes, bytes]:
    """What is answered to the question for the schema, and to any other."""
    return _http({"_service": {"sdl": sdl}}), _http(data)


def _http(data: object) -> bytes:
    body = json.dumps({"data": data}).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def _products() -> object:
    names = [{"__typename": "Product", "id": str(n), "name": f"Product {n}", "price": n / 4} for n in range(ITEMS)]
    return {"products": names, "products__1": names}


def _entities() -> object:
    reviews = [{"title": f"Review {n}", "text": "Quite all right. " * 3} for n in range(3)]
    return {"_entities": [{"__typename": "Product", "stars": 4.5, "reviews": reviews} for _ in range(ITEMS)]}


class Connection(asyncio.Protocol):
    """One keep-alive connection; requests come one by one."""

    def __init__(self, schema: bytes, answer: bytes, delay_s: float) -> None:
        self._schema, self._answer, self._delay_s = schema, answer, delay_s
        self._got = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if found and length and len(body) >= int(length[1]):
            self._got = b""
            answer = self._schema if b"_service" in body else self._answer
            asyncio.get_running_loop().call_later(self._delay_s, self._transport.write, answer)


async def main(delay_s: float) -> None:
    loop = asyncio.get_running_loop()
    ports: list[int] = []
    for sdl, data in ((CATALOG, _products()), (REVIEWS, _entities())):
        schema, answer = answers(sdl, data)
        server = await loop.create_server(lambda s=schema, a=answer: Connection(s, a, delay_s), "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
    print(*ports, flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1])))

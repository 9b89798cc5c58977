"""Fake subgraphs as GraphQL services of their own: real sockets, and the manners that servers really have."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web

from gateway.services.request import RequestContext
from gateway.subgraphs.subgraph import SubgraphRequest
from tests.support.fakes import FakeSubgraph

Body = dict[str, Any]


def _plain(body: Body) -> Body:
    return body


@dataclass(frozen=True, slots=True)
class Manner:
    """How a server says what it says. Whatever the manner, the answer means the same.

    status, media_type: of every answer; failed_status: of one that has errors.
    dress:              given the body {data, errors}, the body that is sent.
    """

    name: str = "plain"
    status: int = 200
    failed_status: int = 200
    media_type: str = "application/json"
    dress: Callable[[Body], Body] = _plain

    def __str__(self) -> str:
        return self.name.replace(" ", "-")


PLAIN = Manner()


@asynccontextmanager
async def serve_fakes(fakes: Mapping[str, FakeSubgraph], manner: Manner = PLAIN) -> AsyncGenerator[dict[str, str]]:
    """The URL of each fake, by its name. Each is told of requests that no GraphQL server need understand."""
    app = web.Application()
    for number, fake in enumerate(fakes.values()):
        app.router.add_post(f"/{number}/graphql", partial(_answer, fake, manner))
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield {name: f"http://127.0.0.1:{port}/{number}/graphql" for number, name in enumerate(fakes)}
    finally:
        await runner.cleanup()


def with_urls(supergraph_sdl: str, urls: Mapping[str, str]) -> str:
    """The supergraph's text with these subgraph URLs in place of its own."""
    for name, url in urls.items():
        pattern = rf'(@join__graph\(name: "{re.escape(name)}", url: )"[^"]*"'
        supergraph_sdl, found = re.subn(pattern, rf'\1"{url}"', supergraph_sdl)
        assert found == 1, f"the supergraph names {name} {found} times"
    return supergraph_sdl


async def _answer(fake: FakeSubgraph, manner: Manner, request: web.Request) -> web.Response:
    if request.content_type != "application/json":
        fake.violations.append(f"{fake.name}: the request's media type is {request.content_type}")
    body = await request.json()
    variables = body.get("variables") or {}
    context = RequestContext("test", asyncio.get_running_loop().time() + 5)
    response = await fake.fetch(SubgraphRequest(body["query"], variables), context)
    answer: Body = {"data": response.data, "errors": list(response.errors)}
    if not response.errors:
        del answer["errors"]
    status = manner.failed_status if response.errors else manner.status
    return web.Response(
        text=json.dumps(manner.dress(answer)), status=status, content_type=manner.media_type, charset="utf-8"
    )

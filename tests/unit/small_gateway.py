"""Gateways over modules, remote services and a supergraph file that a test makes up."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gateway.app import Gateway, open_gateway
from gateway.federation.errors import SchemaError
from gateway.operation.request import GraphQLRequest
from gateway.settings import Settings
from tests.unit.supergraphs import supergraph_sdl

NOWHERE = "http://127.0.0.1:9/graphql"

MODULE = """
import strawberry
from gateway.subgraphs import Info, SubgraphSchema

@strawberry.federation.type(keys=["id"])
class {type}:
    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> "{type}":
        return cls(id=id)

    @strawberry.field
    def {field}(self) -> str:
        return "{field} of " + self.id

@strawberry.type
class Query:
    @strawberry.field
    def {root}(self) -> {type}:
        return {type}(id=strawberry.ID("1"))

    @strawberry.field
    def {root}_context(self, info: Info) -> str:
        context = info.context
        service = context.services.get("{root}")
        return repr((dict(context.headers), context.traceparent, context.batching, context.request_id, bool(service)))

schema = SubgraphSchema(query=Query)
"""


def module(folder: Path, name: str, text: str | None = None, **words: str) -> str:
    """Write a module; without a text one that holds a small subgraph. Answers its name."""
    (folder / f"{name}.py").write_text(MODULE.format(**words) if text is None else text)
    return name


def item_module(folder: Path, name: str, field: str) -> str:
    return module(folder, name, type="Item", field=field, root=name)


@asynccontextmanager
async def serving(handler: Any) -> AsyncIterator[str]:
    """The URL of a GraphQL service that answers POST by this handler."""
    app = web.Application()
    app.router.add_post("/graphql", handler)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/graphql"
    finally:
        await runner.cleanup()


REVIEWS_SDL = """
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])
    type Query { review: String }
    type Item @key(fields: "id") { id: ID! review: String }
"""


async def reviews(request: web.Request) -> web.Response:
    """A federated subgraph that knows the reviews of items."""
    body = await request.json()
    if "_service" in body["query"]:
        return web.json_response({"data": {"_service": {"sdl": REVIEWS_SDL}}})
    if "_entities" in body["query"]:
        found = [{"review": f"review of {r['id']}"} for r in body["variables"]["representations"]]
        return web.json_response({"data": {"_entities": found}})
    return web.json_response({"data": {"review": "best"}})


@asynccontextmanager
async def opened(**settings: Any) -> AsyncIterator[Gateway]:
    gateway = await open_gateway(Settings(**settings))
    try:
        yield gateway
    finally:
        await gateway.close()


async def answered(gateway: Gateway, document: str, headers: dict[str, str] | None = None, **request: Any) -> Any:
    return await gateway.run(GraphQLRequest(document, **request), headers or {}, "request-1")


async def problems(**settings: Any) -> dict[str, tuple[str, str]]:
    """(code, message) by subgraph of what keeps a gateway from opening."""
    with pytest.raises(SchemaError) as refused:
        await open_gateway(Settings(**settings))
    return {problem.subgraph: (problem.code, problem.message) for problem in refused.value.problems}


ITEMS_FILE = """
type Query @join__type(graph: ITEMS) @join__type(graph: REVIEWS) {
  items: Item! @join__field(graph: ITEMS) review: String @join__field(graph: REVIEWS)
}
type Item @join__type(graph: ITEMS, key: "id") @join__type(graph: REVIEWS, key: "id") {
  id: ID! name: String! @join__field(graph: ITEMS) review: String @join__field(graph: REVIEWS)
}
"""


def supergraph_file(folder: Path, **urls: str) -> Path:
    """A composed supergraph; urls: where the file says that its subgraphs are."""
    text = supergraph_sdl(ITEMS_FILE)
    for name in ("items", "reviews"):
        text = text.replace(f"http://{name}.test", urls.get(name, ""))
    path = folder / "supergraph.graphql"
    path.write_text(text)
    return path

"""A whole gateway over real sockets: a REST service behind an in-process subgraph, a remote subgraph, a collector.

query ──> things   in process: `Thing.name` is loaded from the REST service
      ──> reviews  remote: `Thing.review`
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from gateway.app import build_app
from gateway.settings import Settings

MODULE = """
import msgspec
import strawberry
from gateway.services.loader import Loader
from gateway.services.rest import RowLoader
from gateway.subgraphs import Info, SubgraphSchema

class Row(msgspec.Struct):
    id: str
    name: str

class Things(RowLoader[Row]):
    service, path, row = "things", "/things", Row

class Exploding(Loader):
    service = "things"

    async def fetch(self, keys):
        raise RuntimeError("postgresql://root:DSN-CANARY@db/" + keys[0])

@strawberry.federation.type(keys=["id"])
class Thing:
    id: strawberry.ID

    @strawberry.field
    async def name(self, info: Info) -> str | None:
        row = await info.context.loader(Things).load(self.id)
        return row.name if row else None

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> "Thing":
        return cls(id=id)

@strawberry.type
class Query:
    @strawberry.field
    def things(self, ids: list[strawberry.ID]) -> list[Thing]:
        return [Thing(id=key) for key in ids]

    @strawberry.field
    def explode(self, secret: str) -> str | None:
        raise RuntimeError("postgresql://root:DSN-CANARY@db/" + secret)

    @strawberry.field
    async def explode_in_a_batch(self, info: Info, secret: str) -> str | None:
        return await info.context.loader(Exploding).load(secret)

@strawberry.type
class Mutation:
    @strawberry.mutation
    async def rename(self, info: Info, id: strawberry.ID, to: str) -> str | None:
        answer = await info.context.services["things"].post_json("/rename", {"id": id, "to": to}, context=info.context)
        return answer["name"]

schema = SubgraphSchema(query=Query, mutation=Mutation)
"""

REVIEWS_SDL = """
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])
    type Query { best(token: String): String }
    type Thing @key(fields: "id") { id: ID! review: String }
"""

QUERY = "query Things($ids: [ID!]!) { things(ids: $ids) { name review } }"


@dataclass
class World:
    """client: of the gateway. collected: bytes of every export. Answers of the sources can be replaced at any time."""

    client: httpx.AsyncClient = field(init=False)
    collected: list[bytes] = field(default_factory=list)
    headers: dict[str, list[dict[str, str]]] = field(default_factory=lambda: {"things": [], "reviews": []})
    things: Any = None
    reviews: Any = None

    async def ask(self, query: str = QUERY, headers: dict[str, str] | None = None, **variables: Any) -> dict[str, Any]:
        """The answer's JSON. Without variables, QUERY asks for two things."""
        if query is QUERY and not variables:
            variables = {"ids": ["a", "b"]}
        answer = await self.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        return answer.json()

    async def metrics(self) -> dict[str, float]:
        """Samples by name and labels, as Prometheus would read them."""
        text = (await self.client.get("/metrics")).text
        lines = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
        return {name: float(value) for name, value in lines}

    @property
    def spans(self) -> list[Span]:
        """All that the collector was sent, in order of their start."""
        exports = [ExportTraceServiceRequest.FromString(body) for body in self.collected]
        scopes = [scope for export in exports for resource in export.resource_spans for scope in resource.scope_spans]
        return sorted((span for scope in scopes for span in scope.spans), key=lambda span: span.start_time_unix_nano)

    async def _things(self, request: web.Request) -> web.StreamResponse:
        self.headers["things"].append({k.lower(): v for k, v in request.headers.items()})
        if self.things is not None:
            return await self.things(request)
        keys = request.query["ids"].split(",")
        return web.json_response({"items": [{"id": key, "name": key.upper()} for key in keys], "missing": []})

    async def _rename(self, request: web.Request) -> web.Response:
        self.headers["things"].append({k.lower(): v for k, v in request.headers.items()})
        return web.json_response({"name": (await request.json())["to"]})

    async def _reviews(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        if "_service" in body["query"]:
            return web.json_response({"data": {"_service": {"sdl": REVIEWS_SDL}}})
        self.headers["reviews"].append({k.lower(): v for k, v in request.headers.items()})
        if self.reviews is not None:
            return await self.reviews(request)
        if "representations" not in body["variables"]:
            return web.json_response({"data": {"best": "best"}})
        found = [{"review": f"good {r['id']}"} for r in body["variables"]["representations"]]
        return web.json_response({"data": {"_entities": found}})

    async def _collect(self, request: web.Request) -> web.Response:
        self.collected.append(await request.read())
        return web.Response(body=b"", content_type="application/x-protobuf")

    @asynccontextmanager
    async def services(self) -> AsyncIterator[str]:
        """All of them at one address."""
        app = web.Application()
        app.router.add_get("/things", self._things)
        app.router.add_post("/rename", self._rename)
        app.router.add_post("/graphql", self._reviews)
        app.router.add_post("/v1/traces", self._collect)
        runner = web.AppRunner(app, shutdown_timeout=0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


@asynccontextmanager
async def running(
    folder: Path, *, traced: bool = False, timeout_s: float = 1.0, shown_errors: tuple[str, ...] = (), **settings: Any
) -> AsyncIterator[World]:
    """A gateway over all of it. folder: on the import path. What traces wait is sent at the end of the block."""
    world = World()
    (folder / "telemetry_things.py").write_text(MODULE)
    async with world.services() as url:
        telemetry = {"otlp_endpoint": f"{url}/v1/traces"} if traced else {}
        subgraphs = {
            "things": {"url": url, "schema": "telemetry_things", "timeout_s": timeout_s},
            "reviews": {"url": f"{url}/graphql", "timeout_s": timeout_s, "shown_errors": shown_errors},
        }
        telemetry |= settings.pop("telemetry", {})
        app = build_app(Settings(subgraphs=subgraphs, telemetry=telemetry, **settings))
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as world.client,
        ):
            yield world


async def status_500(request: web.Request) -> web.Response:
    return web.Response(status=500, text="stack trace with ANSWER-CANARY")


async def status_503(request: web.Request) -> web.Response:
    return web.Response(status=503)


async def hang(request: web.Request) -> web.Response:
    await asyncio.sleep(2.5)
    return web.Response()

"""The composition root: settings -> clients, subgraphs, supergraph, pipeline. Nothing else decides what is used."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import re
import traceback
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import httpx
from starlette.applications import Starlette

from gateway.federation.compose import SubgraphSchema, compose
from gateway.federation.errors import Problem, SchemaError
from gateway.federation.read_supergraph import load_supergraph
from gateway.operation.request import GraphQLRequest
from gateway.pipeline import Pipeline, PipelineOptions
from gateway.response.response import GraphQLResponse
from gateway.server.app import GatewayApp, create_server
from gateway.server.engine import Check, Readiness
from gateway.server.examples import load_examples
from gateway.server.metrics import metrics_route
from gateway.server.settings import ServerSettings
from gateway.services.client import ServiceClient
from gateway.services.errors import SourceError
from gateway.services.loader import close_loaders
from gateway.services.request import RequestContext
from gateway.services.transport import AiohttpTransport, HttpxTransport, Transport
from gateway.settings import Settings, SubgraphSection
from gateway.subgraphs.local import LocalSubgraph
from gateway.subgraphs.remote import RemoteSubgraph
from gateway.subgraphs.subgraph import Subgraph
from gateway.telemetry.export import open_provider
from gateway.telemetry.sources import WatchedServiceClient, watch_sources
from gateway.telemetry.telemetry import Telemetry
from gateway.telemetry.tracing import Tracing

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

Services = dict[str, WatchedServiceClient]
"""Clients by the name of their service."""


class Gateway:
    """A running gateway. Satisfies the server's Engine.

    hints: what composition noticed that is no error; empty when the supergraph was read from a file.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        services: Mapping[str, ServiceClient],
        settings: Settings,
        hints: Sequence[Problem] = (),
    ) -> None:
        self.pipeline = pipeline
        self.hints = hints
        self._services = services
        self._settings = settings

    @property
    def supergraph_sdl(self) -> str:
        return self.pipeline.supergraph.sdl

    async def run(self, request: GraphQLRequest, headers: Mapping[str, str], request_id: str) -> GraphQLResponse:
        """See gateway.server.engine.Engine.run. The answer is there by the configured deadline."""
        context = self._context(headers, request_id)
        try:
            return await self.pipeline.run(request, context)
        finally:
            await close_loaders(context)

    async def ready(self) -> Readiness:
        """Ready as soon as there is a graph: a service that is down costs its own fields only."""
        count = len(self.pipeline.supergraph.graphs)
        return Readiness(True, (Check("graph", True, f"{count} subgraphs"),))

    async def close(self) -> None:
        """Give back all connections, and send what traces are waiting."""
        closing: list[Any] = [*self.pipeline.subgraphs.values(), *self._services.values()]
        await asyncio.gather(*(source.close() for source in closing), return_exceptions=True)
        await self.pipeline.telemetry.close()

    def _context(self, headers: Mapping[str, str], request_id: str) -> RequestContext:
        settings = self._settings
        traceparent = headers.get("traceparent", "")
        return RequestContext(
            request_id=request_id,
            deadline=asyncio.get_running_loop().time() + settings.execution.deadline_s,
            services=self._services,
            headers={name: headers[name] for name in settings.server.forward_headers if name in headers},
            traceparent=traceparent if _TRACEPARENT.fullmatch(traceparent) else None,
            batching=settings.execution.batching,
        )


async def open_gateway(settings: Settings) -> Gateway:
    """Compose or read the supergraph and connect its subgraphs. Close what you get.

    Raises SchemaError with every problem: of composition, of a supergraph file, of a subgraph whose schema cannot be
    had or whose address is not known.
    """
    services: Services = {}
    subgraphs: dict[str, Subgraph] = {}
    telemetry = _open_telemetry(settings)
    try:
        if settings.supergraph is not None:
            sdl, hints = read_supergraph_file(settings), ()
            supergraph = load_supergraph(sdl)
            addresses = {graph.name: graph.url for graph in supergraph.graphs.values()}
            problems = _open_subgraphs(addresses, settings, services, subgraphs)
            if problems:
                raise SchemaError(problems)
        else:
            problems = _open_subgraphs(dict.fromkeys(settings.subgraphs, ""), settings, services, subgraphs)
            composition = compose(await _schemas(subgraphs, settings, problems))
            hints = composition.hints
            supergraph = load_supergraph(composition.supergraph_sdl)
    except BaseException:
        await asyncio.gather(*(source.close() for source in [*subgraphs.values(), *services.values()]))
        await telemetry.close()
        raise
    watched = watch_sources(subgraphs, services, telemetry)
    return Gateway(Pipeline(supergraph, watched, _options(settings), telemetry), services, settings, hints)


def _open_telemetry(settings: Settings) -> Telemetry:
    """Raises ExporterMissing when traces are to be exported and the package for it is not installed."""
    section = settings.telemetry
    if section.otlp_endpoint is None:
        return Telemetry()
    provider = open_provider(section.otlp_endpoint, section.service_name)
    return Telemetry(Tracing(provider, section.sample_ratio, follow=section.follow_clients), provider)


def build_app(settings: Settings) -> GatewayApp:
    """The gateway as an ASGI application. Its lifespan opens and closes the gateway, and raises what that raises."""
    engine = _LazyEngine()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        engine.gateway = await open_gateway(settings)
        try:
            yield
        finally:
            await engine.gateway.close()

    routes = (metrics_route(lambda: engine.gateway.pipeline.telemetry.metrics.collect()),)
    return create_server(
        engine, _server_settings(settings), lifespan=lifespan, routes=routes if settings.telemetry.metrics else ()
    )


class _LazyEngine:
    """The engine that the server is built over before the event loop, and so the gateway, is there."""

    gateway: Gateway

    async def run(self, request: GraphQLRequest, headers: Mapping[str, str], request_id: str) -> GraphQLResponse:
        return await self.gateway.run(request, headers, request_id)

    async def ready(self) -> Readiness:
        return await self.gateway.ready()


def _options(settings: Settings) -> PipelineOptions:
    return PipelineOptions(
        lookups=settings.execution.lookups,
        introspection=settings.server.introspection,
        explain=settings.server.explains,
        operations=settings.cache.operations,
        plans=settings.cache.plans,
        limits=settings.limits.to_limits(),
    )


def _server_settings(settings: Settings) -> ServerSettings:
    server = settings.server
    return ServerSettings(
        path=server.path,
        explorer=server.explorer,
        explain=server.explains,
        examples=load_examples(server.examples) if server.examples is not None else (),
        cors_origins=server.cors_origins,
        max_body_bytes=server.max_body_bytes,
        access_log=server.access_log,
    )


def _open_subgraphs(
    addresses: Mapping[str, str],
    settings: Settings,
    services: Services,
    subgraphs: dict[str, Subgraph],
) -> list[Problem]:
    """Add every subgraph that can be opened to `subgraphs`; answers what is wrong with the others.

    addresses: by name, as a supergraph file says; "" where it does not.
    """
    problems: list[Problem] = []
    for name, url in addresses.items():
        try:
            subgraphs[name] = _open_subgraph(name, settings.subgraph(name), url, settings, services)
        except SchemaError as error:
            problems.extend(error.problems)
    return problems


def _open_subgraph(name: str, section: SubgraphSection, url: str, settings: Settings, services: Services) -> Subgraph:
    """The subgraph that a section describes. Adds the client of the service behind it, if any, to `services`.

    url: where a supergraph file says that it is; the section's own wins.
    """
    address = section.url or url
    limits: dict[str, Any] = {"timeout_s": section.timeout_s, "max_response_bytes": section.max_response_bytes}
    if section.schema_module is not None:
        if address:
            services[name] = WatchedServiceClient(name, address, _open_transport(section, settings), **limits)
        return LocalSubgraph(name, _import_schema(name, section.schema_module))
    if not address:
        message = f"the supergraph says no address for this subgraph; set 'subgraphs.{name}.url' in the configuration"
        raise SchemaError([Problem("SUBGRAPH_WITHOUT_URL", message, name)])
    return RemoteSubgraph(name, address, _open_transport(section, settings), **limits)


def _open_transport(section: SubgraphSection, settings: Settings) -> Transport:
    if settings.transport == "aiohttp":
        return AiohttpTransport(section.max_connections)
    # Kept connections are off: httpx gives one caller's surplus answer to the next one on the connection.
    limits = httpx.Limits(max_connections=section.max_connections, max_keepalive_connections=0)
    return HttpxTransport(httpx.AsyncHTTPTransport(limits=limits, trust_env=False))


def _import_schema(name: str, module_name: str) -> object:
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # whatever the module's own code raises while it is loaded
        message = f"cannot import '{module_name}': {_import_fault(error)}"
        raise SchemaError([Problem("INVALID_LOCAL_SCHEMA", message, name)]) from error
    schema = getattr(module, "schema", None)
    if schema is None:
        message = f"module '{module_name}' has no attribute 'schema'"
        raise SchemaError([Problem("INVALID_LOCAL_SCHEMA", message, name)])
    return schema


def _import_fault(error: Exception) -> str:
    """What to mend: an ImportError says it by itself, anything else with its kind and the line where it happened."""
    if isinstance(error, ImportError):
        return str(error)
    text = str(error).split("\n", 1)[0]
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {text}"
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {text} ({PurePath(frame.filename).name}:{frame.lineno})"


async def _schemas(
    subgraphs: Mapping[str, Subgraph], settings: Settings, problems: Sequence[Problem]
) -> list[SubgraphSchema]:
    """The subgraphs' schemas, asked for side by side. Raises SchemaError with every one that cannot be had.

    problems: what was found before; raised together with these.
    """
    found = await asyncio.gather(*(_schema(subgraph, settings) for subgraph in subgraphs.values()))
    problems = [*problems, *(problem for problem in found if isinstance(problem, Problem))]
    if problems:
        raise SchemaError(problems)
    return [schema for schema in found if isinstance(schema, SubgraphSchema)]


async def _schema(subgraph: Subgraph, settings: Settings) -> SubgraphSchema | Problem:
    url = settings.subgraph(subgraph.name).url or ""
    if isinstance(subgraph, LocalSubgraph):
        return SubgraphSchema(subgraph.name, subgraph.subgraph_sdl(), "", federation=2)
    assert isinstance(subgraph, RemoteSubgraph)
    deadline = asyncio.get_running_loop().time() + settings.subgraph(subgraph.name).timeout_s
    try:
        sdl = await subgraph.subgraph_sdl(RequestContext("composition", deadline))
    except SourceError as error:
        message = f"its schema cannot be read: {error.message} Is it running at the configured url?"
        return Problem("SUBGRAPH_SCHEMA_UNAVAILABLE", message, subgraph.name)
    return SubgraphSchema(subgraph.name, sdl, url)


def read_supergraph_file(settings: Settings) -> str:
    """The text of the configured supergraph file. Raises SchemaError when it cannot be read."""
    assert settings.supergraph is not None
    try:
        return settings.supergraph.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        problem = Problem("INVALID_GRAPHQL", f"cannot read the supergraph {settings.supergraph}: {reason}")
        raise SchemaError([problem]) from error

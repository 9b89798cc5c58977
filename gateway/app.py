"""The composition root: settings -> clients, subgraphs, supergraph, pipeline. Nothing else decides what is used."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, cast

from starlette.applications import Starlette

from gateway.admission.admission import Admission
from gateway.authorization.authorizer import Authorizer
from gateway.authorization.errors import KeysUnavailable, TokenError
from gateway.authorization.tokens import Claims
from gateway.authorizing import check_configured, open_authorizer
from gateway.execution.joint import JoinOptions
from gateway.federation.compose import SubgraphSchema, compose
from gateway.federation.contract import apply_contract
from gateway.federation.errors import Problem, SchemaError
from gateway.federation.read_supergraph import load_supergraph
from gateway.federation.supergraph import Supergraph
from gateway.importing import CannotImport, import_attribute
from gateway.live import LiveGateway, Origin
from gateway.operation.request import GraphQLRequest
from gateway.overrides import Decide, Overrides
from gateway.pipeline import Pipeline, PipelineOptions
from gateway.planning.satisfiability import unsatisfiable_fields
from gateway.response.response import GraphQLResponse
from gateway.server.app import GatewayApp, create_server
from gateway.server.engine import Check, Readiness
from gateway.server.errors import HttpError
from gateway.server.examples import load_examples
from gateway.server.metrics import metrics_route
from gateway.server.settings import ServerSettings
from gateway.server.timeout import read_timeout_s
from gateway.services.client import ServiceClient
from gateway.services.loader import close_loaders
from gateway.services.policy.policy import ServicePolicy
from gateway.services.request import RequestContext
from gateway.settings import Settings
from gateway.sources import Services, fetch_schemas, have_changed, open_subgraphs, read_supergraph_file
from gateway.subgraphs.subgraph import Subgraph
from gateway.telemetry.export import open_provider
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.sources import policies_of, watch_sources
from gateway.telemetry.telemetry import Telemetry
from gateway.telemetry.tracing import Tracing

if TYPE_CHECKING:
    from gateway.read_side import ReadSide

_RETRY_LATER = ((b"retry-after", b"5"),)
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class Gateway:
    """A running gateway. Satisfies the server's Engine.

    hints:     what composition noticed that is no error; empty when the supergraph was read from a file.
    read_side: None where no projections are configured.
    has_changed: asks the GraphQL services whether their schemas are still those that this gateway was composed of.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        services: Mapping[str, ServiceClient],
        settings: Settings,
        hints: Sequence[Problem] = (),
        policies: Sequence[ServicePolicy] = (),
        read_side: ReadSide | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.read_side = read_side
        self.hints = hints
        self.settings = settings
        self.has_changed: Callable[[], Awaitable[bool]] = _unchanged
        self._services = services
        self._policies = policies
        self._authorizer = pipeline.options.authorizer

    @property
    def supergraph_sdl(self) -> str:
        return self.pipeline.supergraph.sdl

    async def run(self, request: GraphQLRequest, headers: Mapping[str, str], request_id: str) -> GraphQLResponse:
        """See gateway.server.engine.Engine.run. The answer is there by the request's deadline."""
        context = self._context(headers, request_id)
        if self._authorizer is not None:
            context.claims = await self._authenticate(self._authorizer, headers)
        try:
            return await self.pipeline.run(request, context)
        finally:
            await close_loaders(context)

    async def _authenticate(self, authorizer: Authorizer, headers: Mapping[str, str]) -> Claims | None:
        """What the request's token says; None without one. Raises HttpError 401 or 503."""
        tokens = self.pipeline.telemetry.metrics.tokens
        try:
            claims = await authorizer.authenticate(headers)
        except TokenError as error:
            tokens.add(1, error.code)
            if isinstance(error, KeysUnavailable):
                raise HttpError(503, error.message, code=error.code, headers=_RETRY_LATER) from error
            challenge = f"{authorizer.place.prefix or 'Bearer'} {error.challenge}".encode()
            raise HttpError(401, error.message, code=error.code, headers=((b"www-authenticate", challenge),)) from error
        if claims is not None:
            tokens.add(1, "OK")
        return claims

    async def ready(self) -> Readiness:
        """Ready as soon as there is a graph: a service that is down costs its own fields only."""
        count = len(self.pipeline.supergraph.graphs)
        graph = Check("graph", True, f"{count} subgraphs")
        if self.read_side is None:
            return Readiness(True, (graph,))
        checks = await self.read_side.checks()
        is_ready = not self.read_side.required or all(check.ok for check in checks)
        return Readiness(is_ready, (graph, *checks))

    async def close(self) -> None:
        """Give back all connections, and send what traces are waiting."""
        await self.close_sources()
        await self.pipeline.telemetry.close()

    async def close_sources(self) -> None:
        """Give back all connections; telemetry, which another gateway may share, goes on."""
        closing: list[Any] = [*self.pipeline.subgraphs.values(), *self._services.values()]
        if self.read_side is not None:
            closing.append(self.read_side)
        if self._authorizer is not None:
            closing.append(self._authorizer)
        await asyncio.gather(*(source.close() for source in closing), return_exceptions=True)

    async def take_over(self, other: Gateway) -> int:
        """Make ready to serve in the other's place; gives how many of its plans were made anew."""
        planned = await self.pipeline.learn_from(other.pipeline, self.settings.reload.warm_plans)
        self.show()
        return planned

    def show(self) -> None:
        """Let the metrics tell of this gateway: several may share them, of which one serves."""
        self.pipeline.show()
        metrics = self.pipeline.telemetry.metrics
        metrics.policies = self._policies
        metrics.projections = self.read_side.watch if self.read_side is not None else None

    def _context(self, headers: Mapping[str, str], request_id: str) -> RequestContext:
        settings = self.settings
        traceparent = headers.get("traceparent", "")
        began = asyncio.get_running_loop().time()
        context = RequestContext(
            request_id=request_id,
            deadline=began,
            services=self._services,
            headers={name: headers[name] for name in settings.server.forward_headers if name in headers},
            client_headers=headers,
            traceparent=traceparent if _TRACEPARENT.fullmatch(traceparent) else None,
            batching=settings.execution.batching,
            projections=self.read_side.for_request() if self.read_side is not None else {},
            began=began,
            asked_s=read_timeout_s(headers),
            step_share_s=settings.execution.step_share_s,
        )
        context.allow(settings.execution.deadline_s)
        return context


async def _unchanged() -> bool:
    return False


async def open_gateway(settings: Settings, shared: Telemetry | None = None) -> Gateway:
    """Compose or read the supergraph and connect its subgraphs. Close what you get.

    shared: telemetry of a gateway that this one is to replace; by itself, a gateway has its own.

    Raises SchemaError with every problem: of composition, of a supergraph file, of a subgraph whose schema cannot be
    had or whose address is not known, of a hook. Raises ProjectionError when a module of a projection cannot be used.
    """
    overrides = _overrides(settings)
    authorizer = open_authorizer(settings.authorization)
    services: Services = {}
    subgraphs: dict[str, Subgraph] = {}
    schemas: Sequence[SubgraphSchema] = ()
    read_side = _open_read_side(settings)
    telemetry = shared or _open_telemetry(settings)
    try:
        if settings.supergraph is not None:
            sdl, hints = read_supergraph_file(settings), ()
            supergraph = load_supergraph(sdl)
            addresses = {graph.name: graph.url for graph in supergraph.graphs.values()}
            problems = open_subgraphs(addresses, settings, services, subgraphs)
            if problems:
                raise SchemaError(problems)
        else:
            problems = open_subgraphs(dict.fromkeys(settings.subgraphs, ""), settings, services, subgraphs)
            schemas = await fetch_schemas(subgraphs, settings, problems)
            # A large graph takes seconds. Those who are being answered by another graph meanwhile need the loop.
            supergraph, hints = await asyncio.to_thread(_compose, schemas)
        if contract := settings.contract.to_contract():
            supergraph = load_supergraph(apply_contract(supergraph.sdl, contract))
    except BaseException:
        closing: list[Any] = [*subgraphs.values(), *services.values()]
        if authorizer is not None:
            closing.append(authorizer)
        await asyncio.gather(*(source.close() for source in closing))
        if read_side is not None:
            await read_side.close()
        if shared is None:
            await telemetry.close()
        raise
    watched = watch_sources(subgraphs, services, telemetry)
    pipeline = Pipeline(supergraph, watched, _options(settings, supergraph, overrides, authorizer), telemetry)
    gateway = Gateway(pipeline, services, settings, hints, policies_of(subgraphs, services), read_side)
    gateway.has_changed = lambda: have_changed(schemas, subgraphs, settings)
    return gateway


def _compose(schemas: Sequence[SubgraphSchema]) -> tuple[Supergraph, Sequence[Problem]]:
    """The graph and composition's hints. Raises SchemaError."""
    composition = compose(schemas)
    supergraph = load_supergraph(composition.supergraph_sdl)
    if unreachable := unsatisfiable_fields(supergraph):
        raise SchemaError(unreachable)
    return supergraph, composition.hints


def _open_read_side(settings: Settings) -> ReadSide | None:
    """None where no projections are configured: what they need is not even imported."""
    if not settings.projections.modules:
        return None
    from gateway.read_side import ReadSide

    return ReadSide(settings.projections)


def _open_telemetry(settings: Settings) -> Telemetry:
    """Raises ExporterMissing when traces are to be exported and the package for it is not installed."""
    section = settings.telemetry
    if section.otlp_endpoint is None:
        return Telemetry()
    provider = open_provider(section.otlp_endpoint, section.service_name)
    return Telemetry(Tracing(provider, section.sample_ratio, follow=section.follow_clients), provider)


def build_app(settings: Settings, source: Origin | None = None) -> GatewayApp:
    """The gateway as an ASGI application. Its lifespan opens and closes the gateway, and raises what that raises.

    source: where the settings come from, to be read again when they change there; None when they do not.
    """
    engine = _LazyEngine()
    admission = Admission(settings.overload.to_limit(settings.execution.deadline_s), settings.rate_limits.to_rates())

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        first = await open_to_serve(settings)
        first.show()
        telemetry = first.pipeline.telemetry
        live = engine.live = LiveGateway(first, lambda changed: open_to_serve(changed, telemetry), source)
        telemetry.metrics.reloads = live.reloads
        try:
            async with admission.running(), live.watching():
                yield
        finally:
            await live.close()
            await telemetry.close()

    routes = (metrics_route(lambda: chain(engine.metrics.collect(), admission.collect()), engine.look),)
    return create_server(
        engine,
        _server_settings(settings),
        lifespan=lifespan,
        routes=routes if settings.telemetry.metrics else (),
        admission=admission,
    )


class _LazyEngine:
    """The engine that the server is built over before the event loop, and so the gateway, is there."""

    live: LiveGateway[Gateway]

    @property
    def metrics(self) -> Metrics:
        return self.live.gateway.pipeline.telemetry.metrics

    async def look(self) -> None:
        """At what the metrics tell of others' state."""
        if (read_side := self.live.gateway.read_side) is not None:
            await read_side.watch.refresh()

    async def run(self, request: GraphQLRequest, headers: Mapping[str, str], request_id: str) -> GraphQLResponse:
        return await self.live.run(request, headers, request_id)

    async def ready(self) -> Readiness:
        return await self.live.ready()


async def open_to_serve(settings: Settings, shared: Telemetry | None = None) -> Gateway:
    """The same, of a graph that may be served: raises SchemaError when its access rules could be fulfilled by nobody,
    since nothing is configured for them.
    """
    gateway = await open_gateway(settings, shared)
    try:
        check_configured(gateway.pipeline.supergraph, settings.authorization)
    except SchemaError:
        await (gateway.close() if shared is None else gateway.close_sources())
        raise
    return gateway


def _options(
    settings: Settings, supergraph: Supergraph, overrides: Overrides, authorizer: Authorizer | None
) -> PipelineOptions:
    subgraphs = {graph.name: settings.subgraph(graph.name) for graph in supergraph.graphs.values()}
    # What runs in this process gains nothing: its fetches share loaders anyway.
    joining = (name for name, one in subgraphs.items() if one.join_fetches and one.schema_module is None)
    return PipelineOptions(
        lookups=settings.execution.lookups,
        verify_keys=frozenset(name for name, one in subgraphs.items() if one.verify_keys),
        join=JoinOptions(frozenset(joining), settings.execution.join_window_s),
        deadlines_s={name: operation.deadline_s for name, operation in settings.execution.operations.items()},
        introspection=settings.server.introspection,
        explain=settings.server.explains,
        sharing=settings.execution.share_queries,
        operations=settings.cache.operations,
        plans=settings.cache.plans,
        cache_bytes=settings.cache.megabytes * 1_000_000,
        limits=settings.limits.to_limits(),
        cost=settings.cost.to_limit(),
        overrides=overrides,
        authorizer=authorizer,
    )


def _overrides(settings: Settings) -> Overrides:
    """Raises SchemaError when the function that is to decide labels cannot be had."""
    section = settings.overrides
    if section.decide is None:
        return section.to_options(Overrides, decide=None)
    module, _, name = section.decide.partition(":")
    try:
        decide = import_attribute(module, name)
    except CannotImport as error:
        raise SchemaError([Problem("INVALID_OVERRIDE_HOOK", f"overrides.decide: {error}")]) from error
    if not inspect.iscoroutinefunction(decide):
        message = f"overrides.decide: '{section.decide}' is no async function; write `async def {name}(question)`"
        raise SchemaError([Problem("INVALID_OVERRIDE_HOOK", message)])
    return section.to_options(Overrides, decide=cast("Decide", decide))


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

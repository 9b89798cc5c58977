"""What answers fetches, as the configuration says: subgraphs, and the clients of the services behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from gateway.federation.compose import SubgraphSchema
from gateway.federation.errors import Problem, SchemaError
from gateway.importing import CannotImport, import_attribute
from gateway.services.direct import DirectTransport
from gateway.services.errors import SourceError
from gateway.services.policy.budget import Budget
from gateway.services.policy.policy import ServicePolicy
from gateway.services.request import RequestContext
from gateway.services.transport import AiohttpTransport, HttpxTransport, Transport
from gateway.settings import Settings, SubgraphSection
from gateway.subgraphs.local import LocalSubgraph
from gateway.subgraphs.remote import RemoteSubgraph
from gateway.subgraphs.subgraph import Subgraph
from gateway.telemetry.sources import WatchedServiceClient

Services = dict[str, WatchedServiceClient]
"""Clients by the name of their service."""


def open_subgraphs(
    addresses: Mapping[str, str],
    settings: Settings,
    services: Services,
    subgraphs: dict[str, Subgraph],
) -> list[Problem]:
    """Add every subgraph that can be opened to `subgraphs`; answers what is wrong with the others.

    addresses: by name, as a supergraph file says; "" where it does not.
    """
    problems: list[Problem] = []
    retry_budget = Budget(settings.retry_budget.to_budget())
    for name, url in addresses.items():
        section = settings.subgraph(name)
        policy = ServicePolicy(name, section.to_policy(settings.execution.deadline_s), retry_budget)
        try:
            subgraphs[name] = _open_subgraph(policy, section, url, settings, services)
        except SchemaError as error:
            problems.extend(error.problems)
    return problems


def _open_subgraph(
    policy: ServicePolicy, section: SubgraphSection, url: str, settings: Settings, services: Services
) -> Subgraph:
    """The subgraph that a section describes. Adds the client of the service behind it, if any, to `services`.

    url: where a supergraph file says that it is; the section's own wins.
    """
    name, address = policy.service, section.url or url
    limits: dict[str, Any] = {"policy": policy, "max_response_bytes": section.max_response_bytes}
    if section.schema_module is not None:
        if address:
            services[name] = WatchedServiceClient(name, address, _open_transport(section, settings), **limits)
        return LocalSubgraph(name, _import_schema(name, section.schema_module))
    if not address:
        message = f"the supergraph says no address for this subgraph; set 'subgraphs.{name}.url' in the configuration"
        raise SchemaError([Problem("SUBGRAPH_WITHOUT_URL", message, name)])
    return RemoteSubgraph(
        name, address, _open_transport(section, settings), shown_errors=frozenset(section.shown_errors), **limits
    )


def _open_transport(section: SubgraphSection, settings: Settings) -> Transport:
    if settings.transport == "direct":
        return DirectTransport(section.max_connections, keep=section.keep_connections)
    if settings.transport == "aiohttp":
        return AiohttpTransport(section.max_connections, keep=section.keep_connections)
    # Kept connections are off: httpx gives one caller's surplus answer to the next one on the connection.
    limits = httpx.Limits(max_connections=section.max_connections, max_keepalive_connections=0)
    return HttpxTransport(httpx.AsyncHTTPTransport(limits=limits, trust_env=False))


def _import_schema(name: str, module_name: str) -> object:
    try:
        return import_attribute(module_name, "schema")
    except CannotImport as error:
        raise SchemaError([Problem("INVALID_LOCAL_SCHEMA", str(error), name)]) from error


async def fetch_schemas(
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


async def have_changed(told: Sequence[SubgraphSchema], subgraphs: Mapping[str, Subgraph], settings: Settings) -> bool:
    """Whether a GraphQL service says another schema than it did. One that cannot say it now has not changed it."""
    known = {schema.name: schema.sdl for schema in told}
    asked = [subgraph for subgraph in subgraphs.values() if isinstance(subgraph, RemoteSubgraph)]
    found = await asyncio.gather(*(_schema(subgraph, settings) for subgraph in asked))
    return any(isinstance(schema, SubgraphSchema) and known.get(schema.name) != schema.sdl for schema in found)


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

"""Asking services how they are: one small call to each, all at once. What `braid services` and `braid check` share.

It goes past the gateway, straight from this machine to the service: an address that only the gateway's own network
knows is unreachable from here, whatever the gateway says of it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from gateway.services.request import RequestContext
    from gateway.settings import Settings

Kind = Literal["rest", "graphql"]
Health = Literal["healthy", "answers", "failing", "unreachable", "slow"]

GOOD: frozenset[Health] = frozenset({"healthy", "answers"})
HEALTH_PATH = "/healthz"
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Upstream:
    """One service to ask. kind: `rest` has a base url; `graphql` is asked at its url by POST."""

    name: str
    kind: Kind
    url: str
    timeout_s: float


@dataclass(frozen=True, slots=True)
class Probe:
    """How a service was when it was asked.

    health:     healthy      its health check, or `{__typename}`, was answered well
                answers      it speaks HTTP, but has no health check that we know
                failing      it answered, but with an error or nonsense
                slow         no answer within its timeout
                unreachable  no connection, or a broken one
    duration_s: how long the answer took, connecting included; None when none came.
    detail:     what was wrong; "" when nothing was.
    """

    upstream: Upstream
    health: Health
    duration_s: float | None
    detail: str = ""

    @property
    def ok(self) -> bool:
        return self.health in GOOD


def list_upstreams(settings: Settings) -> list[Upstream]:
    """Every service behind the configured graph, in its order. A schema without a service has nothing to ask.

    Raises SchemaError when a supergraph file, which may bring addresses, cannot be read.
    """
    addresses = {name: section.url for name, section in settings.subgraphs.items()}
    if settings.supergraph is not None:
        from gateway.federation.read_supergraph import load_supergraph
        from gateway.sources import read_supergraph_file

        graphs = load_supergraph(read_supergraph_file(settings)).graphs.values()
        addresses = {graph.name: settings.subgraph(graph.name).url or graph.url for graph in graphs}
    return [
        Upstream(name, "graphql" if section.schema_module is None else "rest", url, section.timeout_s)
        for name, url in addresses.items()
        if url
        for section in [settings.subgraph(name)]
    ]


async def probe_all(upstreams: Sequence[Upstream]) -> list[Probe]:
    """Each of them, side by side, in their order. Takes as long as the slowest, at most its timeout."""
    # Imported before anything is measured: the first import takes longer than most answers.
    for module in ("gateway.services.transport", "gateway.subgraphs.remote"):
        import_module(module)
    return list(await asyncio.gather(*(_probe(upstream) for upstream in upstreams)))


async def _probe(upstream: Upstream) -> Probe:
    from gateway.services.errors import SourceError, SourceTimeout, SourceUnreachable
    from gateway.services.request import RequestContext

    started = time.perf_counter()
    # The service's own timeout is to end the call, so that the message speaks of it and not of a request's deadline.
    deadline = asyncio.get_running_loop().time() + 2 * upstream.timeout_s
    context = RequestContext("probe", deadline)
    ask = _ask_graphql if upstream.kind == "graphql" else _ask_rest
    try:
        health, detail = await ask(upstream, context)
    except SourceUnreachable as error:
        return Probe(upstream, "unreachable", None, error.message)
    except SourceTimeout as error:
        return Probe(upstream, "slow", None, error.message)
    except SourceError as error:
        health, detail = "failing", error.message
    return Probe(upstream, health, time.perf_counter() - started, detail)


async def _ask_rest(upstream: Upstream, context: RequestContext) -> tuple[Health, str]:
    from gateway.services.call import outgoing_headers, source_call
    from gateway.services.transport import AiohttpTransport

    transport = AiohttpTransport(1)
    url = upstream.url.rstrip("/") + HEALTH_PATH
    headers = outgoing_headers(context, upstream.timeout_s) | {"user-agent": "braid-gateway"}
    try:
        async with source_call(upstream.name, upstream.timeout_s, context):
            status = (await transport.send("GET", url, headers, None, _MAX_BYTES)).status
    finally:
        await transport.close()
    if 200 <= status < 300:
        return "healthy", ""
    if status < 500:
        return "answers", f"GET {HEALTH_PATH} was answered with HTTP status {status}."
    return "failing", f"GET {HEALTH_PATH} was answered with HTTP status {status}."


async def _ask_graphql(upstream: Upstream, context: RequestContext) -> tuple[Health, str]:
    from gateway.services.policy.options import PolicyOptions
    from gateway.services.policy.policy import ServicePolicy
    from gateway.services.transport import AiohttpTransport
    from gateway.subgraphs.remote import RemoteSubgraph
    from gateway.subgraphs.subgraph import SubgraphRequest

    policy = ServicePolicy(upstream.name, PolicyOptions(timeout_s=upstream.timeout_s))
    subgraph = RemoteSubgraph(upstream.name, upstream.url, AiohttpTransport(1), policy=policy)
    try:
        response = await subgraph.fetch(SubgraphRequest("{__typename}", {}), context)
    finally:
        await subgraph.close()
    if response.data is not None and "__typename" in response.data:
        return "healthy", ""
    return "failing", str(response.errors[0]["message"]) if response.errors else "It answered no data."

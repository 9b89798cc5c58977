"""What telemetry costs: CPU microseconds per request of the pipeline, with none of it and with more and more of it.

    python -m bench.telemetry

One request makes 4 fetches, 3 of which load a batch by one call to a service; nothing leaves the process. The variants
take turns, round by round; what counts is the median of each one's difference to the round without any telemetry.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

import httpx
import uvloop
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from prometheus_client import CollectorRegistry, Histogram

from gateway.federation.compose import SubgraphSchema, compose
from gateway.federation.read_supergraph import load_supergraph
from gateway.operation.request import GraphQLRequest
from gateway.pipeline import Pipeline
from gateway.services.client import ServiceClient
from gateway.services.loader import Loader
from gateway.services.request import RequestContext
from gateway.services.transport import HttpxTransport
from gateway.subgraphs.subgraph import Subgraph, SubgraphRequest, SubgraphResponse
from gateway.telemetry.export import make_provider
from gateway.telemetry.metrics import DURATIONS_S, Histograms
from gateway.telemetry.sources import WatchedServiceClient, watch_sources
from gateway.telemetry.telemetry import Telemetry, WatchedRequest
from gateway.telemetry.tracing import Tracing

ROUNDS = 25
REQUESTS = 100
WARM_UP = 50
ITEMS = 20
QUERY = "{ items { id price stock review } }"
LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])'
FIELDS = {"prices": "price", "stocks": "stock", "reviews": "review"}


class NoExport(SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS


class NoTelemetry(Telemetry):
    """A pipeline without any."""

    def open_request(self, context: RequestContext) -> WatchedRequest:
        return NOTHING_SEEN


class _NothingSeen(WatchedRequest):
    def __init__(self) -> None: ...
    def planned(self, *_: Any) -> None: ...
    def fetched(self, *_: Any) -> None: ...
    def answered(self, *_: Any) -> None: ...


NOTHING_SEEN = _NothingSeen()


class Answer(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"{}")


class Batch(Loader[str, str]):
    """Subclasses name the service."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, str]:
        await self.client.get_json("/x", context=self.context)
        return {key: key for key in keys}


class Source:
    """A subgraph in process; one with a loader loads what it was asked for, in one batch."""

    def __init__(self, name: str, field: str | None) -> None:
        self.name = name
        self._field = field
        self._loader = type(f"{name}Batch", (Batch,), {"service": name})

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResponse:
        if self._field is None:
            return SubgraphResponse({"items": [{"id": str(n)} for n in range(ITEMS)]})
        keys = [representation["id"] for representation in request.variables["representations"]]
        found = await context.loader(self._loader).load_many(keys)
        return SubgraphResponse({"_entities": [{self._field: value} for value in found]})

    async def close(self) -> None: ...


def make_pipeline(telemetry: Telemetry) -> tuple[Pipeline, Mapping[str, ServiceClient]]:
    sdl = {"items": f'{LINK} type Query {{ items: [Item!]! }} type Item @key(fields: "id") {{ id: ID! }}'}
    for name, field in FIELDS.items():
        sdl[name] = f'{LINK} type Item @key(fields: "id") {{ id: ID! {field}: String }}'
    supergraph = load_supergraph(compose([SubgraphSchema(n, text, "") for n, text in sdl.items()]).supergraph_sdl)
    subgraphs: dict[str, Subgraph] = {name: Source(name, FIELDS.get(name)) for name in sdl}
    watched = not isinstance(telemetry, NoTelemetry)
    kind = WatchedServiceClient if watched else ServiceClient
    services: dict[str, Any] = {name: kind(name, "http://x", HttpxTransport(Answer())) for name in FIELDS}
    sources = watch_sources(subgraphs, services, telemetry) if watched else subgraphs
    return Pipeline(supergraph, sources, telemetry=telemetry), services


async def take(pipeline: Pipeline, services: Mapping[str, ServiceClient], count: int) -> float:
    """CPU microseconds per request, of all threads."""
    request, loop = GraphQLRequest(QUERY), asyncio.get_running_loop()
    gc.collect()
    started = time.process_time()
    for _ in range(count):
        response = await pipeline.run(request, RequestContext("r", loop.time() + 5, services))
        assert not response.errors
    return (time.process_time() - started) / count * 1e6


def traced(ratio: float) -> Telemetry:
    provider = make_provider(NoExport(), "bench")
    return Telemetry(Tracing(provider, ratio), provider)


VARIANTS: dict[str, Callable[[], Telemetry]] = {
    "none": NoTelemetry,
    "metrics": Telemetry,
    "metrics, traces, none sampled": lambda: traced(0.0),
    "metrics, traces, 1 % sampled": lambda: traced(0.01),
    "metrics, traces, all sampled": lambda: traced(1.0),
}


async def compare() -> dict[str, list[float]]:
    """Microseconds per request of each round."""
    pipelines = {name: make_pipeline(make()) for name, make in VARIANTS.items()}
    for pipeline, services in pipelines.values():
        await take(pipeline, services, WARM_UP)
    found: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _ in range(ROUNDS):
        for name, (pipeline, services) in pipelines.items():
            found[name].append(await take(pipeline, services, REQUESTS))
    for pipeline, _services in pipelines.values():
        await pipeline.telemetry.close()
    return found


def per_observation(observe: Callable[[], object], times: int = 20_000) -> float:
    """CPU microseconds, of the best of five."""

    def once() -> float:
        started = time.process_time()
        for _ in range(times):
            observe()
        return (time.process_time() - started) / times * 1e6

    return min(once() for _ in range(5))


def main() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(compare())
    for name, rounds in found.items():
        added = median(with_it - without for with_it, without in zip(rounds, found["none"], strict=True))
        print(f"{name:<32} {median(rounds):8.1f} us/request   {added:+7.1f}")
    ours = Histograms("ours", "text", ("a", "b"), DURATIONS_S)
    theirs = Histogram("theirs", "text", ("a", "b"), buckets=DURATIONS_S, registry=CollectorRegistry())
    print(
        f"one observation with two labels: ours {per_observation(lambda: ours.record(0.02, 'x', 'y')):.2f} us,", end=" "
    )
    print(f"prometheus-client's {per_observation(lambda: theirs.labels('x', 'y').observe(0.02)):.2f} us")


if __name__ == "__main__":
    main()

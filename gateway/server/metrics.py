"""`/metrics`: what Prometheus scrapes.

It tells the names of subgraphs and how much each is used: keep it off the internet.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATH = "/metrics"

MetricsSource = Callable[[], Iterator[Metric]]


class _Own(Collector):
    """A registry's view of one gateway's metrics."""

    def __init__(self, source: MetricsSource) -> None:
        self._source = source

    def describe(self) -> Iterator[Metric]:
        """Nothing: the names are known to be ours alone, and the gateway may not be there yet."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        return self._source()


async def _nothing() -> None:
    """Nothing has to be looked at anew."""


def metrics_route(source: MetricsSource, refresh: Callable[[], Awaitable[None]] = _nothing) -> Route:
    """Answers GET in Prometheus' text format, or in OpenMetrics when that is accepted; adds the process's own metrics.

    source:  called at each scrape, once the gateway is open.
    refresh: awaited before that, for what must be asked of others. It takes care of its own time.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Own(source))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)

    async def metrics(request: Request) -> Response:
        await refresh()
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), 200, {"cache-control": "no-store", "content-type": content_type})

    return Route(PATH, metrics)

"""Where traces go: an OTLP collector, in batches from a thread of the SDK's own.

Also understood, because the SDK reads them: the standard OTEL_ variables, for instance OTEL_EXPORTER_OTLP_HEADERS for a
collector's token, OTEL_RESOURCE_ATTRIBUTES, OTEL_BSP_SCHEDULE_DELAY.
"""

from __future__ import annotations

import asyncio
import logging
import time

import structlog
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from gateway import __version__
from gateway.errors import BraidError

EXPORT_TIMEOUT_S = 5.0
CLOSE_TIMEOUT_S = 5.0
COMPLAINTS_EVERY_S = 60.0

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("gateway.telemetry")


class ExporterMissing(BraidError):
    """Traces are to be exported, and the package that does it is not installed."""

    code = "OTLP_EXPORTER_MISSING"


def open_provider(endpoint: str, service_name: str) -> TracerProvider:
    """A provider that sends spans to an OTLP collector over HTTP (protobuf). Raises ExporterMissing.

    endpoint: the full URL, usually ending in /v1/traces. Nothing is connected yet; a collector that is down costs
    spans, never a request.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError as error:
        message = "'telemetry.otlp_endpoint' needs a package that is not installed: pip install 'braid-gateway[otlp]'"
        raise ExporterMissing(message) from error
    return make_provider(OTLPSpanExporter(endpoint=endpoint, timeout=EXPORT_TIMEOUT_S), service_name)


def make_provider(exporter: SpanExporter, service_name: str) -> TracerProvider:
    """A provider over any exporter. It samples everything: `Tracing` asks only for what is sampled."""
    _tell_complaints()
    resource = Resource.create({"service.name": service_name, "service.version": __version__})
    provider = TracerProvider(ALWAYS_ON, resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


async def close_provider(provider: TracerProvider) -> None:
    """Send what is waiting, for at most CLOSE_TIMEOUT_S seconds, and stop the thread."""
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await asyncio.to_thread(provider.shutdown)
    except TimeoutError:
        _log.warning("traces lost", reason="the collector did not take them in time")


class _Complaints(logging.Handler):
    """The SDK's log records as entries of ours: its texts without what is filled in, which comes from the collector."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._last_s = -COMPLAINTS_EVERY_S

    def emit(self, record: logging.LogRecord) -> None:
        now = time.monotonic()
        if now - self._last_s >= COMPLAINTS_EVERY_S:
            self._last_s = now
            _log.warning("tracing fails", logger=record.name, says=str(record.msg))


def _tell_complaints() -> None:
    logger = logging.getLogger("opentelemetry")
    logger.propagate = False
    if not any(isinstance(handler, _Complaints) for handler in logger.handlers):
        logger.addHandler(_Complaints())

"""Export: a collector that is away costs spans, never a request; what the SDK complains of comes out in our words."""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.telemetry.export import CLOSE_TIMEOUT_S, ExporterMissing, open_provider
from tests.unit.telemetry.world import running

pytestmark = pytest.mark.anyio

AWAY = "http://127.0.0.1:9/v1/traces"


async def test_a_collector_that_is_away_costs_no_request(modules: Path, logged: list[dict[str, Any]]):
    """Neither an answer nor the end of the process waits for it; the log names no address."""
    async with running(modules, telemetry={"otlp_endpoint": AWAY, "sample_ratio": 1.0}) as world:
        answers = [await world.ask() for _ in range(3)]
        started = time.perf_counter()
    assert all("errors" not in answer for answer in answers)
    assert time.perf_counter() - started < CLOSE_TIMEOUT_S + 1
    assert "127.0.0.1" not in repr(logged)


def test_the_sdks_complaints_are_told_without_what_they_hold(logged: list[dict[str, Any]]):
    """And once a minute: an exporter complains of every batch."""
    logger = logging.getLogger("opentelemetry")
    before, logger.handlers[:] = list(logger.handlers), []
    try:
        open_provider(AWAY, "test").shutdown()
        for _ in range(3):
            logging.getLogger("opentelemetry.exporter").warning("Failed to export to %s: %s", AWAY, "SECRET")
    finally:
        logger.handlers[:] = before
    assert logged == [
        {
            "event": "tracing fails",
            "logger": "opentelemetry.exporter",
            "says": "Failed to export to %s: %s",
            "log_level": "warning",
        }
    ]


def test_a_missing_exporter_is_told_with_its_cure(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(ExporterMissing, match=r"braid-gateway\[otlp\]"):
        open_provider(AWAY, "test")

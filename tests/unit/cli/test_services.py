"""`braid services`: what is asked of the services, what of the gateway, and an exit code for scripts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from gateway.cli.services import _graph
from gateway.cli.traffic import PolicyState, Told, Traffic, ask_gateway, gateway_url, parse_metrics
from gateway.services.policy.breaker import Verdict
from gateway.services.policy.budget import Budget
from gateway.services.policy.options import BudgetOptions, HedgeOptions, PolicyOptions
from gateway.services.policy.policy import ServicePolicy
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics
from tests.unit.cli.conftest import Braid, environment, write_graph
from tests.unit.cli.upstreams import REVIEWS, nobody, serve


def metrics_text() -> str:
    """What a gateway says after three calls to books, one of them failed, and one to reviews."""
    metrics = Metrics()
    metrics.calls.record(0.010, "books", "OK")
    metrics.calls.record(0.030, "books", "OK")
    metrics.calls.record(0.500, "books", "SUBREQUEST_TIMEOUT")
    metrics.calls.record(0.020, "reviews", "OK")
    metrics.policies = policies()
    registry = CollectorRegistry()
    registry.register(metrics)
    return generate_latest(registry).decode()


def policies() -> list[ServicePolicy]:
    """Nobody can call books any more, whose breaker is open; two calls to reviews are under way, and one waits."""
    process = Budget(BudgetOptions(reserve=4))
    books = ServicePolicy("books", retry_budget=process)
    for _ in range(10):
        books.breaker.tell(0, Verdict.FAILED)
    books.refused, books.retries = 7, 3
    reviews = ServicePolicy("reviews", PolicyOptions(max_connections=2, hedge=HedgeOptions(enabled=True)), process)
    reviews.busy = 1
    assert reviews.hedging is not None
    reviews.hedging.hedges, reviews.hedging.won = 5, 2

    async def call() -> None:
        room = reviews.bulkhead.room()
        await room.enter()
        await room.enter()
        room.waiting.append(asyncio.get_running_loop().create_future())

    asyncio.run(call())
    return [books, reviews]


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A folder whose two services are healthy, and the URL of a gateway that tells of its calls."""
    write_graph(tmp_path)
    with serve() as books, serve(sdl=REVIEWS) as reviews, serve(body=metrics_text()) as gateway:
        (tmp_path / "braid.yaml").write_text(
            f"subgraphs:\n  books: {{schema: shelf_books, url: {books}}}\n  reviews: {{url: {reviews}/graphql}}\n"
            "  local: {schema: shelf_ratings}\n"
        )
        yield tmp_path, gateway


def look(braid: Braid, folder: Path, *more: str, code: int = 0) -> dict[str, Any]:
    result = braid("services", "--json", *more, folder=folder)
    assert result.returncode == code, result.stderr
    return json.loads(result.stdout)


def test_health_is_the_services_and_the_rest_is_the_gateways(braid: Braid, shelf: tuple[Path, str]) -> None:
    """A schema without a service is not listed: there is nothing to ask."""
    folder, gateway = shelf
    report = look(braid, folder, "--gateway", gateway)
    assert (report["ok"], report["gateway"]) == (
        True,
        {"url": gateway, "tells": True, "retry_budget": 4.0, "graph": None},
    )
    told = [(s["name"], s["kind"], s["health"], s["calls"], s["errors"], s["latency_ms"]) for s in report["services"]]
    assert told == [("books", "rest", "healthy", 3, 1, 180.0), ("reviews", "graphql", "healthy", 1, 0, 20.0)]
    assert all(service["probe_ms"] > 0 for service in report["services"])


def test_breakers_queues_and_budgets_are_the_gateways(braid: Braid, shelf: tuple[Path, str]) -> None:
    """In JSON all of it; in the table what fits, with a line that says what it is."""
    folder, gateway = shelf
    books, reviews = (service["policy"] for service in look(braid, folder, "--gateway", gateway)["services"])
    assert books == {
        **{"breaker": "open", "openings": 1, "in_flight": 0, "waiting": 0, "retries": 3, "hedges": 0},
        **{"refused": {"SERVICE_BUSY": 0, "CIRCUIT_OPEN": 7}, "budgets": {"retry": 4.0}},
    }
    assert reviews == {
        **{"breaker": "closed", "openings": 0, "in_flight": 2, "waiting": 1, "retries": 0, "hedges": 5},
        **{"refused": {"SERVICE_BUSY": 1, "CIRCUIT_OPEN": 0}, "budgets": {"retry": 4.0, "hedge": 0.0}},
    }
    head, *rows, legend = braid("services", "--gateway", gateway, folder=folder).stdout.splitlines()
    columns = head.split()
    table = {row.split()[0]: dict(zip(columns[7:], row.split()[9:], strict=False)) for row in rows}
    assert table["books"] == {"breaker": "open", "now": "0+0", "retries": "3", "hedges": "0", "budget": "4.0"}
    assert table["reviews"] == {"breaker": "closed", "now": "2+1", "retries": "0", "hedges": "5", "budget": "4.0"}
    assert "in all 4.0" in legend


def test_without_a_gateway_calls_are_unknown_and_not_none(braid: Braid, shelf: tuple[Path, str]) -> None:
    """Health is still told, and decides."""
    folder, _ = shelf
    report = look(braid, folder, "--gateway", nobody())
    assert (report["ok"], report["gateway"]["tells"]) == (True, False)
    assert {(s["health"], s["calls"], s["errors"], s["latency_ms"]) for s in report["services"]} == {
        ("healthy", None, None, None)
    }
    assert "budgets are not known" in braid("services", "--gateway", nobody(), folder=folder).stdout


def test_one_service_that_is_not_healthy_makes_the_exit_code_1(braid: Braid, tmp_path: Path) -> None:
    with serve(status=503) as books:
        (tmp_path / "braid.yaml").write_text(
            f"subgraphs:\n  books: {{schema: b, url: {books}}}\n  reviews: {{url: {nobody()}}}\n"
        )
        report = look(braid, tmp_path, "--gateway", nobody(), code=1)
        table = braid("services", "--gateway", nobody(), folder=tmp_path)
    assert report["ok"] is False
    assert [service["health"] for service in report["services"]] == ["failing", "unreachable"]
    assert table.returncode == 1
    lines = table.stdout.splitlines()
    told = ["calls", "errors", "latency", "breaker", "now", "retries", "hedges", "budget"]
    assert lines[0].split() == ["service", "kind", "health", "probe", *told, "detail"]
    assert lines[1].split()[:3] == ["books", "rest", "failing"]
    assert lines[1].endswith("GET /healthz was answered with HTTP status 503.")
    assert lines[2].split() == ["reviews", "graphql", "unreachable", *["-"] * 9]


def test_the_services_of_a_supergraph_file_are_where_it_says(braid: Braid, shelf: tuple[Path, str]) -> None:
    folder, gateway = shelf
    path = folder / "supergraph.graphql"
    path.write_text(braid("compose", folder=folder).stdout)
    report = look(braid, folder, "--supergraph", str(path), "--gateway", gateway)
    assert [(service["name"], service["health"]) for service in report["services"]] == [("reviews", "healthy")]


def test_a_graph_without_services_is_said_to_have_none(braid: Braid) -> None:
    result = braid("services", "--once")
    assert (result.returncode, result.stdout) == (1, "")
    assert "none of its subgraphs has a url" in result.stderr


def test_on_a_terminal_the_table_is_live_until_ctrl_c(shelf: tuple[Path, str]) -> None:
    """It is drawn again and again; the exit code is that of the last look."""
    folder, gateway = shelf
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "gateway.cli", "services", "--gateway", gateway, "--interval", "0.2"]
    process = subprocess.Popen(command, cwd=folder, env=environment(TERM="xterm"), stdout=end, stderr=end)
    os.close(end)
    seen, deadline = b"", time.monotonic() + 30
    while seen.count(b"reviews") < 3:
        assert time.monotonic() < deadline, seen
        if select.select([terminal], [], [], 0.2)[0]:
            seen += os.read(terminal, 4096)
    process.send_signal(signal.SIGINT)
    # Read on: who writes to a terminal that nobody reads waits for ever.
    while process.poll() is None:
        assert time.monotonic() < deadline
        if select.select([terminal], [], [], 0.1)[0]:
            with contextlib.suppress(OSError):  # its other end is closed
                os.read(terminal, 4096)
    os.close(terminal)
    assert process.returncode == 0


# What the gateway tells


def test_counts_are_summed_over_outcomes() -> None:
    """All but OK are errors; other metrics and services of other names are left alone."""
    found = parse_metrics(metrics_text()).traffic
    assert found.keys() == {"books", "reviews"}
    assert found["books"].calls == 3
    assert found["books"].errors == 1
    assert found["books"].seconds == pytest.approx(0.54)
    assert parse_metrics("# HELP nothing\nother_total 1.0\n") == Told()


def test_the_graph_that_serves_is_told_with_what_became_of_its_changes() -> None:
    """In the line below the table."""
    told = parse_metrics(
        "# TYPE braid_reloads counter\n"
        'braid_reloads_total{outcome="swapped"} 2.0\n'
        'braid_reloads_total{outcome="refused"} 7.0\n'
        "# TYPE braid_reload_refused gauge\nbraid_reload_refused 1.0\n"
        "# TYPE braid_graph_loaded_timestamp_seconds gauge\nbraid_graph_loaded_timestamp_seconds 86400.0\n"
    )
    assert (told.graph.loaded, told.graph.swaps, told.graph.refused) == (86400.0, 2, True)
    assert _graph(told.graph).endswith(
        "changes taken over: 2 · the last change was refused: the gateway's log says why"
    )


def test_a_gateway_without_policies_tells_of_none() -> None:
    """An older one, say."""
    registry = CollectorRegistry()
    registry.register(Metrics())
    assert parse_metrics(generate_latest(registry).decode()) == Told()
    text = 'braid_breaker_state{service="a"} 1.0\n'
    assert parse_metrics(text).policies == {"a": PolicyState(breaker="half open")}


def test_a_gateway_that_was_started_anew_counts_from_its_start() -> None:
    assert Traffic(5, 2, 1.0).since(Traffic(3, 1, 0.5)) == Traffic(2, 1, 0.5)
    assert Traffic(5, 2, 1.0).since(Traffic(9, 1, 3.0)) == Traffic(5, 2, 1.0)
    assert Traffic().mean_s is None


@pytest.mark.anyio
async def test_whoever_has_no_metrics_tells_nothing() -> None:
    with serve(status=404) as url:
        assert await ask_gateway(url) is None
    assert await ask_gateway(nobody()) is None


@pytest.mark.parametrize(
    ("host", "url"),
    [("0.0.0.0", "http://127.0.0.1:4000"), ("::", "http://[::1]:4000"), ("gate.example", "http://gate.example:4000")],
)
def test_the_gateway_is_looked_for_where_it_is_configured_to_be(host: str, url: str) -> None:
    settings = Settings.model_validate({"server": {"host": host}, "subgraphs": {"a": {"schema": "a"}}})
    assert gateway_url(settings) == url

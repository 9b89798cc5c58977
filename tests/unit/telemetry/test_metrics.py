"""Metrics: every request, fetch, call and batch is counted, with outcome and duration."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from gateway.services.errors import SourceTimeout
from gateway.services.request import RequestContext
from gateway.telemetry.metrics import Counters, Histograms, Metrics
from gateway.telemetry.outcomes import outcome_of
from tests.unit.telemetry.world import hang, running, status_500, status_503

pytestmark = pytest.mark.anyio

REQUESTS = 'braid_request_duration_seconds_count{kind="%s",outcome="%s"}'
FETCHES = 'braid_fetch_duration_seconds_count{outcome="%s",subgraph="%s"}'
CALLS = 'braid_service_call_duration_seconds_count{outcome="%s",service="%s"}'
FAILURES = 'braid_source_failures_total{code="%s",source="%s"}'


def test_an_observation_falls_into_the_first_bucket_that_holds_it():
    """Bounds are inclusive, as Prometheus has it; what is above all of them is in +Inf only."""
    histograms = Histograms("h", "text", ("a",), (1, 2))
    for value in (0.5, 1, 1.5, 2, 3):
        histograms.record(value, "x")
    samples = {s.labels.get("le", s.name): s.value for s in histograms.collect().samples}
    assert samples == {"1": 2, "2": 4, "+Inf": 5, "h_count": 5, "h_sum": 8}
    assert (histograms.count("x"), histograms.count("y")) == (5, 0)


def test_counters_keep_their_labels_apart():
    counters = Counters("c", "text", ("a",))
    counters.add(2, "x")
    counters.add(3, "x")
    counters.add(1, "y")
    assert {s.labels["a"]: s.value for s in counters.collect().samples} == {"x": 5, "y": 1}


def test_prometheus_client_can_write_all_of_it():
    registry = CollectorRegistry()
    registry.register(Metrics())
    assert b"braid_requests_in_flight 0.0" in generate_latest(registry)


async def test_a_complete_answer_is_counted_at_every_level(modules: Path):
    """Two things: one fetch in process, one remote for two entities, one REST call for a batch of two."""
    async with running(modules) as world:
        assert "errors" not in await world.ask()
        await world.ask()
        found = await world.metrics()
    assert found[REQUESTS % ("query", "complete")] == 2
    assert found[FETCHES % ("OK", "things")] == found[FETCHES % ("OK", "reviews")] == 2
    assert found['braid_fetched_entities_total{subgraph="reviews"}'] == 4
    assert 'braid_fetched_entities_total{subgraph="things"}' not in found
    assert found[CALLS % ("OK", "things")] == found[CALLS % ("OK", "reviews")] == 2
    assert found['braid_loader_batch_size_sum{loader="Things",service="things"}'] == 4
    assert found['braid_loader_batch_size_count{loader="Things",service="things"}'] == 2
    assert found['braid_cache_lookups_total{cache="operations",result="miss"}'] == 1
    assert found['braid_cache_lookups_total{cache="operations",result="hit"}'] == 1
    assert found['braid_cache_entries{cache="plans"}'] == 1
    assert found["braid_requests_in_flight"] == 0
    assert found["process_cpu_seconds_total"] > 0
    assert not [name for name in found if name.startswith("braid_source_failures")]


async def test_what_fails_is_counted_by_source_and_code(modules: Path):
    """A service behind an in-process subgraph that answers 500, and a remote one that hangs until its time is over."""
    async with running(modules) as world:
        world.things, world.reviews = status_500, hang
        answer = await world.ask()
        found = await world.metrics()
    assert answer["data"] == {"things": [{"name": None, "review": None}] * 2}
    assert found[REQUESTS % ("query", "partial")] == 1
    assert found[FETCHES % ("ERRORS", "things")] == 1
    assert found[CALLS % ("SUBREQUEST_HTTP_ERROR", "things")] == 1
    assert found[FETCHES % ("SUBREQUEST_TIMEOUT", "reviews")] == found[CALLS % ("SUBREQUEST_TIMEOUT", "reviews")] == 1
    assert found[FAILURES % ("SUBREQUEST_HTTP_ERROR", "things")] == 1
    assert found[FAILURES % ("SUBREQUEST_TIMEOUT", "reviews")] == 1


async def test_the_policy_of_every_service_is_told(modules: Path):
    """Of the one behind an in-process subgraph and of the remote one; a read that was refused has been tried again."""
    async with running(modules) as world:
        world.reviews = status_503
        await world.ask()
        found = await world.metrics()
    for service, retries in (("things", 0), ("reviews", 2)):
        assert found[f'braid_breaker_state{{service="{service}"}}'] == 0
        assert found[f'braid_service_calls_in_flight{{service="{service}"}}'] == 0
        assert found[f'braid_service_retries_total{{service="{service}"}}'] == retries
    assert found["braid_retry_budget"] < 2
    assert found['braid_service_budget{kind="retry",service="things"}'] < 2  # the process could afford no more


async def test_a_fetch_that_the_deadline_cuts_off_is_counted_as_such(modules: Path):
    async with running(modules, timeout_s=5.0, execution={"deadline_s": 0.7}) as world:
        world.reviews = hang
        await world.ask()
        found = await world.metrics()
    assert found[FETCHES % ("DEADLINE_EXCEEDED", "reviews")] == 1
    assert found[FAILURES % ("DEADLINE_EXCEEDED", "reviews")] == 1


async def test_a_cancelled_fetch_is_the_deadlines_or_the_clients_doing():
    """Whoever cancels, the time tells: before the deadline it was not the deadline."""
    now = asyncio.get_running_loop().time()
    early, late = RequestContext("r", now + 60), RequestContext("r", now - 1)
    assert outcome_of(asyncio.CancelledError(), early) == "CANCELLED"
    assert outcome_of(asyncio.CancelledError(), late) == "DEADLINE_EXCEEDED"
    assert outcome_of(SourceTimeout("a", "late"), early) == "SUBREQUEST_TIMEOUT"
    assert outcome_of(ValueError("secret"), early) == "INTERNAL_SERVER_ERROR"


async def test_refusals_failures_and_mutations_are_told_apart(modules: Path):
    async with running(modules) as world:
        world.reviews = status_500
        await world.ask("{ nothing }")
        await world.ask("{ best }")
        await world.ask('mutation { rename(id: "a", to: "b") }')
        found = await world.metrics()
    assert found[REQUESTS % ("unknown", "refused")] == 1
    assert found[REQUESTS % ("query", "partial")] == 1
    assert found[REQUESTS % ("mutation", "complete")] == 1


async def test_metrics_can_be_switched_off(modules: Path):
    async with running(modules, telemetry={"metrics": False}) as world:
        assert (await world.client.get("/metrics")).status_code == 404


async def test_openmetrics_is_answered_to_who_accepts_it(modules: Path):
    async with running(modules) as world:
        headers = {"accept": "application/openmetrics-text; version=1.0.0"}
        answer = await world.client.get("/metrics", headers=headers)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")

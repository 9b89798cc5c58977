"""Traces: the decision comes first, spans form one tree, services are told their parent, a collector gets it all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.services.request import RequestContext
from gateway.telemetry.tracing import Tracing
from tests.unit.telemetry.world import running, status_500

pytestmark = pytest.mark.anyio

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"


def begun(traceparent: str | None, ratio: float, *, follow: bool = True) -> tuple[RequestContext, InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    context = RequestContext("r", 0.0, traceparent=traceparent)
    Tracing(provider, ratio, follow=follow).begin(context)
    return context, exporter


# -- the decision ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("traceparent", "ratio", "follow", "sampled"),
    [
        pytest.param(None, 1.0, True, True, id="the ratio decides"),
        pytest.param(None, 0.0, True, False, id="the ratio decides against it"),
        pytest.param(SAMPLED, 0.0, True, True, id="the client decides"),
        pytest.param(UNSAMPLED, 1.0, True, False, id="the client decides against it"),
        pytest.param(SAMPLED, 0.0, False, False, id="not this client"),
        pytest.param(UNSAMPLED, 1.0, False, True, id="not this client either"),
        pytest.param(f"00-{TRACE}-{PARENT}-03", 0.0, True, True, id="other flags do not matter"),
    ],
)
def test_who_decides(traceparent: str | None, ratio: float, follow: bool, sampled: bool):
    context, _ = begun(traceparent, ratio, follow=follow)
    assert (context.spans is not None) == sampled


def test_about_the_wanted_share_is_sampled():
    """2,000 throws at 25 %: 500 within six standard deviations."""
    tracing = Tracing(TracerProvider(shutdown_on_exit=False), 0.25)
    contexts = [RequestContext("r", 0.0) for _ in range(2000)]
    for context in contexts:
        tracing.begin(context)
    assert 380 < sum(context.spans is not None for context in contexts) < 620


def test_a_request_that_is_not_sampled_has_no_span_and_says_so_to_services():
    context, exporter = begun(None, 0.0)
    version, trace, span, flags = (context.traceparent or "").split("-")
    assert (version, len(trace), len(span), flags) == ("00", 32, 16, "00")
    assert exporter.get_finished_spans() == ()


def test_what_a_client_decided_against_is_sent_on_untouched():
    assert begun(UNSAMPLED, 1.0)[0].traceparent == UNSAMPLED


def test_a_decision_against_the_clients_is_told_in_our_own_name():
    """The trace is the same; whoever wrote the flag must be the parent."""
    traceparent = begun(SAMPLED, 0.0, follow=False)[0].traceparent or ""
    assert traceparent.startswith(f"00-{TRACE}-")
    assert traceparent.endswith("-00")
    assert PARENT not in traceparent


# -- the spans ---------------------------------------------------------------------------------------------------------


def attributes(span: Span) -> dict[str, Any]:
    kinds = {"string_value", "int_value", "bool_value", "double_value"}
    return {a.key: getattr(a.value, kind) for a in span.attributes if (kind := a.value.WhichOneof("value")) in kinds}


def by_name(spans: list[Span]) -> dict[str, Span]:
    assert len({span.name for span in spans}) == len(spans)
    return {span.name: span for span in spans}


async def test_a_request_is_one_tree_of_spans(modules: Path):
    """The batch hangs below the request, for several fetches may have asked; its call hangs below the batch."""
    async with running(modules, traced=True) as world:
        await world.ask(headers={"traceparent": SAMPLED, "x-request-id": "r-7"})
    spans = by_name(world.spans)
    names = {span.span_id: name for name, span in spans.items()}
    assert {name: names.get(span.parent_span_id, span.parent_span_id.hex()) for name, span in spans.items()} == {
        "graphql query": PARENT,
        "plan": "graphql query",
        "fetch things": "graphql query",
        "fetch reviews": "graphql query",
        "load things": "graphql query",
        "call things": "load things",
    }
    assert {span.trace_id.hex() for span in spans.values()} == {TRACE}
    request = spans["graphql query"]
    assert attributes(request) == {
        "graphql.operation.type": "query",
        "graphql.operation.name": "Things",
        "braid.outcome": "complete",
        "braid.request_id": "r-7",
    }
    assert request.kind == Span.SPAN_KIND_SERVER
    assert attributes(spans["plan"]) == {"braid.steps": 2, "braid.depth": 2}
    assert attributes(spans["fetch reviews"]) == {"braid.subgraph": "reviews", "braid.entities": 2}
    assert attributes(spans["load things"]) == {"braid.service": "things", "braid.loader": "Things", "braid.keys": 2}
    assert attributes(spans["call things"]) == {"braid.service": "things", "http.request.method": "GET"}
    ends = [span.end_time_unix_nano for span in spans.values()]
    assert max(ends) == request.end_time_unix_nano
    assert spans["plan"].start_time_unix_nano >= request.start_time_unix_nano


async def test_services_are_told_the_span_of_their_call(modules: Path):
    async with running(modules, traced=True, telemetry={"sample_ratio": 1.0}) as world:
        await world.ask()
    spans = by_name(world.spans)
    told = {name: headers[0]["traceparent"] for name, headers in world.headers.items()}
    for service, span in (("things", spans["call things"]), ("reviews", spans["fetch reviews"])):
        assert told[service][:-2] == f"00-{span.trace_id.hex()}-{span.span_id.hex()}-"
        assert int(told[service][-2:], 16) & 1


async def test_services_are_told_of_requests_that_are_not_sampled(modules: Path):
    """All of one request the same, so that none decides anew."""
    async with running(modules, traced=True, telemetry={"sample_ratio": 0.0}) as world:
        await world.ask()
    told = {headers[0]["traceparent"] for headers in world.headers.values()}
    assert len(told) == 1
    assert told.pop().endswith("-00")
    assert world.collected == []


async def test_a_clients_traceparent_is_sent_on_when_nothing_is_traced(modules: Path):
    async with running(modules) as world:
        await world.ask(headers={"traceparent": SAMPLED})
        await world.ask()
    assert [headers.get("traceparent") for headers in world.headers["things"]] == [SAMPLED, None]


async def test_a_call_of_a_mutation_hangs_below_its_fetch(modules: Path):
    async with running(modules, traced=True, telemetry={"sample_ratio": 1.0}) as world:
        await world.ask('mutation { rename(id: "a", to: "b") }')
    spans = by_name(world.spans)
    assert spans["call things"].parent_span_id == spans["fetch things"].span_id
    assert attributes(spans["call things"])["http.request.method"] == "POST"


async def test_what_failed_is_marked_with_a_code(modules: Path):
    async with running(modules, traced=True, telemetry={"sample_ratio": 1.0}) as world:
        world.things = world.reviews = status_500
        await world.ask()
    errors = {span.name: span.status.message for span in world.spans if span.status.code == Status.STATUS_CODE_ERROR}
    assert errors == {
        "fetch things": "ERRORS",
        "call things": "SUBREQUEST_HTTP_ERROR",
        "load things": "SUBREQUEST_HTTP_ERROR",
        "fetch reviews": "SUBREQUEST_HTTP_ERROR",
    }
    assert attributes(by_name(world.spans)["graphql query"])["braid.outcome"] == "partial"

"""Secrets stay out: what is planted in variables, headers, documents, answers and exceptions is in nothing we tell.

Every place that a value could come from holds a canary, every kind of failure is provoked, everything is switched on:
logs as JSON, traces of all requests as the collector gets them, metrics as Prometheus reads them.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from aiohttp import web

from tests.unit.telemetry.world import QUERY, World, hang, running, status_500

pytestmark = pytest.mark.anyio

# In variables: a token and a password; in a literal; in headers; in a service's answers; in an exception's DSN.
CANARIES = (
    "TOKEN-CANARY",
    "PASSWORD-CANARY",
    "LITERAL-CANARY",
    "HEADER-CANARY",
    "ANSWER-CANARY",
    "ANSWER_CANARY",
    "DSN-CANARY",
    "hunter2",
)

HEADERS = {"authorization": "Bearer HEADER-CANARY", "cookie": "session=HEADER-CANARY", "x-api-key": "HEADER-CANARY"}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Log lines as `braid serve` writes them, and whatever goes to the standard library's logging."""
    out = io.StringIO()
    before = structlog.get_config()
    processors = [structlog.processors.add_log_level, structlog.processors.JSONRenderer()]
    structlog.configure(processors=processors, logger_factory=structlog.WriteLoggerFactory(out))
    handler = logging.StreamHandler(out)
    logging.getLogger().addHandler(handler)
    yield out
    logging.getLogger().removeHandler(handler)
    structlog.configure(**before)


async def answer_with_errors(request: web.Request) -> web.Response:
    """A subgraph whose errors hold secrets in every member, code and service among them."""
    error = {
        "message": "password=hunter2 ANSWER-CANARY",
        "extensions": {"code": "ANSWER_CANARY", "service": "ANSWER-CANARY", "sql": "ANSWER-CANARY"},
    }
    unknown = {"message": "ANSWER-CANARY", "extensions": {"service": "ANSWER-CANARY"}}
    return web.json_response({"data": None, "errors": [unknown, error]})


async def answer_wrongly(request: web.Request) -> web.Response:
    return web.json_response({"items": [{"id": "ANSWER-CANARY", "name": 7}], "missing": ["ANSWER-CANARY"]})


async def not_json(request: web.Request) -> web.Response:
    return web.Response(text="ANSWER-CANARY {", headers={"x-secret": "ANSWER-CANARY"})


async def provoke(world: World) -> None:
    """Everything that can go right or wrong, with a secret in it."""
    for things, reviews in (
        (None, None),
        (status_500, status_500),
        (hang, hang),
        (answer_wrongly, answer_with_errors),
        (not_json, not_json),
    ):
        world.things, world.reviews = things, reviews
        await world.ask(QUERY, HEADERS, ids=["TOKEN-CANARY", "hunter2"])
        await world.ask('{ best(token: "LITERAL-CANARY") }', HEADERS)
    await world.ask("query ($s: String!) { explode(secret: $s) }", HEADERS, s="PASSWORD-CANARY")
    await world.ask("query ($s: String!) { explodeInABatch(secret: $s) }", HEADERS, s="PASSWORD-CANARY")
    await world.ask('mutation { rename(id: "LITERAL-CANARY", to: "PASSWORD-CANARY") }', HEADERS)
    await world.ask('{ nothing(x: "LITERAL-CANARY") }', HEADERS)
    await world.ask("query ($ids: [ID!]!) { things(ids: $ids) { name } }", HEADERS, ids={"no": "PASSWORD-CANARY"})
    await world.client.get("/graphql?query={best}&token=TOKEN-CANARY", headers=HEADERS)
    await world.client.post("/graphql", content=b"TOKEN-CANARY", headers=HEADERS)


async def test_no_secret_is_in_any_log_span_or_metric(modules: Path, written: io.StringIO):
    everything = {"traced": True, "telemetry": {"sample_ratio": 1.0}, "server": {"access_log": True}}
    async with running(modules, **everything) as world:
        await provoke(world)
        metrics = (await world.client.get("/metrics")).text
    told = {"logs": written.getvalue(), "spans": repr(world.collected), "metrics": metrics}
    # The proof that all three were at work, and that the secrets were on their way.
    assert "source failed" in told["logs"]
    assert "resolver failed" in told["logs"]
    assert '"event": "request"' in told["logs"]
    assert len(world.spans) > 50
    assert 'code="DOWNSTREAM_SERVICE_ERROR"' in metrics
    assert any(headers.get("authorization") == HEADERS["authorization"] for headers in world.headers["things"])
    found = {(where, canary) for where, text in told.items() for canary in CANARIES if canary in text}
    assert found == set()

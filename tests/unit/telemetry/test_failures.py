"""The log line of a failed source: one per source and request, never a flood, and nothing in it but known words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gateway.execution.failure import Cause, Failure
from gateway.telemetry.failures import LINES_PER_WINDOW, WINDOW_S, FailureLog
from gateway.telemetry.metrics import Metrics
from tests.unit.telemetry.world import hang, running, status_500

pytestmark = pytest.mark.anyio


class Noted:
    """A FailureLog whose clock is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.metrics = Metrics()
        self.log = FailureLog(self.metrics, lambda: self.now)
        self.log.sources.update(("a", "b"))

    def note(self, *causes: tuple[str, str], trace_id: str | None = None) -> None:
        failures = [Failure(Cause(source, code, "a message"), [("x",)]) for source, code in causes]
        self.log.note(failures, "r1", trace_id)


def test_a_source_is_told_once_per_request_with_its_first_code(logged: list[dict[str, Any]]):
    noted = Noted()
    noted.note(("a", "SUBREQUEST_TIMEOUT"), ("b", "SUBREQUEST_HTTP_ERROR"), ("a", "SUBREQUEST_HTTP_ERROR"))
    assert [(line["service"], line["code"], line["request_id"], line["log_level"]) for line in logged] == [
        ("a", "SUBREQUEST_TIMEOUT", "r1", "warning"),
        ("b", "SUBREQUEST_HTTP_ERROR", "r1", "warning"),
    ]
    assert noted.metrics.failures.series == {("a", "SUBREQUEST_TIMEOUT"): 1, ("b", "SUBREQUEST_HTTP_ERROR"): 1}


def test_a_code_of_the_services_own_is_its_answer_and_no_failure(logged: list[dict[str, Any]]):
    noted = Noted()
    noted.note(("a", "OUT_OF_STOCK"), ("a", "BAD_USER_INPUT"))
    assert logged == []
    assert noted.metrics.failures.series == {}


def test_a_name_that_is_not_configured_is_not_repeated(logged: list[dict[str, Any]]):
    """It came out of an answer and could be anything."""
    Noted().note(("SECRET", "SUBREQUEST_TIMEOUT"))
    assert [line["service"] for line in logged] == ["unknown"]


def test_a_flood_is_a_few_lines_and_then_a_number(logged: list[dict[str, Any]]):
    noted = Noted()
    for _ in range(1000):
        noted.note(("a", "SUBREQUEST_TIMEOUT"))
    noted.note(("b", "SUBREQUEST_TIMEOUT"))
    assert [line["service"] for line in logged] == ["a"] * LINES_PER_WINDOW + ["b"]
    noted.now = WINDOW_S
    noted.note(("a", "SUBREQUEST_TIMEOUT"))
    noted.note(("a", "SUBREQUEST_TIMEOUT"))
    assert [line.get("withheld") for line in logged[-2:]] == [1000 - LINES_PER_WINDOW, None]
    assert noted.metrics.failures.series["a", "SUBREQUEST_TIMEOUT"] == 1002


def test_a_line_names_the_trace_when_there_is_one(logged: list[dict[str, Any]]):
    noted = Noted()
    noted.note(("a", "SUBREQUEST_TIMEOUT"), trace_id="f" * 32)
    noted.note(("a", "SUBREQUEST_TIMEOUT"))
    assert [line.get("trace_id") for line in logged] == ["f" * 32, None]


async def test_the_operator_learns_which_services_failed_a_request(modules: Path, logged: list[dict[str, Any]]):
    """Both kinds of source, with many missing fields: still one line each."""
    async with running(modules) as world:
        world.things, world.reviews = status_500, hang
        await world.ask(headers={"x-request-id": "r-7"}, ids=[str(n) for n in range(50)])
    lines = [(line["event"], line["service"], line["code"], line["request_id"]) for line in logged]
    assert sorted(lines) == [
        ("source failed", "reviews", "SUBREQUEST_TIMEOUT", "r-7"),
        ("source failed", "things", "SUBREQUEST_HTTP_ERROR", "r-7"),
    ]


async def test_a_healthy_request_logs_nothing(modules: Path, logged: list[dict[str, Any]]):
    async with running(modules) as world:
        await world.ask()
    assert logged == []


@pytest.mark.parametrize(
    ("extensions", "told"),
    [
        ({}, ["DOWNSTREAM_SERVICE_ERROR"]),
        ({"code": "INTERNAL_SERVER_ERROR"}, ["INTERNAL_SERVER_ERROR"]),
        ({"code": "GRAPHQL_VALIDATION_FAILED"}, ["GRAPHQL_VALIDATION_FAILED"]),
        ({"code": "NOT_FOUND"}, []),
        ({"code": "NOT_MEANT_FOR_CLIENTS"}, ["DOWNSTREAM_SERVICE_ERROR"]),
    ],
)
async def test_an_error_that_a_subgraph_reports_is_told_unless_its_code_is_the_subgraphs_own(
    modules: Path, logged: list[dict[str, Any]], extensions: dict[str, str], told: list[str]
):
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"data": {"best": None}, "errors": [{"message": "no", "extensions": extensions}]})

    async with running(modules, shown_errors=("NOT_FOUND",)) as world:
        world.reviews = answer
        await world.ask("{ best }")
    assert [line["code"] for line in logged] == told
    assert {line["service"] for line in logged} <= {"reviews"}

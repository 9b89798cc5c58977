"""What a traced request is told, and that one that does not ask is told nothing."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.operation.request import GraphQLRequest
from gateway.pipeline import Pipeline, PipelineOptions
from gateway.planning.printing import plan_as_json
from gateway.services.call import source_call
from gateway.services.errors import SourceTimeout
from gateway.services.request import RequestContext
from gateway.settings import ServerSection
from gateway.subgraphs.subgraph import SubgraphRequest, SubgraphResponse
from tests.unit.execution.sources import FAR_S, Held, answering, context, entities
from tests.unit.supergraphs import load

pytestmark = pytest.mark.anyio

GRAPH = load(
    """
    type Query @join__type(graph: A) {
      things(name: String): [Thing!]
      thing(id: ID!): Thing @join__directive(graphs: [A], name: "lookup")
    }
    type Thing @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "id") {
      id: ID! b: String @join__field(graph: B) c: String @join__field(graph: C)
    }
    """,
    join="0.4",
)
QUERY = "query ($name: String) { things(name: $name) { b c } }"
TRACED = {"braid": {"trace": True}}
THINGS = {"things__1": [{"id": "secret-1"}, {"id": "secret-2"}, {"id": "secret-1"}]}
A, B, C = answering("a", THINGS), answering("b", entities({"b": "x"}, {"b": "y"})), answering("c", entities(None, None))


def pipeline(*sources: Any, explain: bool = True) -> Pipeline:
    return Pipeline(GRAPH, {source.name: source for source in sources}, PipelineOptions(explain=explain))


async def traced(over: Pipeline, document: str = QUERY, deadline_s: float = FAR_S) -> dict[str, Any]:
    """`extensions.trace` of an answer, its steps by subgraph."""
    request = GraphQLRequest(document, variables={"name": "secret-3"}, extensions=TRACED)
    response = await over.run(request, context(deadline_s))
    trace = dict(response.extensions["trace"])
    names = [step["subgraph"] for step in trace["plan"]]
    return trace | {"steps": dict(zip(names, trace["steps"], strict=True))}


async def test_a_trace_has_the_plan_and_what_each_step_did():
    over = pipeline(A, B, C)
    trace = await traced(over)
    assert trace["plan"] == plan_as_json(over.plan(over.prepare(QUERY), {}))
    told = {name: [step[key] for key in ("id", "targets", "entities", "errors", "outcome")] for name, step in
            trace["steps"].items()}  # fmt: skip
    assert told == {"a": [0, 1, 0, 0, "OK"], "b": [1, 3, 2, 0, "OK"], "c": [2, 3, 2, 0, "OK"]}


async def test_times_nest_in_the_request():
    """Planning, then the first step, then those that waited for it; all within the total."""
    trace = await traced(pipeline(A, B, C))
    first, second = trace["steps"]["a"], trace["steps"]["b"]
    times = [0, trace["planMs"], first["startMs"], first["startMs"] + first["durationMs"], second["startMs"]]
    times += [second["startMs"] + second["durationMs"], trace["totalMs"]]
    assert times == pytest.approx(sorted(times), abs=0.002)
    assert trace["totalMs"] < FAR_S * 1000


async def test_a_trace_says_whether_the_plan_was_there():
    over = pipeline(A, B, C)
    assert [(await traced(over))["cached"] for _ in range(2)] == [False, True]


@pytest.mark.parametrize(
    "extensions", [{}, {"braid": {}}, {"braid": True}, {"braid": {"trace": "yes"}}, {"trace": True}]
)
async def test_who_does_not_ask_gets_no_trace(extensions: dict[str, Any]):
    response = await pipeline(A, B, C).run(GraphQLRequest(QUERY, extensions=extensions), context())
    assert response.extensions == {}


async def test_a_gateway_that_does_not_explain_gives_no_trace():
    response = await pipeline(A, B, C, explain=False).run(GraphQLRequest(QUERY, extensions=TRACED), context())
    assert response.extensions == {}


async def test_neither_values_nor_keys_are_told():
    """Variables and representations hold what clients and services want kept to themselves. Nor are addresses."""
    told = json.dumps(await traced(pipeline(A, B, C)))
    assert "secret" not in told
    assert "http" not in told


async def test_the_documented_trace_has_the_keys_of_a_real_one():
    """docs/configuration.md shows one step of a plan, its measurement and its call."""
    page = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text(encoding="utf-8")
    shown = next(
        trace for trace in map(json.loads, re.findall(r"```json\n(.*?)```", page, re.DOTALL)) if "plan" in trace
    )
    real = await traced(pipeline(A, Calling("b", ("b",), entities(None, None)), C))
    step = real["steps"]["b"]
    assert list(shown) == list(real)
    assert list(shown["plan"][0]) == list(real["plan"][1])
    assert list(shown["steps"][0]) == list(step)
    assert list(shown["steps"][0]["calls"][0]) == list(step["calls"][0])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (SourceTimeout("b", "slow"), (1, "SUBREQUEST_TIMEOUT")),
        (ValueError("bug"), (1, "INTERNAL_SERVER_ERROR")),
        (entities({"b": "x"}), (1, "SUBREQUEST_MALFORMED_RESPONSE")),
        (entities(None, None, errors=[{"message": "no", "extensions": {"code": "NO"}}] * 2), (2, "NO")),
        (entities(None, None, errors=[{"message": "no"}]), (1, "DOWNSTREAM_SERVICE_ERROR")),
    ],
)
async def test_a_failed_step_tells_its_code(answer: Any, told: tuple[int, str]):
    trace = await traced(pipeline(A, answering("b", answer), C))
    assert (trace["steps"]["b"]["errors"], trace["steps"]["b"]["outcome"]) == told
    assert trace["steps"]["c"]["outcome"] == "OK"


async def test_a_step_without_anything_to_fetch_is_skipped():
    trace = await traced(pipeline(answering("a", {"things__1": []}), B, C))
    assert trace["steps"]["b"] == {"id": 1, "outcome": "SKIPPED", "errors": 0, "entities": 0, "targets": 0, "calls": []}


async def test_a_step_that_is_late_ends_at_the_deadline():
    trace = await traced(pipeline(A, Held("b"), C), deadline_s=0.05)
    late = trace["steps"]["b"]
    assert (late["errors"], late["outcome"]) == (1, "DEADLINE_EXCEEDED")
    assert 30 < late["startMs"] + late["durationMs"] < 1000


async def test_a_step_that_starts_early_tells_its_objects_once_they_are_known():
    document = '{ thing(id: "1") { b } }'
    root = answering("a", {"thing__1": {"__typename": "Thing"}})
    trace = await traced(pipeline(root, answering("b", entities({"b": "x"})), C), document)
    assert trace["plan"][1]["merged_after"] == [0]
    assert (trace["steps"]["b"]["targets"], trace["steps"]["b"]["entities"]) == (1, 1)


@dataclass
class Calling:
    """Answers entities after calls to services behind it, made side by side in tasks of their own."""

    name: str
    services: tuple[str, ...]
    answer: SubgraphResponse

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResponse:
        await asyncio.gather(*(self._call(service, context) for service in self.services))
        return self.answer

    async def _call(self, service: str, context: RequestContext) -> None:
        async with source_call(service, FAR_S, context):
            await asyncio.sleep(0.01)

    async def close(self) -> None: ...


async def test_calls_belong_to_the_step_that_made_them():
    """Although both steps run at once."""
    sources = Calling("b", ("b", "cache"), entities(None, None)), Calling("c", ("c",), entities(None, None))
    trace = await traced(pipeline(A, *sources))
    calls = {name: [call["service"] for call in step["calls"]] for name, step in trace["steps"].items()}
    assert calls == {"a": [], "b": ["b", "cache"], "c": ["c"]}
    step, call = trace["steps"]["b"], trace["steps"]["b"]["calls"][0]
    assert step["startMs"] <= call["startMs"]
    assert 9 < call["durationMs"] <= step["durationMs"]


@pytest.mark.parametrize(
    ("given", "explains"),
    [
        ({}, True),
        ({"explorer": False}, False),
        ({"explorer": False, "explain": True}, True),
        ({"explain": False}, False),
    ],
)
async def test_who_shows_an_explorer_explains_unless_told_otherwise(given: dict[str, bool], explains: bool):
    assert ServerSection(**given).explains is explains

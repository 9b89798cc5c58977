"""Fetches that share a request: when they do, what each gets of the answer, and that none suffers from another."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import parse

from gateway.execution.execute import Fetched, execute_plan
from gateway.execution.joint import JoinOptions
from gateway.planning.plan import Plan
from gateway.planning.planner import plan_operation
from gateway.services.errors import SourceUnreachable
from gateway.subgraphs.subgraph import SubgraphRequest, SubgraphResponse
from tests.unit.execution.sources import context, failures
from tests.unit.execution.virtual_time import run
from tests.unit.supergraphs import load, operation, plan

# `left` and `right` hold people, whose names are elsewhere.
GRAPH = load(
    """
    type Query @join__type(graph: A) @join__type(graph: B) {
      left: [P] @join__field(graph: A) both: Pair @join__field(graph: A) right: [P] @join__field(graph: B)
    }
    type Pair @join__type(graph: A) { one: [P] two: [P] }
    type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "id") {
      id: ID! name(upper: Boolean): String @join__field(graph: C) size: Int @join__field(graph: C)
    }
    """
)
BOTH = {"both": {"one": [{"id": "1"}, {"id": "2"}], "two": [{"id": "3"}]}}
PAIR = "{ both { one { name } two { size } } }"
JOINED = JoinOptions(frozenset("c"), 0.001)
AT_ONCE = JoinOptions(frozenset("c"))

Answer = Callable[[SubgraphRequest], Any]


@dataclass(eq=False)
class Slow:
    """Answers after `delay_s`, with what `answer` makes of the request, or by raising it."""

    name: str
    answer: Answer
    delay_s: float = 0.0
    requests: list[SubgraphRequest] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)

    async def fetch(self, request: SubgraphRequest, _: Any) -> SubgraphResponse:
        parse(request.document)
        self.requests.append(request)
        self.asked_at.append(round(asyncio.get_running_loop().time(), 6))
        await asyncio.sleep(self.delay_s)
        answer = self.answer(request)
        if isinstance(answer, BaseException):
            raise answer
        return answer if isinstance(answer, SubgraphResponse) else SubgraphResponse(json.loads(json.dumps(answer)))

    async def close(self) -> None: ...


def people(request: SubgraphRequest) -> dict[str, Any]:
    """Everybody, for each list of representations of the request."""
    lists = [value for value in request.variables.values() if isinstance(value, list)]
    found = [[{"name": f"n{p['id']}", "size": int(p["id"])} for p in listed] for listed in lists]
    return {"_entities": found[0]} if len(found) == 1 else {f"_{i}": each for i, each in enumerate(found)}


def ask(
    made: Plan | str, join: JoinOptions, *sources: Slow, variables: dict[str, Any] | None = None, deadline_s: float = 5
) -> Fetched:
    """Run it in virtual time."""
    if isinstance(made, str):
        made = plan_operation(operation(made, GRAPH), {}, GRAPH, joins=join.graphs)

    async def work() -> Fetched:
        by_name = {source.name: source for source in sources}
        return await execute_plan(made, variables or {}, by_name, GRAPH.api_schema, context(deadline_s), None, join)

    return run(work())


def test_what_can_start_together_shares_a_request() -> None:
    a, c = Slow("a", lambda _: BOTH), Slow("c", people)
    result = ask(PAIR, AT_ONCE, a, c)
    assert [request.document for request in c.requests] == [
        "query ($r0: [_Any!]!, $r1: [_Any!]!) { _0: _entities(representations: $r0) { ... on P { name } }"
        " _1: _entities(representations: $r1) { ... on P { size } } }"
    ]
    assert [len(c.requests[0].variables[name]) for name in ("r0", "r1")] == [2, 1]
    assert result.data["both"] == {
        "one": [{"id": "1", "name": "n1", "size": 1}, {"id": "2", "name": "n2", "size": 2}],
        "two": [{"id": "3", "name": "n3", "size": 3}],
    }
    assert result.failures == []


def test_what_may_not_share_does_not() -> None:
    a, c = Slow("a", lambda _: BOTH), Slow("c", people)
    result = ask(PAIR, JoinOptions(), a, c)
    assert [request.document for request in c.requests] == [
        "query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on P { name } } }",
        "query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on P { size } } }",
    ]
    assert result.failures == []


def test_variables_of_the_client_are_declared_once_and_never_hidden() -> None:
    made = plan("query ($r0: Boolean) { both { one { name(upper: $r0) } two { name(upper: $r0) size } } }", GRAPH)
    c = Slow("c", people)
    ask(made, AT_ONCE, Slow("a", lambda _: BOTH), c, variables={"r0": True})
    (request,) = c.requests
    assert request.document.startswith("query ($r_0: [_Any!]!, $r_1: [_Any!]!, $r0: Boolean) {")
    assert set(request.variables) == {"r_0", "r_1", "r0"}


def test_the_document_is_the_same_text_object_every_time() -> None:
    made, c = plan(PAIR, GRAPH), Slow("c", people)
    for _ in range(2):
        ask(made, AT_ONCE, Slow("a", lambda _: BOTH), c)
    assert c.requests[0].document is c.requests[1].document


def test_each_error_is_told_where_it_belongs() -> None:
    def answer(request: SubgraphRequest) -> SubgraphResponse:
        errors = [
            {"message": "no size", "path": ["_1", 0, "size"]},
            {"message": "no name", "path": ["_0", 1, "name"]},
            {"message": "about nothing"},
        ]
        return SubgraphResponse(people(request), errors)

    result = ask(PAIR, AT_ONCE, Slow("a", lambda _: BOTH), Slow("c", answer))
    assert sorted(paths for _, _, paths in failures(result)) == [
        [()],
        [("both", "one", 1, "name")],
        [("both", "two", 0, "size")],
    ]


def test_part_that_fails_as_a_whole_costs_no_other() -> None:
    """`_entities` cannot be null, so the null goes up to the data: then each asks alone."""

    def answer(request: SubgraphRequest) -> Any:
        if "_0" in request.document or "name" in request.document:
            return SubgraphResponse(None, [{"message": "names are broken", "path": ["_0"]}])
        return people(request)

    c = Slow("c", answer)
    result = ask(PAIR, AT_ONCE, Slow("a", lambda _: BOTH), c)
    assert len(c.requests) == 3
    assert [person["size"] for person in result.data["both"]["two"]] == [3]
    assert [paths for _, _, paths in failures(result)] == [[("both", "one", 0, "name"), ("both", "one", 1, "name")]]


def test_call_that_fails_costs_the_fields_of_all_its_parts() -> None:
    result = ask(PAIR, AT_ONCE, Slow("a", lambda _: BOTH), Slow("c", lambda _: SourceUnreachable("c", "gone")))
    assert sorted(place for _, _, paths in failures(result) for place in paths) == [
        ("both", "one", 0, "name"),
        ("both", "one", 1, "name"),
        ("both", "two", 0, "size"),
    ]


def test_step_waits_a_moment_for_another_whose_data_is_on_its_way() -> None:
    a, b = Slow("a", lambda _: {"left": [{"id": "1"}]}, 0.0100), Slow("b", lambda _: {"right": [{"id": "2"}]}, 0.0108)
    c = Slow("c", people)
    result = ask("{ left { name } right { size } }", JOINED, a, b, c)
    assert c.asked_at == [0.0108]
    assert (result.data["left"][0]["name"], result.data["right"][0]["size"]) == ("n1", 2)


def test_step_waits_no_longer_than_that() -> None:
    a, b = Slow("a", lambda _: {"left": [{"id": "1"}]}, 0.01), Slow("b", lambda _: {"right": [{"id": "2"}]}, 0.5)
    c = Slow("c", people)
    ask("{ left { name } right { size } }", JOINED, a, b, c)
    assert c.asked_at == [0.011, 0.5]


def test_nothing_waits_without_a_window_or_for_nothing() -> None:
    a, b = Slow("a", lambda _: {"left": [{"id": "1"}]}, 0.01), Slow("b", lambda _: {"right": []}, 0.0105)
    for query, join in (("{ left { name } right { size } }", AT_ONCE), ("{ left { name } right { id } }", JOINED)):
        c = Slow("c", people)
        ask(query, join, a, b, c)
        assert c.asked_at == [0.01]


def test_step_waits_no_longer_than_the_request_took_up_to_then() -> None:
    """A quick service is not made slow by a slow one: its part of the answer comes at most half as fast."""
    a, b = Slow("a", lambda _: {"left": [{"id": "1"}]}, 0.002), Slow("b", lambda _: {"right": [{"id": "2"}]}, 0.5)
    c = Slow("c", people)
    ask("{ left { name } right { size } }", JoinOptions(frozenset("c"), 0.05), a, b, c)
    assert c.asked_at == [0.004, 0.5]


def test_near_the_end_it_waits_a_tenth_of_what_is_left() -> None:
    a, b = Slow("a", lambda _: {"left": [{"id": "1"}]}, 0.2), Slow("b", lambda _: {"right": [{"id": "2"}]}, 9)
    c = Slow("c", people)
    result = ask("{ left { name } right { size } }", JoinOptions(frozenset("c"), 0.05), a, b, c, deadline_s=0.3)
    assert c.asked_at == [0.21]
    assert [(code, *map(tuple, paths)) for _, code, paths in failures(result)] == [("DEADLINE_EXCEEDED", ("right",))]


def test_what_shares_by_the_plan_waits_and_nothing_else() -> None:
    a = Slow("a", lambda _: {"left": [{"id": "1"}]}, 0.01)
    b = Slow("b", lambda _: {"right": [{"id": "2"}]}, 0.02)
    c = Slow("c", people)
    alone = plan_operation(operation("{ left { name } right { size } }", GRAPH), {}, GRAPH)
    ask(alone, JoinOptions(frozenset("c"), 0.05), a, b, c)
    assert c.asked_at == [0.01, 0.02]

"""Running plans when sources fail: what it costs, whom it is blamed on, and where."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.execution.failure import DOWNSTREAM_SERVICE_ERROR
from gateway.services.errors import (
    MalformedSourceResponse,
    SourceError,
    SourceHttpError,
    SourceResponseTooLarge,
    SourceTimeout,
    SourceUnreachable,
)
from gateway.subgraphs.subgraph import SubgraphResponse
from tests.unit.execution.sources import answering, entities, execute, failures, fetched
from tests.unit.supergraphs import load, plan

pytestmark = pytest.mark.anyio

GRAPH = load(
    """
    type Query @join__type(graph: A) @join__type(graph: C) {
      p: P @join__field(graph: A) ps: [P] @join__field(graph: A) node: [Node] @join__field(graph: A)
      other: Int @join__field(graph: C)
    }
    type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "id") {
      id: ID! a: Int @join__field(graph: A)
      b: Int @join__field(graph: B) bs: [Part] @join__field(graph: B)
      s: Int @join__field(graph: B) @join__field(graph: C, external: true)
      c: Int @join__field(graph: C, requires: "s") plain: Int @join__field(graph: C)
    }
    type Part @join__type(graph: B) { x: Int y: Int }
    interface Node @join__type(graph: A) { id: ID! }
    type X implements Node @join__implements(graph: A, interface: "Node")
      @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! v: Int @join__field(graph: B) }
    type Y implements Node @join__implements(graph: A, interface: "Node")
      @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! v: String @join__field(graph: B) }
    """
)
ONE = {"p": {"id": "1", "a": 1}}
TWO = {"ps": [{"id": "1"}, None, {"id": "2"}, {"id": "1"}]}


def error(message: str = "no", *path: str | int, **extensions: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"message": message}
    if path:
        found["path"] = list(path)
    if extensions:
        found["extensions"] = extensions
    return found


# -- no answer at all --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (SourceTimeout("b", "slow"), "SUBREQUEST_TIMEOUT"),
        (SourceUnreachable("b", "gone"), "SUBREQUEST_CONNECTION_ERROR"),
        (SourceHttpError("b", "bad", 500), "SUBREQUEST_HTTP_ERROR"),
        (MalformedSourceResponse("b", "odd"), "SUBREQUEST_MALFORMED_RESPONSE"),
        (SourceResponseTooLarge("b", "big"), "SUBREQUEST_RESPONSE_TOO_LARGE"),
        (SourceError("b", "any"), "SUBREQUEST_FAILED"),
    ],
)
async def test_a_source_that_fails_costs_its_own_fields(raised: SourceError, code: str):
    result = await fetched(
        "{ p { a b } other }", GRAPH, answering("a", ONE), answering("b", raised), answering("c", {"other": 5})
    )
    assert result.data == {"p": {"id": "1", "a": 1}, "other": 5}
    assert failures(result) == [("b", code, [("p", "b")])]
    assert result.failures[0].cause.message == raised.message


@pytest.mark.parametrize("raised", [ValueError("secret"), KeyError("secret"), RuntimeError(), StopIteration()])
async def test_an_unexpected_exception_costs_the_steps_fields_and_tells_nothing(raised: Exception):
    result = await fetched(
        "{ p { a b } other }", GRAPH, answering("a", ONE), answering("b", raised), answering("c", {"other": 5})
    )
    assert result.data == {"p": {"id": "1", "a": 1}, "other": 5}
    assert failures(result) == [("b", "INTERNAL_SERVER_ERROR", [("p", "b")])]
    assert "secret" not in result.failures[0].cause.message


async def test_the_service_that_failed_is_named_though_another_was_asked():
    """A subgraph in this process fails because of the service behind it."""
    raised = SourceTimeout("warehouse", "slow")
    result = await fetched("{ p { b } }", GRAPH, answering("a", ONE), answering("b", raised))
    assert failures(result) == [("warehouse", "SUBREQUEST_TIMEOUT", [("p", "b")])]


async def test_a_failure_is_at_every_object_that_was_to_be_filled():
    result = await fetched(
        "{ ps { b bs { x } } }", GRAPH, answering("a", TWO), answering("b", SourceTimeout("b", "slow"))
    )
    ((_, _, paths),) = failures(result)
    assert paths == [
        ("ps", 0, "b"), ("ps", 0, "bs"), ("ps", 2, "b"), ("ps", 2, "bs"), ("ps", 3, "b"), ("ps", 3, "bs")
    ]  # fmt: skip


async def test_a_failed_root_step_costs_its_root_fields():
    result = await fetched(
        "{ p { a b } ps { a } other }", GRAPH, answering("a", SourceTimeout("a", "slow")), answering("c", {"other": 5})
    )
    assert result.data == {"other": 5}
    assert failures(result) == [("a", "SUBREQUEST_TIMEOUT", [("p",), ("ps",)])]


async def test_a_failure_costs_each_type_its_own_fields():
    a = answering("a", {"node": [{"__typename": "X", "id": "1"}, {"__typename": "Y", "id": "2"}]})
    made = plan("{ node { ... on X { x: v } ... on Y { y: v id } } }", GRAPH)
    result = await execute(made, GRAPH, a, answering("b", SourceTimeout("b", "slow")))
    assert failures(result) == [("b", "SUBREQUEST_TIMEOUT", [("node", 0, "v"), ("node", 1, "v")])]


# -- errors in an answer -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reported", "code", "service"),
    [
        (error("no"), DOWNSTREAM_SERVICE_ERROR, "b"),
        (error("no", code="OUT_OF_STOCK"), "OUT_OF_STOCK", "b"),
        (error("no", code="SUBREQUEST_TIMEOUT", service="warehouse"), "SUBREQUEST_TIMEOUT", "warehouse"),
        (error("no", code=5, service=["x"]), DOWNSTREAM_SERVICE_ERROR, "b"),
        ({"message": "no", "extensions": None}, DOWNSTREAM_SERVICE_ERROR, "b"),
        ({"message": "no", "extensions": "odd"}, DOWNSTREAM_SERVICE_ERROR, "b"),
    ],
)
async def test_code_and_service_of_a_reported_error_are_kept(reported: dict[str, Any], code: str, service: str):
    b = answering("b", SubgraphResponse(None, [reported]))
    result = await fetched("{ p { b } }", GRAPH, answering("a", ONE), b)
    assert failures(result) == [(service, code, [("p", "b")])]
    assert result.failures[0].cause.message == "no"


async def test_an_error_without_a_message_has_one_all_the_same():
    b = answering("b", SubgraphResponse(None, [{}]))
    result = await fetched("{ p { b } }", GRAPH, answering("a", ONE), b)
    assert result.failures[0].cause.message


async def test_an_error_at_a_root_path_is_kept_where_it_is():
    a = answering("a", SubgraphResponse({"ps": [{"a": 1}, {"a": None}]}, [error("no", "ps", 1, "a")]))
    result = await fetched("{ ps { a } }", GRAPH, a)
    assert result.data == {"ps": [{"a": 1}, {"a": None}]}
    assert failures(result) == [("a", DOWNSTREAM_SERVICE_ERROR, [("ps", 1, "a")])]


async def test_an_error_at_an_entity_is_at_every_object_that_asked_for_it():
    b = answering("b", entities({"b": None}, {"b": 2}, errors=[error("no", "_entities", 0, "b")]))
    result = await fetched("{ ps { b } }", GRAPH, answering("a", TWO), b)
    assert failures(result) == [("b", DOWNSTREAM_SERVICE_ERROR, [("ps", 0, "b"), ("ps", 3, "b")])]
    assert result.data["ps"][2]["b"] == 2


async def test_an_error_deep_in_an_entity_keeps_the_rest_of_its_path():
    b = answering("b", entities({"bs": [{"x": 1}, {"x": None}]}, errors=[error("no", "_entities", 0, "bs", 1, "x")]))
    result = await fetched("{ p { bs { x } } }", GRAPH, answering("a", ONE), b)
    assert failures(result) == [("b", DOWNSTREAM_SERVICE_ERROR, [("p", "bs", 1, "x")])]


async def test_an_error_about_a_whole_entity_costs_all_that_was_asked_of_it():
    b = answering("b", entities(None, {"b": 2, "bs": []}, errors=[error("no", "_entities", 0)]))
    result = await fetched("{ ps { b bs { x } } }", GRAPH, answering("a", TWO), b)
    ((_, _, paths),) = failures(result)
    assert paths == [("ps", 0, "b"), ("ps", 0, "bs"), ("ps", 3, "b"), ("ps", 3, "bs")]


async def test_an_error_under_a_wire_name_is_at_the_field_itself():
    a = answering("a", {"node": [{"__typename": "X", "id": "1"}, {"__typename": "Y", "id": "2"}]})
    b = answering("b", entities({"v": 1}, {"v__as1": None}, errors=[error("no", "_entities", 1, "v__as1")]))
    result = await fetched("{ node { ... on X { x: v } ... on Y { y: v } } }", GRAPH, a, b)
    assert failures(result) == [("b", DOWNSTREAM_SERVICE_ERROR, [("node", 1, "v")])]


@pytest.mark.parametrize(
    "path", [None, [], "p", ["_entities"], ["_entities", "x"], ["_entities", 7], ["_entities", -1], ["b"]]
)
async def test_an_error_that_says_of_no_object_is_told_once_for_the_whole(path: Any):
    b = answering("b", entities({"b": None}, errors=[{"message": "no", "path": path}]))
    result = await fetched("{ p { a b } }", GRAPH, answering("a", ONE), b)
    assert failures(result) == [("b", DOWNSTREAM_SERVICE_ERROR, [()])]
    assert result.data["p"] == {"id": "1", "a": 1, "b": None}


@pytest.mark.parametrize("path", [None, [], "p", 5])
async def test_an_error_without_a_path_at_the_root_is_told_once_for_the_whole(path: Any):
    a = answering("a", SubgraphResponse(ONE, [{"message": "no", "path": path}]))
    result = await fetched("{ p { a } }", GRAPH, a)
    assert failures(result) == [("a", DOWNSTREAM_SERVICE_ERROR, [()])]
    assert result.data == ONE


async def test_errors_beside_data_leave_the_data():
    a = answering("a", SubgraphResponse(ONE, [error("warning")]))
    result = await fetched("{ p { a b } }", GRAPH, a, answering("b", entities({"b": 2})))
    assert result.data["p"] == {"id": "1", "a": 1, "b": 2}
    assert failures(result) == [("a", DOWNSTREAM_SERVICE_ERROR, [()])]


async def test_without_data_the_first_error_costs_all_fields():
    a = answering("a", SubgraphResponse(None, [error("first", code="X"), error("second")]))
    result = await fetched("{ p { a } ps { a } }", GRAPH, a)
    assert failures(result) == [("a", "X", [("p",), ("ps",)])]


async def test_without_data_an_error_with_a_path_is_told_there():
    a = answering("a", SubgraphResponse(None, [error("no", "p", "id")]))
    result = await fetched("{ p { a b } }", GRAPH, a, answering("b", entities()))
    assert failures(result) == [("a", DOWNSTREAM_SERVICE_ERROR, [("p", "id")])]


# -- malformed answers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"_entities": None},
        {"_entities": {}},
        {"_entities": "text"},
        {"_entities": []},
        {"_entities": [{"b": 1}, {"b": 2}]},
        {"_entities": ["text"]},
        {"_entities": [5]},
        {"_entities": [[]]},
        {"other": []},
    ],
)
async def test_an_answer_without_the_entities_that_were_asked_is_malformed(answer: Any):
    b = answering("b", SubgraphResponse(answer))
    result = await fetched("{ p { a b } }", GRAPH, answering("a", ONE), b)
    assert result.data == {"p": {"id": "1", "a": 1}}
    assert failures(result) == [("b", "SUBREQUEST_MALFORMED_RESPONSE", [("p", "b")])]
    assert "'b'" in result.failures[0].cause.message


async def test_neither_data_nor_errors_at_the_root_is_malformed():
    result = await fetched("{ p { a } }", GRAPH, answering("a", SubgraphResponse(None)))
    assert failures(result) == [("a", "SUBREQUEST_MALFORMED_RESPONSE", [("p",)])]


ODD_ROOTS = [
    {"ps": 5},
    {"ps": "text"},
    {"ps": [5, "text", True, {}]},
    {"ps": {"id": {"id": 1}}},
    {"ps": [[[{"id": []}]]]},
    {"ps": [{"id": {"deep": [None]}}]},
    {"node": [{"__typename": ["X"], "id": "1"}, {"__typename": {}, "id": "1"}, {"__typename": 5}, {"id": "1"}]},
    {"node": {"__typename": "Nobody", "id": "1"}},
    {"node": [{"__typename": "P", "id": "1"}]},
    {5: 6},
]


@pytest.mark.parametrize("answer", ODD_ROOTS)
async def test_whatever_a_source_answers_the_rest_is_answered(answer: Any):
    b = answering("b", SubgraphResponse(None, [error("no")]))
    c = answering("c", {"other": 5})
    result = await fetched(
        "{ ps { b c } node { ... on X { x: v } ... on Y { y: v } } other }", GRAPH, answering("a", answer), b, c
    )
    assert result.data["other"] == 5


@pytest.mark.parametrize(
    "entity",
    [
        {"s": {"deep": 1}, "bs": 5},
        {"s": [], "bs": [5, None, "x"]},
        {"bs": {"x": [1]}, "__typename": []},
        {"id": None, "s": True},
        {},
    ],
)
async def test_whatever_an_entity_looks_like_the_rest_is_answered(entity: Any):
    c = answering("c", entities({"c": 1}))
    result = await fetched("{ p { a c bs { x } } }", GRAPH, answering("a", ONE), answering("b", entities(entity)), c)
    assert result.data["p"]["a"] == 1


@pytest.mark.parametrize("path", [[["p"]], [{"p": 1}], [None], [1.5], ["ps", -100, "a"], ["p", 10**30], [True, "x"]])
async def test_a_path_that_makes_no_sense_is_no_reason_to_fail(path: list[Any]):
    a = answering("a", SubgraphResponse(ONE, [{"message": "no", "path": path}]))
    result = await fetched("{ p { a } }", GRAPH, a)
    assert result.data == ONE
    assert len(result.failures) == 1


# -- failures that pass on ---------------------------------------------------------------------------------------------


async def test_a_field_whose_requirement_failed_is_blamed_on_that_failure():
    b = answering("b", SourceTimeout("b", "slow"))
    result = await fetched("{ p { a c } }", GRAPH, answering("a", ONE), b, answering("c", entities()))
    assert failures(result) == [
        ("b", "SUBREQUEST_TIMEOUT", [("p", "s")]),
        ("b", "SUBREQUEST_TIMEOUT", [("p", "c")]),
    ]


async def test_only_the_objects_that_miss_something_are_blamed():
    b = answering("b", entities({"s": 1}, {}, errors=[error("no", "_entities", 1, "s")]))
    c = answering("c", entities({"c": 9}))
    result = await fetched("{ ps { c } }", GRAPH, answering("a", TWO), b, c)
    assert failures(result) == [
        ("b", DOWNSTREAM_SERVICE_ERROR, [("ps", 2, "s")]),
        ("b", DOWNSTREAM_SERVICE_ERROR, [("ps", 2, "c")]),
    ]
    assert [p and p.get("c") for p in result.data["ps"]] == [9, None, None, 9]


async def test_a_null_requirement_is_sent_and_nobody_is_blamed():
    b = answering("b", entities({"s": None}, errors=[error("no", "_entities", 0, "s")]))
    c = answering("c", entities({"c": 9}))
    result = await fetched("{ p { c } }", GRAPH, answering("a", ONE), b, c)
    assert c.requests[0].variables["representations"] == [{"__typename": "P", "id": "1", "s": None}]
    assert failures(result) == [("b", DOWNSTREAM_SERVICE_ERROR, [("p", "s")])]


async def test_an_unknown_entity_blames_nobody():
    result = await fetched(
        "{ p { c } }", GRAPH, answering("a", ONE), answering("b", entities(None)), answering("c", entities())
    )
    assert failures(result) == []


async def test_the_same_cause_is_passed_down_a_chain():
    graph = load(
        """
        type Query @join__type(graph: A) { p: P }
        type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "kb")
          @join__type(graph: D, key: "kc") {
          id: ID! kb: ID! @join__field(graph: B) @join__field(graph: C)
          kc: ID! @join__field(graph: C) @join__field(graph: D) d: Int @join__field(graph: D)
        }
        """
    )
    b = answering("b", SourceTimeout("b", "slow"))
    result = await fetched("{ p { d } }", graph, answering("a", {"p": {"id": "1"}}), b, answering("c"), answering("d"))
    assert failures(result) == [
        ("b", "SUBREQUEST_TIMEOUT", [("p", "kb")]),
        ("b", "SUBREQUEST_TIMEOUT", [("p", "kc")]),
        ("b", "SUBREQUEST_TIMEOUT", [("p", "d")]),
    ]
    assert len({id(failure.cause) for failure in result.failures}) == 1


async def test_a_step_of_a_failed_source_does_not_stop_its_other_steps():
    """b fails at p and answers at ps."""
    b = answering("b", SourceTimeout("b", "slow"), entities({"b": 1}, {"b": 2}))
    result = await fetched("{ p { b } ps { b } }", GRAPH, answering("a", {**ONE, **TWO}), b)
    assert len(b.requests) == 2
    assert [p and p["b"] for p in result.data["ps"]] == [1, None, 2, 1]
    assert failures(result) == [("b", "SUBREQUEST_TIMEOUT", [("p", "b")])]

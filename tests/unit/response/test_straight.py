"""Straight shaping: the code made for an operation answers what walking over its shape answers, which is its oracle."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.federation.supergraph import Supergraph
from gateway.response.response import GraphQLResponse
from gateway.response.shape import ObjectShape
from gateway.response.shape_response import shape_response
from gateway.response.straight import Unusual
from tests.unit.response.shaping import failure, shape_of
from tests.unit.response.test_as_graphql_core import cases
from tests.unit.supergraphs import load

WRONG: tuple[Any, ...] = (None, "text", 7, [], {}, [None], [[]], {"__typename": "Nobody"}, {"__typename": 7})


@st.composite
def damaged(draw: st.DrawFn) -> tuple[Supergraph, str, dict[str, Any]]:
    """A graph, a query, and data for it, some values of which may be of a wrong kind."""
    supergraph, text, data = draw(cases())

    def damage(value: Any) -> Any:
        if not draw(st.integers(0, 14)):
            return draw(st.sampled_from(WRONG))
        if isinstance(value, dict):
            return {key: damage(item) for key, item in value.items()}
        return [damage(item) for item in value] if isinstance(value, list) else value

    return supergraph, text, {key: damage(value) for key, value in data.items()}


def told(response: GraphQLResponse) -> tuple[Any, ...]:
    return response.data, list(response.errors), response.extensions, response.encode()


def made(shape: ObjectShape) -> ObjectShape:
    """The shape once its code has been made."""
    for _ in range(3):
        shape_response(shape, {}, ())
    return shape


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(cases(), damaged()))
def test_straight_or_not_the_answer_is_the_same(case: tuple[Supergraph, str, dict[str, Any]]) -> None:
    """Whatever is missing, and of whatever kind the values are; to the byte."""
    supergraph, text, data = case
    expected = shape_response(shape_of(text, supergraph), data, ())
    shape = made(shape_of(text, supergraph))
    assert shape.straight is not None
    assert told(shape_response(shape, data, ())) == told(expected)


GRAPH = load(
    """
    type Query @join__type(graph: A) { a: A b: [A!]! }
    type A @join__type(graph: A) { id: ID! name: String kind: Kind tags: [String!] a: A all: [A] some: Some }
    type B @join__type(graph: A) { id: ID! }
    enum Kind @join__type(graph: A) { RED }
    union Some @join__type(graph: A) @join__unionMember(graph: A, member: "A") @join__unionMember(graph: A, member: "B")
      = A | B
    """
)
TEXT = "{ a { x: id name kind tags a { __typename id } all { id } some { ... on A { id } } } b { id } }"
ONE = {"id": "1", "name": None, "kind": "RED", "tags": ["t"], "a": None, "all": [None], "some": {"__typename": "B"}}


def test_a_whole_answer_is_shaped_straight() -> None:
    """Else the comparison above would compare nothing."""
    shape = made(shape_of(TEXT, GRAPH))
    assert shape.straight is not None
    answer = shape.straight({"a": ONE, "b": [ONE, ONE]})
    assert answer["a"] == {"x": "1", "name": None, "kind": "RED", "tags": ["t"], "a": None, "all": [None], "some": {}}
    assert answer["b"] == [{"id": "1"}] * 2
    assert list(answer["a"]) == ["x", "name", "kind", "tags", "a", "all", "some"]


@pytest.mark.parametrize(
    "data",
    [
        {"a": ONE, "b": None},
        {"a": ONE, "b": [None]},
        {"a": ONE, "b": {}},
        {"a": ONE | {"id": None}, "b": []},
        {"a": ONE | {"kind": "BLUE"}, "b": []},
        {"a": ONE | {"all": "text"}, "b": []},
        {"a": ONE | {"some": {"__typename": "Nobody"}}, "b": []},
        {"a": [], "b": []},
    ],
)
def test_what_is_unusual_is_not_shaped_straight(data: dict[str, Any]) -> None:
    shape = made(shape_of(TEXT, GRAPH))
    assert shape.straight is not None
    with pytest.raises(Unusual):
        shape.straight(data)


def test_with_a_failure_the_plain_way_is_taken() -> None:
    """It knows where errors stand."""
    shape = made(shape_of("{ a { name } }", GRAPH))
    response = shape_response(shape, {"a": {}}, [failure(("a", "name"))])
    assert (response.data, len(response.errors)) == ({"a": {"name": None}}, 1)


def test_nothing_is_made_for_an_operation_that_comes_twice() -> None:
    """Making it costs more than it saves then."""
    shape = shape_of("{ a { name } }", GRAPH)
    for _ in range(2):
        shape_response(shape, {}, ())
    assert shape.straight is None

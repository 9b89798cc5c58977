"""Variables: what the client sent -> values that satisfy the API schema."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.operation.errors import RequestError
from gateway.operation.operation import Operation
from gateway.operation.variables import coerce_variables, condition_values
from tests.unit.supergraphs import INACCESSIBLE, load, operation

SCHEMA = load(
    """
    type Query @join__type(graph: A) { f(i: Int, s: [String!], e: Color, o: Filter, id: ID, b: Boolean): Int }
    enum Color @join__type(graph: A) { RED INFRARED @inaccessible }
    input Filter @join__type(graph: A) { min: Int! max: Int = 9 trace: Boolean @inaccessible }
    """,
    links=INACCESSIBLE,
)


def prepared(declared: str, used: str = "") -> Operation:
    return operation(f"query ({declared}) {{ f({used}) }}", SCHEMA)


def coerced(declared: str, used: str, given: dict[str, Any]) -> dict[str, Any]:
    return coerce_variables(prepared(declared, used), given, SCHEMA.api_schema)


@pytest.mark.parametrize(
    ("declared", "used", "given", "values"),
    [
        ("$i: Int", "i: $i", {"i": 3}, {"i": 3}),
        ("$i: Int", "i: $i", {}, {}),
        ("$i: Int", "i: $i", {"i": None}, {"i": None}),
        ("$i: Int = 7", "i: $i", {}, {"i": 7}),
        ("$i: Int = 7", "i: $i", {"i": None}, {"i": None}),
        ("$i: Int", "i: $i", {"i": 3, "unknown": 1}, {"i": 3}),
        ("$s: [String!]", "s: $s", {"s": "one"}, {"s": ["one"]}),
        ("$id: ID", "id: $id", {"id": 5}, {"id": "5"}),
        ("$e: Color", "e: $e", {"e": "RED"}, {"e": "RED"}),
        ("$o: Filter", "o: $o", {"o": {"min": 1}}, {"o": {"min": 1, "max": 9}}),
        ("$i: Int = 7, $b: Boolean", "i: $i, b: $b", {"b": True}, {"i": 7, "b": True}),
    ],
)
def test_values_are_coerced_and_defaults_filled_in(
    declared: str, used: str, given: dict[str, Any], values: dict[str, Any]
):
    assert coerced(declared, used, given) == values


def test_without_declared_variables_nothing_is_taken():
    assert coerce_variables(operation("{ f }", SCHEMA), {"x": 1}, SCHEMA.api_schema) == {}


def test_what_the_client_sent_is_not_changed():
    given = {"o": {"min": 1}}
    coerced("$o: Filter", "o: $o", given)
    assert given == {"o": {"min": 1}}


@pytest.mark.parametrize(
    ("declared", "used", "given"),
    [
        ("$i: Int!", "i: $i", {}),
        ("$i: Int!", "i: $i", {"i": None}),
        ("$i: Int", "i: $i", {"i": "3"}),
        ("$i: Int", "i: $i", {"i": 2**31}),
        ("$e: Color", "e: $e", {"e": "GREEN"}),
        ("$e: Color", "e: $e", {"e": "INFRARED"}),
        ("$o: Filter", "o: $o", {"o": {}}),
        ("$o: Filter", "o: $o", {"o": {"min": 1, "trace": True}}),
        ("$o: Filter", "o: $o", {"o": 5}),
    ],
)
def test_what_does_not_fit_the_api_schema_is_refused(declared: str, used: str, given: dict[str, Any]):
    """Hidden enum values and input fields do not exist for clients."""
    with pytest.raises(RequestError) as refused:
        coerced(declared, used, given)
    assert {error["extensions"]["code"] for error in refused.value.errors} == {"BAD_USER_INPUT"}
    assert refused.value.code == "BAD_USER_INPUT"


def test_every_wrong_variable_is_listed_up_to_a_bound():
    with pytest.raises(RequestError) as refused:
        coerced("$i: Int!, $e: Color", "i: $i, e: $e", {"e": "GREEN"})
    assert len(refused.value.errors) == 2
    names = [f"v{n}" for n in range(25)]
    declared = ", ".join(f"${name}: String!" for name in names)
    used = "s: [" + ", ".join(f"${name}" for name in names) + "]"
    with pytest.raises(RequestError) as refused:
        coerced(declared, used, {})
    assert len(refused.value.errors) == 21


CONDITIONS = "query ($a: Boolean!, $b: Boolean = true) { f x: f @include(if: $a) y: f @skip(if: $b) }"


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"a": True}, {"a": True, "b": True}),
        ({"a": False, "b": False}, {"a": False, "b": False}),
    ],
)
def test_condition_values_are_those_of_the_condition_variables(given: dict[str, Any], values: dict[str, bool]):
    prepared = operation(CONDITIONS, SCHEMA)
    assert condition_values(prepared, coerce_variables(prepared, given, SCHEMA.api_schema)) == values


def test_a_condition_of_another_operation_of_the_document_has_some_value():
    """Fragments are shared, so a variable may occur that this operation does not declare."""
    text = "query A { f } query B($x: Boolean!) { ...F } fragment F on Query { f @skip(if: $x) }"
    prepared = operation(text, SCHEMA, "A")
    assert set(condition_values(prepared, {})) <= {"x"}


def test_a_null_condition_is_refused():
    """A nullable variable with a default may stand in @skip, but then must not be null."""
    prepared = operation(CONDITIONS, SCHEMA)
    with pytest.raises(RequestError) as refused:
        condition_values(prepared, coerce_variables(prepared, {"a": True, "b": None}, SCHEMA.api_schema))
    assert refused.value.code == "BAD_USER_INPUT"

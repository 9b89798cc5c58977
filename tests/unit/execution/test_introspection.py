"""Introspection: answered from the API schema, by response key, whatever else the operation asks."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import get_introspection_query

from gateway.execution.introspection import introspect
from tests.unit.supergraphs import films, operation

FILMS = films()


def introspected(text: str, name: str | None = None, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    return introspect(operation(text, FILMS, name), variables or {}, FILMS.api_schema)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{ __type(name: "Film") { name } }', {"__type": {"name": "Film"}}),
        ('{ x: __type(name: "Film") { n: name } }', {"x": {"n": "Film"}}),
        ('{ a: __type(name: "Film") { name } b: __type(name: "Item") { kind } }',
         {"a": {"name": "Film"}, "b": {"kind": "INTERFACE"}}),
        ("{ __schema { queryType { name } } }", {"__schema": {"queryType": {"name": "Query"}}}),
        ('{ __type(name: "Nothing") { name } }', {"__type": None}),
        ('{ film(id: 1) { title } __type(name: "Film") { name } }', {"__type": {"name": "Film"}}),
        ('{ ...F film(id: 1) { ...T } } fragment T on Film { title }'
         ' fragment F on Query { __type(name: "Film") { name } }',
         {"__type": {"name": "Film"}}),
        ('{ ... { ... on Query { __type(name: "Film") { name } } } }', {"__type": {"name": "Film"}}),
        # A root field that may not be null: run here, it would take everything with it.
        ('{ search(text: "x") { id } __type(name: "Film") { name } }', {"__type": {"name": "Film"}}),
        ('{ ... { search(text: "x") { id } __type(name: "Film") { name } } }', {"__type": {"name": "Film"}}),
        ('{ ...F } fragment F on Query { search(text: "x") { id } __type(name: "Film") { name } }',
         {"__type": {"name": "Film"}}),
        ('{ ...F } fragment F on Query { film(id: 1) { id } __type(name: "Film") { ...N } }'
         " fragment N on __Type { name }", {"__type": {"name": "Film"}}),
    ],
)  # fmt: skip
def test_meta_fields_are_answered_wherever_they_stand(text: str, expected: dict[str, Any]):
    """Fields of services are not run here: the API schema has no resolvers."""
    found = introspected(text)
    found.pop("__typename", None)
    assert found == expected


def test_variables_and_conditions_count():
    text = """query ($name: String!, $no: Boolean!) {
        a: __type(name: $name) { name } b: __type(name: $name) @include(if: $no) { name } }"""
    assert introspected(text, variables={"name": "Film", "no": False}) == {"a": {"name": "Film"}}


def test_hidden_elements_are_not_told():
    found = introspected('{ __type(name: "Film") { fields { name } } }')
    names = {field["name"] for field in found["__type"]["fields"]}
    assert "title" in names
    assert "secret" not in names


def test_the_usual_introspection_query_is_answered():
    found = introspected(get_introspection_query())
    names = {known["name"] for known in found["__schema"]["types"]}
    assert {"Film", "Item", "Query"} <= names
    assert not any(name.startswith(("join__", "link__")) for name in names)


def test_the_named_operation_is_the_one_that_is_run():
    text = 'query A { __type(name: "Film") { name } } query B { __type(name: "Item") { name } }'
    assert introspected(text, "B") == {"__type": {"name": "Item"}}

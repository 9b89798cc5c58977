"""Which parts of a schema an operation uses."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import build_client_schema, build_schema, introspection_from_schema, parse

from gateway.operation.usage import used_coordinates

SCHEMA = build_schema("""
type Query { item(by: Filter, ids: [ID!]): Item things: [Thing!]! }
interface Thing { id: ID! }
type Item implements Thing { id: ID! size(unit: Unit): Int inner: [Item!] }
enum Unit { KG LB }
input Filter { name: String unit: Unit also: [Filter!] }
""")


def used(text: str, variables: dict[str, Any] | None = None) -> set[str]:
    return set(used_coordinates(parse(text), SCHEMA, variables))


def test_fields_arguments_values_and_types_are_told() -> None:
    text = 'query { item(by: {name: "a", also: [{unit: KG}]}) { size(unit: LB) inner { id } } }'
    assert used(text) == {
        *("Query", "Query.item", "Query.item(by:)", "Filter", "Filter.name", "Filter.also", "Filter.unit", "Unit"),
        *(
            "Unit.KG",
            "Unit.LB",
            "Item",
            "Item.size",
            "Item.size(unit:)",
            "Item.inner",
            "Item.id",
            "Int",
            "ID",
            "String",
        ),
    }


def test_fields_are_told_of_the_type_that_they_are_selected_on() -> None:
    found = used("{ things { id ... on Item { size } ...F } } fragment F on Item { inner { id } }")
    assert {"Thing.id", "Item.size", "Item.inner", "Item.id", "Thing", "Item"} <= found
    assert "Thing.size" not in found


@pytest.mark.parametrize(
    ("variables", "expected", "spared"),
    [
        (None, {"Filter.name", "Filter.unit", "Filter.also", "Unit.KG", "Unit.LB"}, set[str]()),
        ({}, {"Filter"}, {"Filter.name", "Unit"}),
        ({"f": None}, {"Filter"}, {"Filter.name", "Unit"}),
        ({"f": {"also": [{"unit": "LB"}]}}, {"Filter.also", "Filter.unit", "Unit.LB"}, {"Filter.name", "Unit.KG"}),
        ({"f": {"nothing": 1}}, {"Filter"}, {"Filter.nothing"}),
    ],
)
def test_variables_count_as_far_as_they_are_known(
    variables: dict[str, Any] | None, expected: set[str], spared: set[str]
) -> None:
    """Unknown, they could hold anything; an input that holds itself ends."""
    found = used("query ($f: Filter) { item(by: $f) { id } }", variables)
    assert expected <= found
    assert not spared & found


def test_a_schema_from_introspection_tells_the_same() -> None:
    text = "query ($f: Filter) { item(by: $f) { id size(unit: KG) } }"
    there = build_client_schema(introspection_from_schema(SCHEMA))
    assert used_coordinates(parse(text), there) == used_coordinates(parse(text), SCHEMA)


def test_directives_and_introspection_are_told_apart() -> None:
    assert {"@include", "@include(if:)"} <= used("{ item { id @include(if: true) __typename } }")
    assert not any("__typename" in one for one in used("{ item { __typename } }"))

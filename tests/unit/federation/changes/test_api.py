"""Changes of the API: each kind with its coordinate, its level, and the operations that it concerns."""

from __future__ import annotations

import pytest
from graphql import build_schema, parse, validate

from gateway.federation.changes import Change, api_changes
from gateway.operation.usage import used_coordinates

OLD = """
directive @shout(loud: Boolean) on FIELD
type Query { item(id: ID, by: Filter): Item, find: Found, thing: Thing }
interface Thing { id: ID! }
type Item implements Thing { id: ID!, name: String!, size(unit: Unit = KG): Int, note: String }
type Box { id: ID!, note: String }
union Found = Item | Box
enum Unit { KG LB }
input Filter { name: String, unit: Unit = KG }
scalar Date
"""


def changed(before: str, after: str) -> list[Change]:
    """The changes when `before` in the old schema becomes `after`."""
    assert before in OLD
    return api_changes(build_schema(OLD), build_schema(OLD.replace(before, after)))


CASES = [
    # what becomes what, level, code, coordinate, an operation that is concerned, one that is not
    (", note: String }\ntype Box", " }\ntype Box", "breaking", "FIELD_REMOVED", "Item.note",
     "{ item { note } }", "{ item { name } find { ... on Box { note } } }"),
    ("name: String!", "name: String", "breaking", "FIELD_CHANGED_KIND", "Item.name",
     "{ item { name } }", "{ item { id } }"),
    ("scalar Date", "", "breaking", "TYPE_REMOVED", "Date", None, "{ item { id } }"),
    ("scalar Date", "enum Date { A }", "breaking", "TYPE_CHANGED_KIND", "Date", None, "{ item { id } }"),
    ("Item | Box", "Item", "breaking", "TYPE_REMOVED_FROM_UNION", "Found",
     "{ find { ... on Box { id } } }", "{ find { ... on Item { id } } }"),
    ("KG LB", "KG", "breaking", "VALUE_REMOVED_FROM_ENUM", "Unit.LB",
     "{ item { size(unit: LB) } }", "{ item { size(unit: KG) } }"),
    ("input Filter { ", "input Filter { must: Int! ", "breaking", "REQUIRED_INPUT_FIELD_ADDED", "Filter.must",
     '{ item(by: {name: "a"}) { id } }', "{ item(id: 1) { id } }"),
    ("item(id: ID", "item(must: Int!, id: ID", "breaking", "REQUIRED_ARG_ADDED", "Query.item(must:)",
     "{ item { id } }", "{ find { __typename } }"),
    ("id: ID, by", "by", "breaking", "ARG_REMOVED", "Query.item(id:)", "{ item(id: 1) { id } }", "{ item { id } }"),
    ("id: ID, by", "id: Int, by", "breaking", "ARG_CHANGED_KIND", "Query.item(id:)",
     "{ item(id: 1) { id } }", "{ item { id } }"),
    ("Item implements Thing", "Item", "breaking", "IMPLEMENTED_INTERFACE_REMOVED", "Item",
     "{ thing { ... on Item { id } } }", "{ item { id } }"),
    ("directive @shout(loud: Boolean) on FIELD", "", "breaking", "DIRECTIVE_REMOVED", "@shout",
     "{ item { id @shout } }", "{ item { id } }"),
    ("(loud: Boolean) on FIELD", " on FIELD", "breaking", "DIRECTIVE_ARG_REMOVED", "@shout(loud:)",
     "{ item { id @shout(loud: true) } }", "{ item { id @shout } }"),
    ("KG LB", "KG LB TON", "dangerous", "VALUE_ADDED_TO_ENUM", "Unit.TON",
     "{ item { size(unit: LB) } }", "{ item { id } }"),
    ("type Box {", "type Box implements Thing {", "dangerous", "IMPLEMENTED_INTERFACE_ADDED", "Box",
     "{ thing { id } }", "{ item { id } }"),
    ("unit: Unit = KG)", "unit: Unit = LB)", "dangerous", "ARG_DEFAULT_VALUE_CHANGE", "Item.size(unit:)",
     "{ item { size } }", "{ item { id } }"),
    ("unit: Unit = KG }", "unit: Unit = LB }", "dangerous", "INPUT_FIELD_DEFAULT_VALUE_CHANGE", "Filter.unit",
     '{ item(by: {name: "a"}) { id } }', "{ item { id } }"),
    ("id: ID, by", "id: ID, more: Int, by", "dangerous", "OPTIONAL_ARG_ADDED", "Query.item(more:)", None, None),
    ("scalar Date", "scalar Date\nscalar Time", "safe", "TYPE_ADDED", "Time", None, "{ item { id } }"),
    ("note: String }\nunion", "note: String, more: Int }\nunion", "safe", "FIELD_ADDED", "Box.more", None,
     "{ find { ... on Box { id } } }"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "level", "code", "coordinate", "hit", "spared"), CASES, ids=lambda one: None
)
def test_a_change_has_its_place_and_those_whom_it_concerns(
    before: str, after: str, level: str, code: str, coordinate: str, hit: str | None, spared: str | None
) -> None:
    (change,) = (one for one in changed(before, after) if one.code == code)
    assert (change.level, change.coordinate) == (level, coordinate)
    assert bool(change.advice) or level != "breaking" or code.startswith("DIRECTIVE")
    old = build_schema(OLD)
    for text, concerned in ((hit, True), (spared, False)):
        if text is not None:
            assert validate(old, parse(text)) == []
            assert change.concerns(used_coordinates(parse(text), old)) is concerned


def test_the_same_schema_has_no_changes_and_descriptions_are_none() -> None:
    assert api_changes(build_schema(OLD), build_schema(OLD)) == []
    assert changed("scalar Date", '"A day."\nscalar Date') == []


def test_every_breaking_change_breaks_what_it_is_said_to_concern() -> None:
    """Where graphql-core can tell by validation: an operation that is concerned is not valid any more."""
    kinds_of_value = ("FIELD_CHANGED_KIND",)  # still valid, but its answer has another form
    for before, after, level, code, _, hit, spared in CASES:
        new = build_schema(OLD.replace(before, after))
        if level == "breaking" and hit is not None and code not in (*kinds_of_value, "ARG_CHANGED_KIND"):
            assert validate(new, parse(hit)) != [], code
        if level == "breaking" and spared is not None:
            assert validate(new, parse(spared)) == [], code

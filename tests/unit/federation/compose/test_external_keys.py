"""Key fields marked @external: served by extensions, in both federation versions; on a plain type only a way in."""

from __future__ import annotations

import pytest

from tests.unit.federation.compose.composing import annotations, composition, composition_1

HERE, THERE = "@join__field(graph: A)", "@join__field(graph: B, external: true)"
ENTERED = ['@join__type(graph: A, key: "%s")', '@join__type(graph: B, key: "%s")']

CASES = {
    "extend type": ("extend type T", []),
    "@extends": ("type T @extends", []),
    "a plain type": ("type T", [HERE, THERE]),
}


@pytest.mark.parametrize(("head", "expected"), CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize("compose_them", [composition, composition_1], ids=["Federation 2", "Federation 1"])
def test_the_mark_counts_on_plain_types_only(compose_them: object, head: str, expected: list[str]) -> None:
    """The subgraph can always be entered with the key. Reading it back is another matter."""
    assert callable(compose_them)
    found = annotations(
        compose_them(
            a='type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }',
            b=f'{head} @key(fields: "id") {{ id: ID! @external y: Int }}',
        ).supergraph_sdl
    )
    assert found["T"] == [text % "id" for text in ENTERED]
    assert found["T.id"] == expected
    assert found["T.y"] == ["@join__field(graph: B)"]


NESTED = {
    "an object": ("organization { id }", "organization: Organization!", "Organization"),
    "a list": ("organizations { id }", "organizations: [Organization!]!", "Organization"),
}


@pytest.mark.parametrize(("key", "field", "target"), NESTED.values(), ids=NESTED.keys())
def test_nested_key_fields_of_an_extension_are_served_as_well(key: str, field: str, target: str) -> None:
    """Both the field that holds the object and the object's own field."""
    owner = f'type Query {{ t: T }} type T @key(fields: "{key}") {{ {field} }} type {target} @shareable {{ id: ID! }}'
    extension = (
        f'extend type T @key(fields: "{key}") {{ {field} @external y: Int }} type {target} {{ id: ID! @external }}'
    )
    found = annotations(composition(a=owner, b=extension).supergraph_sdl)
    assert found["T"] == [text % key for text in ENTERED]
    assert found[f"T.{field.split(':')[0]}"] == []
    assert found[f"{target}.id"] == []


def test_nested_key_fields_of_a_plain_type_are_not() -> None:
    """The marks stay where they were put."""
    owner = 'type Query { t: T } type T @key(fields: "o { id }") { o: O! } type O @shareable { id: ID! }'
    user = 'type T @key(fields: "o { id }") { o: O! @external y: Int } type O { id: ID! @external }'
    found = annotations(composition(a=owner, b=user).supergraph_sdl)
    assert found["T.o"] == [HERE, THERE]
    assert found["O.id"] == [HERE, THERE]


def test_other_external_fields_of_an_extension_keep_their_mark() -> None:
    """Being an extension says nothing about fields that are in none of its keys."""
    owner = 'type Query { t: T } type T @key(fields: "id") @key(fields: "sku") { id: ID! sku: ID! x: Int }'
    user = """extend type T @key(fields: "id") {
        id: ID! @external  sku: ID! @external  x: Int @external  y: Int @requires(fields: "sku x") }"""
    found = annotations(composition(a=owner, b=user).supergraph_sdl)
    assert found["T.id"] == []
    assert found["T.sku"] == found["T.x"] == [HERE, THERE]

"""Interface keys, interface objects, and interfaces whose parts come from several subgraphs."""

from __future__ import annotations

import pytest

from tests.unit.federation.compose.composing import annotations, codes, composition

QUERY = "type Query { q: Int }\n"
MEDIA = 'interface Media @key(fields: "id") { id: ID! } type Film implements Media @key(fields: "id") { id: ID! }'
OBJECT = 'type Media @interfaceObject @key(fields: "id") { id: ID! stars: Int }'

CODES = {
    "an interface object": ({"a": QUERY + MEDIA, "b": OBJECT}, []),
    "key not on the implementation": (
        {"a": QUERY + MEDIA.replace('Media @key(fields: "id") { id: ID! }', "Media { id: ID! }", 2)},
        [],
    ),
    "key missing on the implementation": (
        {"a": QUERY + 'interface I @key(fields: "id") { id: ID! } type T implements I { id: ID! }'},
        ["INTERFACE_KEY_NOT_ON_IMPLEMENTATION"],
    ),
    "another key on the implementation": (
        {
            "a": QUERY
            + 'interface I @key(fields: "id") { id: ID! } type T implements I @key(fields: "id x") { id: ID! x: Int }'
        },
        ["INTERFACE_KEY_NOT_ON_IMPLEMENTATION"],
    ),
    "not resolvable on the implementation": (
        {
            "a": QUERY + 'interface I @key(fields: "id") { id: ID! }'
            ' type T implements I @key(fields: "id", resolvable: false) { id: ID! }'
        },
        ["INTERFACE_KEY_NOT_ON_IMPLEMENTATION"],
    ),
    "not resolvable on the interface": (
        {
            "a": QUERY + 'interface I @key(fields: "id", resolvable: false) { id: ID! }'
            ' type T implements I @key(fields: "id", resolvable: false) { id: ID! }'
        },
        [],
    ),
    "key in another order": (
        {
            "a": QUERY + 'interface I @key(fields: "id x") { id: ID! x: Int }'
            ' type T implements I @key(fields: "x id") { id: ID! x: Int }'
        },
        [],
    ),
    "an implementation the keyed subgraph lacks": (
        {
            "a": QUERY + MEDIA,
            "b": 'interface Media { id: ID! } type Album implements Media @key(fields: "id") { id: ID! }',
        },
        ["INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE"],
    ),
    "interface object without key": (
        {"a": QUERY + MEDIA, "b": "type Media @interfaceObject { stars: Int }"},
        ["INTERFACE_OBJECT_USAGE_ERROR"],
    ),
    "interface object nowhere an interface": ({"a": QUERY + OBJECT}, ["INTERFACE_OBJECT_USAGE_ERROR"]),
    "interface object beside an implementation": (
        {"a": QUERY + MEDIA, "b": OBJECT + ' type Film @key(fields: "id") { id: ID! year: Int }'},
        ["INTERFACE_OBJECT_USAGE_ERROR"],
    ),
    "interface object and plain object": (
        {"a": QUERY + OBJECT, "b": 'type Media @key(fields: "id") { id: ID! }'},
        ["TYPE_KIND_MISMATCH"],
    ),
    "the implementation has the field too": (
        {
            "a": QUERY
            + MEDIA.replace(
                'Film implements Media @key(fields: "id") { id: ID!',
                'Film implements Media @key(fields: "id") { id: ID! stars: Int',
            ),
            "b": OBJECT,
        },
        ["INVALID_FIELD_SHARING"],
    ),
    "both share it": (
        {
            "a": QUERY + MEDIA + " extend type Film @shareable { stars: Int }",
            "b": OBJECT.replace("stars: Int", "stars: Int @shareable"),
        },
        [],
    ),
    "two interface objects": ({"a": QUERY + MEDIA, "b": OBJECT, "c": OBJECT}, ["INVALID_FIELD_SHARING"]),
    "override on an interface object": (
        {
            "a": QUERY + MEDIA + " extend interface Media { stars: Int } extend type Film { stars: Int @shareable }",
            "b": OBJECT.replace("stars: Int", 'stars: Int @shareable @override(from: "a")'),
        },
        ["OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE"],
    ),
    "required on a concrete type": (
        {
            "a": QUERY + MEDIA + ' extend type Film { stars: Int @external best: Int @requires(fields: "stars") }',
            "b": OBJECT,
        },
        [],
    ),
    "required on the interface object": (
        {
            "a": QUERY + MEDIA + " extend interface Media { length: Int } extend type Film { length: Int }",
            "b": OBJECT.replace("stars: Int", 'length: Int @external stars: Int @requires(fields: "length")'),
        },
        [],
    ),
    "a field that an implementation lacks": (
        {
            "a": QUERY + "interface I { x: Int y: Int } type T implements I { x: Int y: Int }",
            "b": "interface I { x: Int } type U implements I { x: Int }",
        },
        ["INTERFACE_FIELD_NO_IMPLEM"],
    ),
    "an external field of an interface object is no implementation": (
        {
            "a": QUERY + MEDIA + ' type Album implements Media @key(fields: "id") { id: ID! }',
            "b": OBJECT.replace("stars: Int", 'length: Int @external stars: Int @requires(fields: "length")'),
            "c": "interface Media { id: ID! length: Int }"
            ' type Album implements Media @key(fields: "id") { id: ID! length: Int }',
        },
        ["INTERFACE_FIELD_NO_IMPLEM"],
    ),
    "a field that the implementation has elsewhere": (
        {
            "a": QUERY + "interface I { x: Int y: Int } type T implements I { x: Int y: Int }",
            "b": 'interface I { x: Int } type U implements I @key(fields: "x") { x: Int }',
            "c": 'type U @key(fields: "x") { x: Int y: Int }',
        },
        [],
    ),
    "a merged type that no longer implements": (
        {
            "a": QUERY + "interface I { x: Int! } type T implements I @shareable { x: Int! }",
            "b": "type T @shareable { x: Int }",
        },
        ["INVALID_GRAPHQL"],
    ),
    "an interface that another one implements elsewhere": (
        {
            "a": QUERY + "interface I { x: Int } interface J { x: Int } type T implements J { x: Int }",
            "b": "interface I { x: Int } interface J implements I { x: Int } type U implements I & J { x: Int }",
        },
        ["INVALID_GRAPHQL"],
    ),
}


@pytest.mark.parametrize(("subgraphs", "expected"), CODES.values(), ids=CODES.keys())
def test_rules_of_interfaces(subgraphs: dict[str, str], expected: list[str]) -> None:
    """Exactly these codes."""
    assert codes(**subgraphs) == expected


def test_fields_of_an_interface_object_reach_every_implementation() -> None:
    """With their arguments and marks, and an argument-less join field; a type's own field stays its own."""
    films = MEDIA + ' type Album implements Media @key(fields: "id") { id: ID! stars: Int @shareable }'
    ratings = OBJECT.replace("stars: Int", 'stars: Int @shareable score(max: Int): Int @tag(name: "t")')
    found = annotations(composition(a=QUERY + films, b=ratings).supergraph_sdl)
    assert found["Media"] == [
        '@join__type(graph: A, key: "id")',
        '@join__type(graph: B, key: "id", isInterfaceObject: true)',
    ]
    assert found["Media.score"] == ["@join__field(graph: B)", '@tag(name: "t")']
    assert found["Film.stars"] == ["@join__field"]
    assert found["Film.score"] == ["@join__field", '@tag(name: "t")']
    assert "Film.score(max:)" in found
    assert found["Album.stars"] == []


def test_an_external_field_of_an_interface_object_adds_nothing() -> None:
    """It is resolved by the implementations; nothing arrives through the interface object."""
    films = MEDIA + " extend interface Media { length: Int } extend type Film { length: Int }"
    ratings = OBJECT.replace("stars: Int", 'length: Int @external stars: Int @requires(fields: "length")')
    found = annotations(composition(a=QUERY + films, b=ratings).supergraph_sdl)
    assert found["Film.length"] == []
    assert found["Media.length"] == ["@join__field(graph: A)", "@join__field(graph: B, external: true)"]
    assert found["Media.stars"] == ['@join__field(graph: B, requires: "length")']


def test_who_implements_what_is_written_per_subgraph() -> None:
    """The possible types of an interface differ from subgraph to subgraph."""
    a = "interface I { x: Int } interface J implements I { x: Int } type T implements I & J @shareable { x: Int }"
    b = "interface I { x: Int } type T implements I @shareable { x: Int }"
    found = annotations(composition(a=QUERY + a, b=b).supergraph_sdl)
    assert found["T"] == [
        '@join__implements(graph: A, interface: "I")',
        '@join__implements(graph: A, interface: "J")',
        '@join__implements(graph: B, interface: "I")',
        "@join__type(graph: A)",
        "@join__type(graph: B)",
    ]
    assert found["J"] == ['@join__implements(graph: A, interface: "I")', "@join__type(graph: A)"]

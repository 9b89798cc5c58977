"""The field sets of @key, @requires and @provides: what is allowed in them, and how they are written out."""

from __future__ import annotations

import pytest

from gateway.federation.compose.field_sets import canonical_text, field_set_paths, simple_fields
from tests.unit.federation.compose.composing import codes, codes_1

QUERY = "type Query { q: Int }\n"
OTHER = 'type O @key(fields: "id") { id: ID! n: Int @shareable p: P @shareable a(x: Int): Int @shareable }'
PLACE = "type P @shareable { x: Int }"

KEYS = {
    "braces and commas": ('type T @key(fields: "{x, y}") { x: Int y: Int }', []),
    "nested": ('type T @key(fields: "o { id }") { o: P2 } type P2 { id: ID! }', []),
    "list of scalars": ('type T @key(fields: "xs") { xs: [Int!]! }', []),
    "list of objects": ('type T @key(fields: "os { id }") { os: [P2!]! } type P2 { id: ID! }', []),
    "__typename": ('type T @key(fields: "__typename x") { x: Int }', []),
    "unknown field": ('type T @key(fields: "y") { x: Int }', ["KEY_INVALID_FIELDS"]),
    "empty": ('type T @key(fields: "") { x: Int }', ["KEY_INVALID_FIELDS"]),
    "syntax": ('type T @key(fields: "x {") { x: Int }', ["KEY_INVALID_FIELDS"]),
    "two operations": ('type T @key(fields: "{ x } { x }") { x: Int }', ["KEY_INVALID_FIELDS"]),
    "alias": ('type T @key(fields: "z: x") { x: Int }', ["KEY_INVALID_FIELDS"]),
    "named fragment": ('type T @key(fields: "...F") { x: Int }', ["KEY_INVALID_FIELDS"]),
    "object without braces": ('type T @key(fields: "o") { o: P2 } type P2 { id: ID! }', ["KEY_INVALID_FIELDS"]),
    "scalar with braces": ('type T @key(fields: "x { y }") { x: Int }', ["KEY_INVALID_FIELDS"]),
    "directive": ('type T @key(fields: "x @skip(if: true)") { x: Int }', ["KEY_DIRECTIVE_IN_FIELDS_ARG"]),
    "field with arguments": ('type T @key(fields: "x") { x(a: Int): Int }', ["KEY_FIELDS_HAS_ARGS"]),
    "arguments given": ('type T @key(fields: "x(a: 1)") { x(a: Int): Int }', ["KEY_FIELDS_HAS_ARGS"]),
    "union": (
        'type T @key(fields: "u { ... on P2 { id } }") { u: U } union U = P2 type P2 { id: ID! }',
        ["KEY_FIELDS_SELECT_INVALID_TYPE"],
    ),
    "interface": (
        'type T @key(fields: "i { id }") { i: I } interface I { id: ID! } type P2 implements I { id: ID! }',
        ["KEY_FIELDS_SELECT_INVALID_TYPE"],
    ),
    "list": ('type T @key(fields: ["x"]) { x: Int }', ["KEY_INVALID_FIELDS_TYPE"]),
    "no quotes": ("type T @key(fields: x) { x: Int }", ["KEY_INVALID_FIELDS_TYPE"]),
    "two faults": ('type T @key(fields: "y z: x") { x: Int }', ["KEY_INVALID_FIELDS", "KEY_INVALID_FIELDS"]),
}


@pytest.mark.parametrize(("sdl", "expected"), KEYS.values(), ids=KEYS.keys())
def test_rules_of_key_field_sets(sdl: str, expected: list[str]) -> None:
    """A @key names the subgraph's own plain fields."""
    assert codes(a=QUERY + sdl) == expected


PROVIDES = {
    "external": ('o: O @provides(fields: "n")', "n: Int @external", []),
    "below an external": ('o: O @provides(fields: "p { x }")', "p: P @external", []),
    "in a list": ('o: [O!]! @provides(fields: "n")', "n: Int @external", []),
    "in a fragment": ('o: I @provides(fields: "... on O { n }")', "n: Int @external", []),
    "an external key": ('o: O @provides(fields: "k")', "k: ID! @external", []),
    "own field": ('o: O @provides(fields: "n")', "n: Int @shareable", ["PROVIDES_FIELDS_MISSING_EXTERNAL"]),
    "own key": ('o: O @provides(fields: "id")', "", ["PROVIDES_FIELDS_MISSING_EXTERNAL"]),
    "unknown": ('o: O @provides(fields: "z")', "", ["PROVIDES_INVALID_FIELDS"]),
    "alias": ('o: O @provides(fields: "z: n")', "n: Int @shareable", ["PROVIDES_INVALID_FIELDS"]),
    "scalar": ('o: Int @provides(fields: "z")', "", ["PROVIDES_ON_NON_OBJECT_FIELD"]),
    "arguments": ('o: O @provides(fields: "a(x: 1)")', "a(x: Int): Int @external", ["PROVIDES_FIELDS_HAS_ARGS"]),
    "directive": (
        'o: O @provides(fields: "n @skip(if: true)")',
        "n: Int @external",
        ["PROVIDES_DIRECTIVE_IN_FIELDS_ARG"],
    ),
    "no string": ('o: O @provides(fields: ["n"])', "n: Int @shareable", ["PROVIDES_INVALID_FIELDS_TYPE"]),
    "unknown type": ('o: O @provides(fields: "... on Z { n }")', "", ["PROVIDES_INVALID_FIELDS"]),
}


@pytest.mark.parametrize(("field", "on_target", "expected"), PROVIDES.values(), ids=PROVIDES.keys())
def test_rules_of_provides_field_sets(field: str, on_target: str, expected: list[str]) -> None:
    """@provides names external fields of the type it stands on."""
    target = f'interface I {{ id: ID! }} type O implements I @key(fields: "id") {{ id: ID! {on_target} }} {PLACE}'
    other = OTHER.replace("id: ID!", "id: ID! k: ID! @shareable")
    assert codes(a=f"{QUERY} type T {{ {field} }} {target}", b=f"{other} {PLACE}") == expected


REQUIRES = {
    "external": ('n: Int @external y: Int @requires(fields: "n")', []),
    "below an external": ('p: P @external y: Int @requires(fields: "p { x }")', []),
    "with an argument": ('a(x: Int): Int @external y: Int @requires(fields: "a(x: 1)")', []),
    "own field": ('n: Int @shareable y: Int @requires(fields: "n")', ["REQUIRES_FIELDS_MISSING_EXTERNAL"]),
    "own key": ('y: Int @requires(fields: "id")', ["REQUIRES_FIELDS_MISSING_EXTERNAL"]),
    "__typename": ('y: Int @requires(fields: "__typename")', ["REQUIRES_FIELDS_MISSING_EXTERNAL"]),
    "unknown": ('y: Int @requires(fields: "z")', ["REQUIRES_INVALID_FIELDS"]),
    "alias": ('n: Int @shareable y: Int @requires(fields: "z: n")', ["REQUIRES_INVALID_FIELDS"]),
    "unknown argument": ('a(x: Int): Int @external y: Int @requires(fields: "a(z: 1)")', ["REQUIRES_INVALID_FIELDS"]),
    "argument of another type": (
        'a(x: Int): Int @external y: Int @requires(fields: "a(x: true)")',
        ["REQUIRES_INVALID_FIELDS"],
    ),
    "a variable": ('a(x: Int): Int @external y: Int @requires(fields: "a(x: $v)")', ["REQUIRES_INVALID_FIELDS"]),
    "directive": (
        'n: Int @external y: Int @requires(fields: "n @skip(if: true)")',
        ["REQUIRES_DIRECTIVE_IN_FIELDS_ARG"],
    ),
    "no string": ("n: Int @shareable y: Int @requires(fields: [n])", ["REQUIRES_INVALID_FIELDS_TYPE"]),
}


@pytest.mark.parametrize(("fields", "expected"), REQUIRES.values(), ids=REQUIRES.keys())
def test_rules_of_requires_field_sets(fields: str, expected: list[str]) -> None:
    """@requires names what other subgraphs resolve, with literal arguments."""
    target = f'type O @key(fields: "id") {{ id: ID! {fields} }} {PLACE}'
    assert codes(a=QUERY + target, b=f"{OTHER} {PLACE}") == expected


def test_a_missing_required_argument_is_an_invalid_field() -> None:
    """A requirement must be askable as it stands."""
    external = 'type O @key(fields: "id") { id: ID! a(x: Int!): Int @external y: Int @requires(fields: "a") }'
    assert codes(a=QUERY + external, b='type O @key(fields: "id") { id: ID! a(x: Int!): Int }') == [
        "REQUIRES_INVALID_FIELDS"
    ]


LITERALS = {
    "E = A": [],
    "E = Z": ["REQUIRES_INVALID_FIELDS"],
    'E = "A"': ["REQUIRES_INVALID_FIELDS"],
    "N = { i: 1 }": [],
    "N = { i: 1, e: A }": [],
    "N = {}": ["REQUIRES_INVALID_FIELDS"],
    "N = { i: 1, z: 1 }": ["REQUIRES_INVALID_FIELDS"],
    "N = { i: null }": ["REQUIRES_INVALID_FIELDS"],
    "N = 1": ["REQUIRES_INVALID_FIELDS"],
    "[Int!] = [1, 2]": [],
    "[Int!] = 1": [],
    "[Int!] = [1, null]": ["REQUIRES_INVALID_FIELDS"],
    "Int = null": [],
    "Int = 3000000000": ["REQUIRES_INVALID_FIELDS"],
    "Float = 1": [],
    "Float = true": ["REQUIRES_INVALID_FIELDS"],
    "ID = 1": [],
    "ID = 1.5": ["REQUIRES_INVALID_FIELDS"],
    "Boolean = 1": ["REQUIRES_INVALID_FIELDS"],
    "Free = { any: [thing] }": [],
}


@pytest.mark.parametrize(("literal", "expected"), LITERALS.items(), ids=LITERALS.keys())
def test_literals_in_requirements_fit_their_type(literal: str, expected: list[str]) -> None:
    """The argument of a requirement is checked like any literal in GraphQL."""
    type_text, value = literal.split(" = ", 1)
    value = value.replace('"', '\\"')
    types = "enum E { A B } input N { i: Int! e: E } scalar Free "
    field = f"a(x: {type_text}): Int"
    external = f'type O @key(fields: "id") {{ id: ID! {field} @external y: Int @requires(fields: "a(x: {value})") }}'
    owner = f'type O @key(fields: "id") {{ id: ID! {field} }}'
    assert codes(a=QUERY + types + external, b=types + owner) == expected


def test_a_requirement_is_checked_again_on_the_supergraph() -> None:
    """Arguments are intersected: one that a third subgraph does not know can no longer be given."""
    owner = 'type O @key(fields: "id") { id: ID! a(x: Int): Int @shareable }'
    user = 'type O @key(fields: "id") { id: ID! a(x: Int): Int @external y: Int @requires(fields: "a(x: 1)") }'
    third = 'type O @key(fields: "id") { id: ID! a: Int @shareable }'
    assert codes(a=QUERY + owner, b=user) == []
    assert codes(a=QUERY + owner, b=user, c=third) == ["REQUIRES_INVALID_FIELDS"]


def test_key_on_an_interface_needs_version_2_3() -> None:
    """Entity interfaces came with federation v2.3."""
    sdl = 'interface I @key(fields: "id") { id: ID! } type T implements I @key(fields: "id") { id: ID! }'
    for version, expected in (("2.2", ["KEY_UNSUPPORTED_ON_INTERFACE"]), ("2.3", [])):
        link = f'extend schema @link(url: "https://specs.apollo.dev/federation/v{version}", import: ["@key"])\n'
        assert codes_1(a=link + QUERY + sdl) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id", "id"),
        ("{ id,   name }", "id name"),
        ("organization{id}", "organization { id }"),
        ('a(x:1,y:"two  spaces")', 'a(x: 1, y: "two  spaces")'),
        ("u { ...on A{x} ... on B { y z } }", "u { ... on A { x } ... on B { y z } }"),
    ],
)
def test_field_sets_have_one_canonical_text(text: str, expected: str) -> None:
    """One line, single spaces, no outer braces, no commas between fields; strings untouched."""
    assert canonical_text(text) == expected
    assert canonical_text(expected) == expected


def test_equal_field_sets_have_equal_paths() -> None:
    """Order does not matter; nesting does."""
    assert field_set_paths("a b { c d }") == field_set_paths("b { d } a b { c }") != field_set_paths("a c d")


def test_only_flat_field_sets_are_simple() -> None:
    """A lookup's arguments can stand for a flat key only."""
    assert simple_fields("id region") == ["id", "region"]
    assert simple_fields("id maker { id }") is None

"""@external, @shareable and their neighbours: where they may stand, and what an external field must agree with."""

from __future__ import annotations

import pytest

from tests.unit.federation.compose.composing import codes

QUERY = "type Query { q: Int }\n"
OWNER = 'type O @key(fields: "id") { id: ID! n: Int }'


def user(external: str, fields: str = "n") -> str:
    """A subgraph that requires an external field of O."""
    return f'type O @key(fields: "id") {{ id: ID! {external} @external y: Int @requires(fields: "{fields}") }}'


CASES = {
    "unused external": (
        {"a": QUERY + OWNER, "b": 'type O @key(fields: "id") { id: ID! n: Int @external }'},
        ["EXTERNAL_UNUSED"],
    ),
    "external type, unused field": (
        {"a": QUERY + OWNER, "b": 'type O @external @key(fields: "id") { id: ID! n: Int }'},
        ["EXTERNAL_UNUSED"],
    ),
    "external for an interface": (
        {
            "a": QUERY + OWNER,
            "b": 'interface I { n: Int } type O implements I @key(fields: "id") { id: ID! n: Int @external }',
        },
        [],
    ),
    "external on an interface": (
        {"a": QUERY + "interface I { n: Int @external }"},
        ["EXTERNAL_ON_INTERFACE", "EXTERNAL_UNUSED"],
    ),
    "external everywhere": (
        {"a": QUERY + 'type O @key(fields: "id") { id: ID! }', "b": user("n: Int")},
        ["EXTERNAL_MISSING_ON_BASE"],
    ),
    "external key everywhere": (
        {"a": QUERY + 'type O @key(fields: "n") { n: Int @external }'},
        ["EXTERNAL_MISSING_ON_BASE"],
    ),
    "external and provides": (
        {
            "a": QUERY + 'type O @key(fields: "id") { id: ID! n: P } type P { x: Int }',
            "b": user('n: P @provides(fields: "x")', "n { x }") + " type P { x: Int @external }",
        },
        ["EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE"],
    ),
    "external and tag": (
        {"a": QUERY + OWNER, "b": user('n: Int @tag(name: "t")')},
        ["MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL"],
    ),
    "external and inaccessible": (
        {"a": QUERY + OWNER, "b": user("n: Int @inaccessible")},
        ["MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL"],
    ),
    "another type": ({"a": QUERY + OWNER, "b": user("n: String")}, ["EXTERNAL_TYPE_MISMATCH"]),
    "stricter type": ({"a": QUERY + OWNER, "b": user("n: Int!")}, ["EXTERNAL_TYPE_MISMATCH"]),
    "looser type": (
        {"a": QUERY + 'type O @key(fields: "id") { id: ID! n: Int! }', "b": user("n: Int")},
        ["EXTERNAL_TYPE_MISMATCH"],
    ),
    "argument missing": (
        {"a": QUERY + 'type O @key(fields: "id") { id: ID! n(a: Int): Int }', "b": user("n: Int")},
        ["EXTERNAL_ARGUMENT_MISSING"],
    ),
    "argument added": ({"a": QUERY + OWNER, "b": user("n(a: Int): Int")}, []),
    "argument of another type": (
        {"a": QUERY + 'type O @key(fields: "id") { id: ID! n(a: Int): Int }', "b": user("n(a: String): Int")},
        ["EXTERNAL_ARGUMENT_TYPE_MISMATCH"],
    ),
    "argument with another default": (
        {"a": QUERY + 'type O @key(fields: "id") { id: ID! n(a: Int = 1): Int }', "b": user("n(a: Int = 2): Int")},
        ["EXTERNAL_ARGUMENT_DEFAULT_MISMATCH"],
    ),
    "shareable interface field": ({"a": QUERY + "interface I { n: Int @shareable }"}, ["INVALID_SHAREABLE_USAGE"]),
    "shareable twice": ({"a": QUERY + "type V { n: Int @shareable @shareable }"}, ["INVALID_SHAREABLE_USAGE"]),
    "shareable type twice": ({"a": QUERY + "type V @shareable @shareable { n: Int }"}, ["INVALID_SHAREABLE_USAGE"]),
    "shareable on type and extension": (
        {"a": QUERY + "type V @shareable { n: Int } extend type V @shareable { m: Int }"},
        [],
    ),
    "shareable subscription": (
        {"a": QUERY + "type Subscription { s: Int @shareable }"},
        ["INVALID_FIELD_SHARING"],
    ),
    "provides on an interface": (
        {
            "a": QUERY
            + 'interface I { o: O @provides(fields: "n") } type O @key(fields: "id") { id: ID! n: Int @external }',
            "b": OWNER.replace("n: Int", "n: Int @shareable"),
        },
        ["PROVIDES_UNSUPPORTED_ON_INTERFACE"],
    ),
    "requires on an interface": (
        {"a": QUERY + 'interface I { n: Int y: Int @requires(fields: "n") }'},
        ["REQUIRES_FIELDS_MISSING_EXTERNAL", "REQUIRES_UNSUPPORTED_ON_INTERFACE"],
    ),
    "access rule on an interface": (
        {"a": QUERY + "interface I @authenticated { n: Int @authenticated }"},
        ["AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE", "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE"],
    ),
    "extension without base": ({"a": QUERY + "extend type V { n: Int }"}, ["EXTENSION_WITH_NO_BASE"]),
    "extension with a base elsewhere": ({"a": QUERY + "extend type V { n: Int }", "b": "type V { m: Int }"}, []),
    "@extends is a base in Federation 2": ({"a": QUERY + "type V @extends { n: Int }"}, []),
    "extended roots need no base": ({"a": "extend type Query { q: Int } extend type Mutation { m: Int }"}, []),
}


@pytest.mark.parametrize(("subgraphs", "expected"), CASES.values(), ids=CASES.keys())
def test_marks_stand_where_they_mean_something(subgraphs: dict[str, str], expected: list[str]) -> None:
    """Exactly these codes."""
    assert codes(**subgraphs) == expected

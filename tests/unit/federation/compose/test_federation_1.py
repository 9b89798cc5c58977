"""Federation 1 subgraphs: what their words mean once they are merged."""

from __future__ import annotations

import pytest

from tests.unit.federation.compose.composing import annotations, codes_1, composition_1, fed2

QUERY = "type Query { q: Int }\n"
BASE = QUERY + 'type T @key(fields: "id") { id: ID! x: Int }'
IN_A, IN_B = "@join__field(graph: A)", "@join__field(graph: B)"
EXTERNAL_IN_B = "@join__field(graph: B, external: true)"

MERGED = {
    "an external key of an extension is served there": (
        {"a": BASE, "b": 'extend type T @key(fields: "id") { id: ID! @external y: Int }'},
        {"T.id": [], "T.y": [IN_B]},
    ),
    "@extends says the same": (
        {"a": BASE, "b": 'type T @extends @key(fields: "id") { id: ID! @external y: Int }'},
        {"T.id": [], "T.y": [IN_B]},
    ),
    "an external key of a plain type is not served there": (
        {"a": BASE, "b": 'type T @key(fields: "id") { id: ID! @external y: Int }'},
        {"T.id": [IN_A, EXTERNAL_IN_B], "T.y": [IN_B]},
    ),
    "an extension without a key serves the key fields of others": (
        {"a": BASE, "b": "extend type T { id: ID! @external y: Int }"},
        {"T.id": [], "T": ['@join__type(graph: A, key: "id")', "@join__type(graph: B)"]},
    ),
    "any external field in a key of the extension is served": (
        {
            "a": QUERY + 'type T @key(fields: "id") @key(fields: "x") { id: ID! x: Int }',
            "b": 'extend type T @key(fields: "id") @key(fields: "x") { id: ID! @external x: Int @external y: Int }',
        },
        {"T.id": [], "T.x": []},
    ),
    "an external field in no key keeps its mark": (
        {
            "a": BASE,
            "b": """extend type T @key(fields: "id") {
                id: ID! @external  x: Int @external  y: Int @requires(fields: "x") }""",
        },
        {"T.x": [IN_A, EXTERNAL_IN_B], "T.y": ['@join__field(graph: B, requires: "x")']},
    ),
    "an unused external field is dropped": (
        {"a": BASE, "b": 'extend type T @key(fields: "id") { id: ID! @external x: Int @external }'},
        {"T.x": [IN_A]},
    ),
    "a type of nothing but unused external fields is dropped": (
        {"a": BASE, "b": "type Query { r: Int } extend type T { x: Int @external }"},
        {"T": ['@join__type(graph: A, key: "id")']},
    ),
    "value types are shared": (
        {"a": QUERY + "type V { x: Int y: Int }", "b": "type V { x: Int }"},
        {"V.x": [], "V.y": [IN_A]},
    ),
    "entity fields are shared": ({"a": BASE, "b": 'type T @key(fields: "id") { id: ID! x: Int }'}, {"T.x": []}),
    "root fields are shared": ({"a": QUERY, "b": QUERY}, {"Query.q": []}),
    "a provided external field is kept": (
        {
            "a": BASE,
            "b": """type Query { t: T @provides(fields: "x") }
                extend type T @key(fields: "id") { id: ID! @external x: Int @external }""",
        },
        {"Query.t": ['@join__field(graph: B, provides: "x")'], "T.x": [IN_A, EXTERNAL_IN_B]},
    ),
    "a requirement of own fields means nothing": (
        {"a": BASE, "b": 'extend type T @key(fields: "id") { id: ID! @external y: Int @requires(fields: "id") }'},
        {"T.y": [IN_B]},
    ),
    "own fields are taken out of a requirement": (
        {
            "a": BASE,
            "b": """extend type T @key(fields: "id") {
                id: ID! @external  o: Int  x: Int @external  y: Int @requires(fields: "id o x") }""",
        },
        {"T.y": ['@join__field(graph: B, requires: "x")']},
    ),
    "at any depth": (
        {
            "a": QUERY + 'type T @key(fields: "id") { id: ID! p: P } type P { u: Int v: Int }',
            "b": """extend type T @key(fields: "id") { id: ID! @external p: P y: Int @requires(fields: "p { u v }") }
                type P { u: Int @external v: Int }""",
        },
        {"T.y": ['@join__field(graph: B, requires: "p { u }")']},
    ),
    "what is provided anyway is taken out": (
        {
            "a": BASE,
            "b": 'type Query { t: T @provides(fields: "id") } extend type T @key(fields: "id") { id: ID! @external }',
        },
        {"Query.t": [IN_B]},
    ),
    "a provision on a scalar means nothing": (
        {"a": QUERY + 'type T @key(fields: "id") { id: ID! x: Int @provides(fields: "z") }'},
        {"T.x": []},
    ),
    "a key on an interface means nothing": (
        {"a": QUERY + 'interface I @key(fields: "id") { id: ID! } type T implements I @key(fields: "id") { id: ID! }'},
        {"I": ["@join__type(graph: A)"]},
    ),
    "external, requires and provides on an interface mean nothing": (
        {
            "a": QUERY
            + 'interface I { x: Int @external y: T @requires(fields: "x") @provides(fields: "y") }'
            + "type T implements I { x: Int y: T }"
        },
        {"I.x": [], "I.y": []},
    ),
    "field sets may lack quotes": (
        {"a": QUERY + 'type T @key(fields: x) @key(fields: ["y", "z"]) { x: Int y: Int z: Int }'},
        {"T": ['@join__type(graph: A, key: "x")', '@join__type(graph: A, key: "y z")']},
    ),
    "external on a type means nothing": (
        {"a": QUERY + 'type T @key(fields: "id") @external { id: ID! x: Int }'},
        {"T.x": [], "T.id": []},
    ),
    "a Federation 2 subgraph extends a Federation 1 one": (
        {
            "a": BASE,
            "b": fed2(
                'extend type T @key(fields: "id") { id: ID! @external x: Int @external y: Int @requires(fields: "x") }'
            ),
        },
        {"T.id": [], "T.x": [IN_A, EXTERNAL_IN_B]},
    ),
    "a tag repeated on an external field is dropped": (
        {
            "a": QUERY + 'type T @key(fields: "id") { id: ID! x: Int @tag(name: "n") }',
            "b": """extend type T @key(fields: "id") {
                id: ID! @external  x: Int @external @tag(name: "n")  y: Int @requires(fields: "x") }""",
        },
        {"T.x": [IN_A, EXTERNAL_IN_B, '@tag(name: "n")']},
    ),
}


@pytest.mark.parametrize(("subgraphs", "expected"), MERGED.values(), ids=MERGED.keys())
def test_federation_1_is_upgraded(subgraphs: dict[str, str], expected: dict[str, list[str]]) -> None:
    """The annotations of the named elements, exactly."""
    found = annotations(composition_1(**subgraphs).supergraph_sdl)
    assert {element: found[element] for element in expected} == expected


REFUSED = {
    "extension without base": (
        {"a": QUERY + 'extend type T @key(fields: "id") { id: ID! @external x: Int }'},
        ["EXTENSION_WITH_NO_BASE"],
    ),
    "@extends without base": (
        {"a": QUERY + 'type T @extends @key(fields: "id") { id: ID! @external x: Int }'},
        ["EXTENSION_WITH_NO_BASE"],
    ),
    "extended enum without base": ({"a": "type Query { q: E } extend enum E { A }"}, ["EXTENSION_WITH_NO_BASE"]),
    "extended interface without base": ({"a": QUERY + "extend interface I { x: Int }"}, ["EXTENSION_WITH_NO_BASE"]),
    "only unused external fields, but named": (
        {"a": QUERY + "type V { x: Int y: Int }", "b": "type Query { v: V } extend type V { y: Int @external }"},
        ["TYPE_WITH_ONLY_UNUSED_EXTERNAL"],
    ),
    "a field set that is a number": (
        {"a": QUERY + "type T @key(fields: 1) { x: Int }"},
        ["KEY_INVALID_FIELDS_TYPE"],
    ),
    "a key that cannot be parsed": ({"a": QUERY + 'type T @key(fields: "x {") { x: Int }'}, ["KEY_INVALID_FIELDS"]),
    "a requirement of an unknown field": (
        {"a": QUERY + 'type T @key(fields: "x") { x: Int y: Int @requires(fields: "z") }'},
        ["REQUIRES_INVALID_FIELDS"],
    ),
    "a Federation 2 type beside a Federation 1 type": (
        {"a": fed2(QUERY + "type V { x: Int }"), "b": "type V { x: Int }"},
        ["INVALID_FIELD_SHARING"],
    ),
    "one subscription in two subgraphs": (
        {"a": QUERY + "type Subscription { s: Int }", "b": "type Subscription { s: Int }"},
        ["INVALID_FIELD_SHARING"],
    ),
    "a tag of its own on an external field": (
        {
            "a": BASE,
            "b": """extend type T @key(fields: "id") {
                id: ID! @external  x: Int @external @tag(name: "n")  y: Int @requires(fields: "x") }""",
        },
        ["MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL"],
    ),
}


@pytest.mark.parametrize(("subgraphs", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_federation_1_faults_are_refused(subgraphs: dict[str, str], expected: list[str]) -> None:
    """Upgrading does not hide what is wrong."""
    assert codes_1(**subgraphs) == expected

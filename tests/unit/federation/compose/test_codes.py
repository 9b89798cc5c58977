"""Every code of composition: an input that gives exactly it, where it is said to be, and how it is to be mended."""

from __future__ import annotations

import re

import pytest

from gateway.federation.compose import SubgraphSchema
from gateway.federation.errors import Problem
from gateway.federation.read_supergraph import load_supergraph
from gateway.planning.satisfiability import unsatisfiable_fields
from tests.unit.federation.compose.composing import compose, fed2, problems

Q = "type Query { q: Int }\n"
T = 'type T @key(fields: "id") { id: ID! '
FEDERATION = "https://specs.apollo.dev/federation"
FACE = 'interface I @key(fields: "id") { id: ID! } type A implements I @key(fields: "id") { id: ID! }'


def link(url: str, more: str = "") -> str:
    """A subgraph with one link of its own."""
    return f'extend schema @link(url: "{url}"{more}) type Query {{ q: Int }}'


# Code, then the subgraphs a, b, c, then "subgraph:line" of the problem. SDLs without a link get one in line 1.
CASES: list[tuple[str, tuple[str, ...], str]] = [
    ("INVALID_GRAPHQL", ("type Query { q: Nothing }",), "a:2"),
    ("NO_QUERIES", (T + "}",), ":0"),
    ("TYPE_DEFINITION_INVALID", (link(f"{FEDERATION}/v2.0") + " type federation__FieldSet { x: Int }",), "a:1"),
    ("ROOT_QUERY_USED", ("extend schema { query: Root } type Root { q: Int } type Query { x: Int }",), "a:2"),
    (
        "ROOT_MUTATION_USED",
        (f"extend schema {{ mutation: M }} {Q} type M {{ q: Int }} type Mutation {{ x: Int }}",),
        "a:3",
    ),
    (
        "ROOT_SUBSCRIPTION_USED",
        (f"extend schema {{ subscription: S }} {Q} type S {{ q: Int }} type Subscription {{ x: Int }}",),
        "a:3",
    ),
    ("TYPE_KIND_MISMATCH", (Q + "type X { y: Int }", "enum X { A }"), "a:3"),
    ("FIELD_TYPE_MISMATCH", (Q + "type X @shareable { y: Int }", "type X @shareable { y: ID }"), "a:3"),
    (
        "FIELD_ARGUMENT_TYPE_MISMATCH",
        (Q + "type X @shareable { y(n: Int): Int }", "type X @shareable { y(n: ID): Int }"),
        "a:3",
    ),
    (
        "FIELD_ARGUMENT_DEFAULT_MISMATCH",
        (Q + "type X @shareable { y(n: Int = 1): Int }", "type X @shareable { y(n: Int = 2): Int }"),
        "a:3",
    ),
    ("INPUT_FIELD_DEFAULT_MISMATCH", (Q + "input N { n: Int = 1 }", "input N { n: Int = 2 }"), "a:3"),
    (
        "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH",
        (Q + "type X @shareable { y(n: Int!): Int }", "type X @shareable { y: Int }"),
        "a:3",
    ),
    ("REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH", (Q + "input N { m: Int n: Int! }", "input N { m: Int }"), "a:3"),
    ("EMPTY_MERGED_INPUT_TYPE", (Q + "input N { m: Int }", "input N { n: Int }"), "a:3"),
    ("EMPTY_MERGED_ENUM_TYPE", ("type Query { q(e: E): Int } enum E { A }", "enum E { B }"), "a:2"),
    ("ENUM_VALUE_MISMATCH", ("type Query { q(e: E): E }\nenum E { A B }", "enum E { A }"), "a:3"),
    (
        "INTERFACE_FIELD_NO_IMPLEM",
        (Q + "interface I { x: Int } type A implements I @shareable { x: Int }", "interface I { y: Int }"),
        "a:3",
    ),
    ("INVALID_FIELD_SHARING", (Q + T + "x: Int }", T + "x: Int }"), "a:3"),
    ("INVALID_SHAREABLE_USAGE", (Q + "interface I { x: Int @shareable } type A implements I { x: Int }",), "a:3"),
    ("EXTENSION_WITH_NO_BASE", (Q + "extend type X { y: Int }",), "a:3"),
    ("KEY_INVALID_FIELDS", (Q + 'type X @key(fields: "no") { y: Int }',), "a:3"),
    ("KEY_INVALID_FIELDS_TYPE", (Q + 'type X @key(fields: ["y"]) { y: Int }',), "a:3"),
    ("KEY_FIELDS_HAS_ARGS", (Q + 'type X @key(fields: "y") { y(n: Int): Int }',), "a:3"),
    (
        "KEY_FIELDS_SELECT_INVALID_TYPE",
        (Q + 'type X @key(fields: "u { x }") { u: I } interface I { x: Int } type A implements I { x: Int }',),
        "a:3",
    ),
    ("KEY_DIRECTIVE_IN_FIELDS_ARG", (Q + 'type X @key(fields: "y @skip(if: true)") { y: Int }',), "a:3"),
    ("PROVIDES_INVALID_FIELDS", (f'type Query {{ t: T @provides(fields: "no") }}\n{T}}}',), "a:2"),
    ("PROVIDES_ON_NON_OBJECT_FIELD", ('type Query { t: Int @provides(fields: "no") }',), "a:2"),
    ("PROVIDES_FIELDS_MISSING_EXTERNAL", (f'type Query {{ t: T @provides(fields: "x") }}\n{T} x: Int }}',), "a:2"),
    (
        "PROVIDES_DIRECTIVE_IN_FIELDS_ARG",
        (f'type Query {{ t: T @provides(fields: "x @skip(if: true)") }}\n{T} x: Int @external }}', T + "x: Int }"),
        "a:2",
    ),
    (
        "PROVIDES_FIELDS_HAS_ARGS",
        (f'type Query {{ t: T @provides(fields: "x") }}\n{T} x(n: Int): Int @external }}', T + "x(n: Int): Int }"),
        "a:2",
    ),
    ("REQUIRES_INVALID_FIELDS", (Q + T + 'y: Int @requires(fields: "no") }',), "a:3"),
    ("REQUIRES_FIELDS_MISSING_EXTERNAL", (Q + T + 'x: Int y: Int @requires(fields: "x") }',), "a:3"),
    (
        "REQUIRES_DIRECTIVE_IN_FIELDS_ARG",
        (Q + T + 'x: Int @external y: Int @requires(fields: "x @skip(if: true)") }', T + "x: Int }"),
        "a:3",
    ),
    (
        "KEY_UNSUPPORTED_ON_INTERFACE",
        (link(f"{FEDERATION}/v2.0", ', import: ["@key"]') + ' interface I @key(fields: "x") { x: Int }',),
        "a:1",
    ),
    (
        "PROVIDES_UNSUPPORTED_ON_INTERFACE",
        (Q + 'interface I { t: T @provides(fields: "x") }\n' + T + "x: Int @external }", T + "x: Int }"),
        "a:3",
    ),
    (
        "REQUIRES_UNSUPPORTED_ON_INTERFACE",
        (Q + 'interface I { t: T y: Int @requires(fields: "t { x }") }\n' + T + "x: Int @external }", T + "x: Int }"),
        "a:3",
    ),
    ("EXTERNAL_UNUSED", (Q + T + "x: Int @external }", T + "x: Int }"), "a:3"),
    ("EXTERNAL_MISSING_ON_BASE", (Q + T + 'x: Int @external y: Int @requires(fields: "x") }',), "a:3"),
    ("EXTERNAL_ON_INTERFACE", (Q + FACE.replace("ID!", "ID! @external", 1),), "a:3"),
    ("EXTERNAL_TYPE_MISMATCH", (Q + T + "x: Int }", T + 'x: ID @external y: Int @requires(fields: "x") }'), "b:2"),
    (
        "EXTERNAL_ARGUMENT_MISSING",
        (Q + T + "x(n: Int): Int }", T + 'x: Int @external y: Int @requires(fields: "x") }'),
        "b:2",
    ),
    (
        "EXTERNAL_ARGUMENT_TYPE_MISMATCH",
        (Q + T + "x(n: Int): Int }", T + 'x(n: ID): Int @external y: Int @requires(fields: "x") }'),
        "b:2",
    ),
    (
        "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH",
        (Q + T + "x(n: Int = 1): Int }", T + 'x(n: Int = 2): Int @external y: Int @requires(fields: "x") }'),
        "b:2",
    ),
    (
        "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE",
        (
            Q + T + 'x: T @external @provides(fields: "z") z: Int @external y: Int @requires(fields: "x { id }") }',
            T + "x: T z: Int }",
        ),
        "a:3",
    ),
    (
        "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL",
        (Q + T + 'x: Int @external @tag(name: "t") y: Int @requires(fields: "x") }', T + "x: Int }"),
        "a:3",
    ),
    (
        "TYPE_WITH_ONLY_UNUSED_EXTERNAL",
        ("#1\ntype Query { q: X } extend type X { y: Int @external }", "#1\ntype X { y: Int }"),
        "a:2",
    ),
    ("OVERRIDE_FROM_SELF_ERROR", (Q + T + 'x: Int @override(from: "a") }',), "a:3"),
    (
        "OVERRIDE_SOURCE_HAS_OVERRIDE",
        (
            Q + T + "x: Int @shareable }",
            T + 'x: Int @shareable @override(from: "a") }',
            T + 'x: Int @shareable @override(from: "b") }',
        ),
        "c:2",
    ),
    (
        "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE",
        (Q + T + 'x: Int @external @override(from: "b") y: Int @requires(fields: "x") }', T + "x: Int }"),
        "a:3",
    ),
    (
        "OVERRIDE_ON_INTERFACE",
        (Q + 'interface I { x: Int @override(from: "b") } type A implements I { x: Int }', "type X { y: Int }"),
        "a:3",
    ),
    ("OVERRIDE_LABEL_INVALID", (Q + T + "x: Int }", T + 'x: Int @override(from: "a", label: "1") }'), "b:2"),
    ("INTERFACE_OBJECT_USAGE_ERROR", (Q + FACE, "type I @interfaceObject { x: Int }"), "b:2"),
    (
        "INTERFACE_KEY_NOT_ON_IMPLEMENTATION",
        (Q + 'interface I @key(fields: "id") { id: ID! } type A implements I { id: ID! }',),
        "a:3",
    ),
    (
        "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE",
        (
            Q + FACE,
            'interface I { id: ID! } type B implements I @key(fields: "id") { id: ID! }',
            'type I @interfaceObject @key(fields: "id") { id: ID! x: Int }',
        ),
        "a:3",
    ),
    ("REFERENCED_INACCESSIBLE", ("type Query { t: X } type X @inaccessible { y: Int }",), "a:2"),
    ("REQUIRED_INACCESSIBLE", ("type Query { t(n: Int! @inaccessible): Int }",), "a:2"),
    ("ONLY_INACCESSIBLE_CHILDREN", (Q + "type X { y: Int @inaccessible }",), "a:3"),
    (
        "IMPLEMENTED_BY_INACCESSIBLE",
        (Q + "interface I { x: Int } type A implements I { x: Int @inaccessible y: Int }",),
        "a:3",
    ),
    ("DEFAULT_VALUE_USES_INACCESSIBLE", ("type Query { t(e: E = B): Int } enum E { A B @inaccessible }",), "a:2"),
    ("QUERY_ROOT_TYPE_INACCESSIBLE", ("type Query @inaccessible { q: Int }",), "a:2"),
    ("INVALID_LINK_DIRECTIVE_USAGE", (link(f"{FEDERATION}/v2.0", ', import: ["@nothing"]'),), "a:1"),
    ("INVALID_LINK_IDENTIFIER", (link("nonsense"),), "a:1"),
    ("UNKNOWN_FEDERATION_LINK_VERSION", (link(f"{FEDERATION}/v2.99"),), "a:1"),
    (
        "DIRECTIVE_DEFINITION_INVALID",
        ("#1\ndirective @key(fields: String!, more: Int) on OBJECT type Query { q: Int }",),
        "a:2",
    ),
    (
        "DIRECTIVE_COMPOSITION_ERROR",
        (
            link(f"{FEDERATION}/v2.1", ', import: ["@composeDirective"]').replace(
                ") type", ') @composeDirective(name: "@q") type'
            ),
        ),
        "a:1",
    ),
    (
        "COST_APPLIED_TO_INTERFACE_FIELD",
        (Q + "interface I { x: Int @cost(weight: 1) } type A implements I { x: Int }",),
        "a:3",
    ),
    ("LIST_SIZE_APPLIED_TO_NON_LIST", ("type Query { q: Int @listSize(assumedSize: 1) }",), "a:2"),
    ("LIST_SIZE_INVALID_ASSUMED_SIZE", ("type Query { q: [Int] @listSize(assumedSize: -1) }",), "a:2"),
    ("LIST_SIZE_INVALID_SLICING_ARGUMENT", ('type Query { q: [Int] @listSize(slicingArguments: ["n"]) }',), "a:2"),
    (
        "LIST_SIZE_INVALID_SIZED_FIELD",
        ('type Query { q: V @listSize(sizedFields: ["n"]) } type V { m: [Int] }',),
        "a:2",
    ),
    (
        "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE",
        (Q + "interface I { x: Int @authenticated } type A implements I { x: Int }",),
        "a:3",
    ),
    (
        "SATISFIABILITY_ERROR",
        ("type Query { t: X } type X @shareable { y: Int }", "type X @shareable { y: Int z: Int }"),
        ":0",
    ),
    (
        "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES",
        (
            "type Query { u: U @shareable } union U = A type A { x: Int }",
            "type Query { u: U @shareable } union U = B type B { x: Int }",
        ),
        ":0",
    ),
]


def found_in(sdls: tuple[str, ...]) -> list[Problem]:
    """All that is wrong with the subgraphs a, b, c, satisfiability included."""
    schemas = [
        SubgraphSchema(name, sdl if sdl.startswith(("#1", "extend schema @link")) else fed2(sdl))
        for name, sdl in zip("abc", sdls, strict=False)
    ]
    return problems(schemas) or unsatisfiable_fields(load_supergraph(compose(schemas).supergraph_sdl))


@pytest.mark.parametrize(("code", "sdls", "place"), CASES, ids=[code for code, _, _ in CASES])
def test_each_code_has_its_fault(code: str, sdls: tuple[str, ...], place: str) -> None:
    """Nothing else is said; the place is in the subgraph's own SDL; a second sentence or clause says what to do."""
    found = found_in(sdls)
    assert {problem.code for problem in found} == {code}
    assert f"{found[0].subgraph}:{found[0].line}" == place
    assert (found[0].column > 0) == (found[0].line > 0)
    for problem in found if code != "INVALID_GRAPHQL" else ():  # graphql-core's own words
        assert re.search(r"[.:;,] (\w+ )*?(" + MENDING + r")\b", problem.message, re.IGNORECASE), problem.message


MENDING = (
    "add|remove|give|make|use|write|rename|define|mark|leave|keep|put|link|choose|hide|show|declare|name|say|import"
    "|import it|share|let|do|resolve|drop|spell|they|move|import them|is it"
)

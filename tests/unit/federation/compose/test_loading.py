"""Reading subgraph SDL: links and versions, names, roots, federation's own definitions, GraphQL validity."""

from __future__ import annotations

import pytest

from gateway.federation.compose import SubgraphSchema
from tests.unit.federation.compose.composing import annotations, codes_1, compose, composition_1, problems

SPEC = "https://specs.apollo.dev/federation"
ENTITY_KEY = '@join__type(graph: A, key: "id")'

ACCEPTED = {
    "imports": f"""
        extend schema @link(url: "{SPEC}/v2.3", import: ["@key", "@shareable"])
        type Query {{ t: T }}
        type T @key(fields: "id") {{ id: ID @shareable }}""",
    "renamed import": f"""
        extend schema @link(url: "{SPEC}/v2.3", import: [{{ name: "@key", as: "@pk" }}])
        type Query {{ t: T }}
        type T @pk(fields: "id") {{ id: ID }}""",
    "prefix": f"""
        extend schema @link(url: "{SPEC}/v2.0")
        type Query {{ t: T }}
        type T @federation__key(fields: "id") {{ id: ID @federation__shareable }}""",
    "namespace": f"""
        extend schema @link(url: "{SPEC}/v2.0", as: "fed")
        type Query {{ t: T }}
        type T @fed__key(fields: "id") {{ id: ID }}""",
    "link on the schema definition": f"""
        schema @link(url: "{SPEC}/v2.11", import: ["@key"]) {{ query: Query }}
        type Query {{ t: T }}
        type T @key(fields: "id") {{ id: ID }}""",
    "the link directive itself renamed": f"""
        schema
          @lk(url: "https://specs.apollo.dev/link/v1.0", as: "lk")
          @lk(url: "{SPEC}/v2.0", import: ["@key"]) {{ query: Query }}
        type Query {{ t: T }}
        type T @key(fields: "id") {{ id: ID }}""",
    "federation's definitions written out": f"""
        extend schema @link(url: "{SPEC}/v2.0", import: ["@key", "FieldSet"])
        directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
        directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
        scalar FieldSet
        scalar link__Import
        enum link__Purpose {{ SECURITY EXECUTION }}
        type Query {{ t: T }}
        type T @key(fields: "id") {{ id: ID }}""",
    "the text of _service": """
        directive @key(fields: _FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
        scalar _FieldSet
        scalar _Any
        union _Entity = T
        type _Service { sdl: String! }
        type Query { t: T _entities(representations: [_Any!]!): [_Entity]! _service: _Service! }
        type T @key(fields: "id") { id: ID }""",
    "Federation 1, definition with String": """
        directive @key(fields: String!) on OBJECT
        type Query { t: T }
        type T @key(fields: "id") { id: ID }""",
    "a renamed query root": f"""
        schema @link(url: "{SPEC}/v2.0", import: ["@key"]) {{ query: Root }}
        type Root {{ t: T again: Root }}
        type T @key(fields: "id") {{ id: ID }}""",
    "a specification that is not ours": f"""
        extend schema @link(url: "{SPEC}/v2.0", import: ["@key"]) @link(url: "https://x.test/q/v1.0", import: ["@q"])
        directive @q on OBJECT
        type Query {{ t: T }}
        type T @q @key(fields: "id") {{ id: ID }}""",
}


@pytest.mark.parametrize("sdl", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_every_way_of_naming_federation_is_understood(sdl: str) -> None:
    """The same entity, however its directives are linked and named; nothing of federation's own leaks out."""
    found = annotations(composition_1(a=sdl).supergraph_sdl)
    assert found["T"] == [ENTITY_KEY]
    assert set(found) - {"Query", "Query.t", "Query.again", "T", "T.id"} == set()


REFUSED = {
    "syntax": ("type Query { t: Int", ["INVALID_GRAPHQL"]),
    "unknown type": ("type Query { t: Nope }", ["INVALID_GRAPHQL"]),
    "unknown directive": ("type Query { t: Int @nope }", ["INVALID_GRAPHQL"]),
    "empty type": ("type Query { t: Int } type T", ["INVALID_GRAPHQL"]),
    "two definitions": ("type Query { t: Int } type T { x: Int } type T { y: Int }", ["INVALID_GRAPHQL"]),
    "field twice": ("type Query { t: Int } extend type Query { t: Int }", ["INVALID_GRAPHQL"]),
    "extension of another kind": ("type Query { t: T } enum T { A } extend type T { t: Int }", ["INVALID_GRAPHQL"]),
    "interface not satisfied": ("interface I { x: Int } type Query implements I { t: Int }", ["INVALID_GRAPHQL"]),
    "bad default": ('type Query { t(a: Int = "x"): Int }', ["INVALID_GRAPHQL"]),
    "an operation": ("type Query { t: Int } query Q { t }", ["INVALID_GRAPHQL"]),
    "missing root": ("schema { query: Nope } type T { x: Int }", ["INVALID_GRAPHQL"]),
    "Query is not the query": ("schema { query: Q } type Q { x: Int } type Query { y: Int }", ["ROOT_QUERY_USED"]),
    "Mutation is not the mutation": (
        "schema { query: Query mutation: M } type Query { x: Int } type M { y: Int } type Mutation { z: Int }",
        ["ROOT_MUTATION_USED"],
    ),
    "Subscription is not the subscription": (
        "schema { query: Query subscription: S } type Query { x: Int } type S { y: Int } type Subscription { z: Int }",
        ["ROOT_SUBSCRIPTION_USED"],
    ),
    "Federation 2 directive in Federation 1": ("type Query { t: Int @shareable }", ["INVALID_GRAPHQL"]),
    "directive not imported": (
        f'extend schema @link(url: "{SPEC}/v2.0", import: ["@shareable"]) type Query {{ t: T }} '
        'type T @key(fields: "x") { x: Int }',
        ["INVALID_GRAPHQL"],
    ),
    "unknown import": (
        f'extend schema @link(url: "{SPEC}/v2.0", import: ["@nope"]) type Query {{ t: Int }}',
        ["INVALID_LINK_DIRECTIVE_USAGE"],
    ),
    "import of a later version": (
        f'extend schema @link(url: "{SPEC}/v2.0", import: ["@interfaceObject"]) type Query {{ t: Int }}',
        ["INVALID_LINK_DIRECTIVE_USAGE"],
    ),
    "import without @": (
        f'extend schema @link(url: "{SPEC}/v2.0", import: ["key"]) type Query {{ t: Int }}',
        ["INVALID_LINK_DIRECTIVE_USAGE"],
    ),
    "renamed without @": (
        f'extend schema @link(url: "{SPEC}/v2.0", import: [{{ name: "@key", as: "k" }}]) type Query {{ t: Int }}',
        ["INVALID_LINK_DIRECTIVE_USAGE"],
    ),
    "an import object with another field": (
        f'extend schema @link(url: "{SPEC}/v2.0", import: [{{ name: "@key", to: "k" }}]) type Query {{ t: Int }}',
        ["INVALID_LINK_DIRECTIVE_USAGE"],
    ),
    "imports that are no list": (
        f'extend schema @link(url: "{SPEC}/v2.0", import: "@key") type Query {{ t: Int }}',
        ["INVALID_LINK_DIRECTIVE_USAGE"],
    ),
    "imports of numbers": (
        f'extend schema @link(url: "{SPEC}/v2.0", import: [1]) type Query {{ t: Int }}',
        ["INVALID_LINK_DIRECTIVE_USAGE"],
    ),
    "link without url": ("extend schema @link type Query { t: Int }", ["INVALID_LINK_DIRECTIVE_USAGE"]),
    "linked twice": (
        f'extend schema @link(url: "{SPEC}/v2.0") @link(url: "{SPEC}/v2.1") type Query {{ t: Int }}',
        ["INVALID_LINK_DIRECTIVE_USAGE"],
    ),
    "one name from two links": (
        f'extend schema @link(url: "{SPEC}/v2.0", import: ["@key"])'
        ' @link(url: "https://x.test/q/v1.0", import: ["@key"])'
        " type Query { t: Int }",
        ["INVALID_LINK_DIRECTIVE_USAGE"],
    ),
    "no URL": ('extend schema @link(url: "nonsense") type Query { t: Int }', ["INVALID_LINK_IDENTIFIER"]),
    "version 3": (
        f'extend schema @link(url: "{SPEC}/v3.0") type Query {{ t: Int }}',
        ["UNKNOWN_FEDERATION_LINK_VERSION"],
    ),
    "a minor version that is not known": (
        f'extend schema @link(url: "{SPEC}/v2.99") type Query {{ t: Int }}',
        ["UNKNOWN_FEDERATION_LINK_VERSION"],
    ),
    "version 1": (
        f'extend schema @link(url: "{SPEC}/v1.0") type Query {{ t: Int }}',
        ["UNKNOWN_FEDERATION_LINK_VERSION"],
    ),
    "definition without its argument": (
        'directive @key(what: String!) on OBJECT type Query { t: T } type T @key(what: "x") { x: Int }',
        ["DIRECTIVE_DEFINITION_INVALID", "DIRECTIVE_DEFINITION_INVALID"],
    ),
    "definition with another type": (
        "directive @key(fields: Int!) on OBJECT type Query { t: Int }",
        ["DIRECTIVE_DEFINITION_INVALID"],
    ),
    "definition on another place": (
        "directive @key(fields: String!) on OBJECT | SCALAR type Query { t: Int }",
        ["DIRECTIVE_DEFINITION_INVALID"],
    ),
    "definition repeatable": (
        "directive @requires(fields: String!) repeatable on FIELD_DEFINITION type Query { t: Int }",
        ["DIRECTIVE_DEFINITION_INVALID"],
    ),
    "federation's scalar is an object": (
        f'extend schema @link(url: "{SPEC}/v2.0") type Query {{ t: Int }} type federation__FieldSet {{ x: Int }}',
        ["TYPE_DEFINITION_INVALID"],
    ),
    "label before 2.7": (
        f'extend schema @link(url: "{SPEC}/v2.6", import: ["@override"])'
        ' type Query { t: Int @override(from: "b", label: "x") }',
        ["INVALID_GRAPHQL"],
    ),
}


@pytest.mark.parametrize(("sdl", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_sdl_that_cannot_be_read_is_refused(sdl: str, expected: list[str]) -> None:
    """Each fault has its code, and nothing else is reported with it."""
    assert codes_1(a=sdl) == expected


@pytest.mark.parametrize("name", ["", "_"])
def test_a_subgraph_needs_a_proper_name(name: str) -> None:
    """The empty name and `_` are refused."""
    assert [found.code for found in problems([SubgraphSchema(name, "type Query { t: Int }")])] == [
        "INVALID_SUBGRAPH_NAME"
    ]


def test_two_subgraphs_cannot_have_one_name() -> None:
    """The second of a name is refused; it is not taken for an update of the first."""
    sdl = "type Query { t: Int }"
    found = problems([SubgraphSchema("a", sdl), SubgraphSchema("a", sdl)])
    assert [problem.code for problem in found] == ["INVALID_SUBGRAPH_NAME"]


def test_without_a_link_the_caller_decides_the_version() -> None:
    """`federation=2` makes an SDL without @link Federation 2, so that sharing must be said; else it is Federation 1."""
    sdl = "type Query { v: V } type V { x: Int }"
    assert codes_1(a=sdl, b="type Query { w: V } type V { x: Int }") == []
    forced = [SubgraphSchema("a", sdl, federation=2), SubgraphSchema("b", "type Query { w: V } type V { x: Int }")]
    assert [problem.code for problem in problems(forced)] == ["INVALID_FIELD_SHARING"]


def test_a_forced_version_leaves_other_names_to_the_subgraph() -> None:
    """A subgraph without links may have a directive of its own that is called like a newer federation directive."""
    sdl = 'directive @cost(currency: String) on FIELD_DEFINITION type Query { x: Int @cost(currency: "EUR") }'
    assert "EUR" not in compose([SubgraphSchema("a", sdl, federation=2)]).supergraph_sdl


def test_problems_carry_subgraph_line_and_column() -> None:
    """The place is that of the element at fault, in the SDL as it was given."""
    sdl = "type Query {\n  t: Int\n}\n\n  type T {\n    x: Nope\n  }\n"
    (problem,) = problems([SubgraphSchema("orders", sdl)])
    assert (problem.subgraph, problem.line, problem.column) == ("orders", 6, 8)


def test_all_subgraphs_are_read_before_composition_stops() -> None:
    """One fault in each of three subgraphs: three problems, in one go."""
    found = problems([SubgraphSchema(name, "type Query { t: Nope }") for name in ("a", "b", "c")])
    assert [problem.subgraph for problem in found] == ["a", "b", "c"]

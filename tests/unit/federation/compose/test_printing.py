"""The supergraph as text: valid GraphQL, complete with definitions and links, deterministic."""

from __future__ import annotations

import pytest
from graphql import build_schema, validate_schema

from gateway.federation.compose import SubgraphSchema
from tests.unit.federation.compose.composing import compose, composition, composition_1, fed2
from tests.unit.federation.compose.test_worked_example import SUBGRAPHS

JOIN = [
    "directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA",
    "directive @join__graph(name: String!, url: String!) on ENUM_VALUE",
    "directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE",
    "directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION",
    "directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE",
]


def test_the_supergraph_is_a_valid_schema_with_all_its_definitions() -> None:
    """Every directive used is defined in it; nothing is left to the reader's knowledge."""
    supergraph = compose(SUBGRAPHS).supergraph_sdl
    assert validate_schema(build_schema(supergraph)) == []
    assert [line for line in JOIN if line not in supergraph.splitlines()] == []
    for name in ("join__type", "join__field", "join__directive"):
        assert f"directive @{name}(" in supergraph


def test_the_schema_links_what_it_uses() -> None:
    """link and join always; inaccessible, tag and the others only when they occur."""
    plain = composition(a="type Query { q: Int }").supergraph_sdl
    assert plain.startswith(
        "schema\n"
        '  @link(url: "https://specs.apollo.dev/link/v1.0")\n'
        '  @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)\n'
        "{\n  query: Query\n}\n"
    )
    assert "tag" not in plain


@pytest.mark.parametrize(
    ("mark", "link"),
    [
        ("@inaccessible", '@link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)'),
        ('@tag(name: "t")', '@link(url: "https://specs.apollo.dev/tag/v0.3")'),
        ("@authenticated", '@link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)'),
        (
            '@requiresScopes(scopes: [["a"]])',
            '@link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)',
        ),
        ('@policy(policies: [["a"]])', '@link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)'),
        ("@cost(weight: 1)", '@link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@listSize"])'),
        ("@listSize(assumedSize: 1)", '@link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@listSize"])'),
    ],
)
def test_carried_directives_are_linked_and_defined(mark: str, link: str) -> None:
    """A gateway that does not know a SECURITY specification can refuse the graph; it must be told."""
    supergraph = composition(a=f"type Query {{ q: [Int] {mark} r: Int }}").supergraph_sdl
    assert f"  {link}" in supergraph.splitlines()
    name = mark.removeprefix("@").split("(", maxsplit=1)[0]
    assert f"directive @{name}" in supergraph
    assert validate_schema(build_schema(supergraph)) == []


def test_a_directive_on_nothing_but_an_argument_is_linked() -> None:
    """Arguments, of fields and of executable directives, are looked at as well."""
    for sdl in (
        'type Query { q(a: Int @tag(name: "t")): Int }',
        'directive @d(a: Int @tag(name: "t")) on FIELD type Query { q: Int }',
        'enum E { A @tag(name: "t") } type Query { q: E }',
    ):
        assert "specs.apollo.dev/tag/" in composition(a=sdl).supergraph_sdl


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (["orders"], ["ORDERS"]),
        (["a-b", "a_b"], ["A_B_1", "A_B_2"]),
        (["1a", "é"], ["_1A", "_"]),
        (["x_1"], ["X_1_"]),
        (["A", "a"], ["A_1", "A_2"]),
        (["a_1_", "a_1"], ["A_1__1", "A_1__2"]),
    ],
)
def test_graph_ids_are_names_in_capitals(names: list[str], ids: list[str]) -> None:
    """Valid enum values, distinct whatever the names; the name itself stands beside."""
    subgraphs = [SubgraphSchema(name, f"type Query {{ f{index}: Int }}") for index, name in enumerate(names)]
    found = [line.split()[0] for line in compose(subgraphs).supergraph_sdl.splitlines() if "@join__graph(name" in line]
    assert [name for name in found if name != "directive"] == ids


def test_urls_and_names_are_quoted() -> None:
    """Whatever stands in them."""
    supergraph = compose([SubgraphSchema('a"b\\', "type Query { q: Int }", 'http://x/"')]).supergraph_sdl
    assert r'@join__graph(name: "a\"b\\", url: "http://x/\"")' in supergraph


@pytest.mark.parametrize(
    "text", ["plain", 'with "quotes"', "two\nlines", 'three """ quotes', "  indented\n    more", "back\\slash", "é"]
)
def test_descriptions_survive(text: str) -> None:
    """On types, fields and arguments: what was said is said."""
    quoted = text.replace('"""', '\\"""')
    described = f'"""\n{quoted}\n"""'
    sdl = f"type Query {{ {described} q({described} a: Int): Int }} {described} enum E {{ {described} A }}"
    own, merged = build_schema(sdl), build_schema(composition_1(a=sdl).supergraph_sdl)
    for schema in (own, merged):
        assert schema.query_type is not None
    query = merged.query_type.fields["q"]
    assert query.description == own.query_type.fields["q"].description
    assert query.args["a"].description == own.query_type.fields["q"].args["a"].description
    assert merged.type_map["E"].description == own.type_map["E"].description
    assert merged.type_map["E"].values["A"].description == own.type_map["E"].values["A"].description


def test_field_sets_are_written_in_one_form() -> None:
    """Braces, commas and line breaks of the subgraph's author do not reach the supergraph."""
    sdl = 'type Query { q: Int } type T @key(fields: """{ id,\n maker{id} }""") { id: ID! maker: M } type M { id: ID! }'
    assert '@join__type(graph: A, key: "id maker { id }")' in compose([SubgraphSchema("a", fed2(sdl))]).supergraph_sdl


def test_types_are_sorted_and_fields_are_not() -> None:
    """Types by name; fields in the order of their declaration, subgraph by subgraph."""
    supergraph = composition(
        b="type Query { z: Z } type Z @shareable { c: Int a: Int }", a="type Z @shareable { b: Int a: Int }"
    ).supergraph_sdl
    heads = [line.split()[1] for line in supergraph.splitlines() if line.startswith(("type ", "enum join__G"))]
    assert heads == ["join__Graph", "Query", "Z"]
    fields = supergraph[supergraph.index("type Z") :].splitlines()
    assert [line.split(":")[0].strip() for line in fields if line.startswith("  ") and "@join__type" not in line] == [
        "b",
        "a",
        "c",
    ]

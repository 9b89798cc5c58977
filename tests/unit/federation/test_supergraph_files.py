"""Which supergraph files are read, versions and renamed elements, and which are refused."""

from __future__ import annotations

import pytest

from gateway.federation.errors import SchemaError
from gateway.federation.read_supergraph import load_supergraph
from tests.unit.federation.reading import codes_of, item_field, keys_of
from tests.unit.supergraphs import load, supergraph_sdl


@pytest.mark.parametrize("join", ["0.2", "0.3", "0.4", "0.5"])
def test_every_supported_version_is_read(join: str):
    assert set(load("type Query @join__type(graph: A) { x: Int }", join=join).types) == {"Query"}


def test_unknown_arguments_of_join_directives_are_ignored():
    supergraph = item_field("name: String @join__field(graph: A, somethingNew: {deep: [1]})", join="0.5")
    assert list(supergraph.types["Item"].fields["name"].sources) == ["a"]


def test_join_directives_may_have_another_prefix():
    sdl = """
        schema @link(url: "https://specs.apollo.dev/join/v0.3", as: "fed", for: EXECUTION) { query: Query }
        enum fed__Graph { A @fed__graph(name: "a", url: "") B @fed__graph(name: "b", url: "") }
        type Query @fed__type(graph: A) @fed__type(graph: B) {
          x: Int @fed__field(graph: A) y: Int @fed__field(graph: B)
        }
        type join__Own @fed__type(graph: A) { x: Int }
    """
    supergraph = load_supergraph(sdl)
    assert {name: list(field.sources) for name, field in supergraph.types["Query"].fields.items()} == {
        "x": ["a"],
        "y": ["b"],
    }
    assert set(supergraph.types) == {"Query", "join__Own"}


def test_join_directives_may_be_imported_under_other_names():
    sdl = """
        schema
          @link(url: "https://specs.apollo.dev/join/v0.3", import: ["@graph", {name: "@type", as: "@lives"}])
        { query: Query }
        enum join__Graph { A @graph(name: "a", url: "") B @graph(name: "b", url: "") }
        type Query @lives(graph: A) { x: Int @join__field(graph: A) }
        type Item @lives(graph: B, key: "id") { id: ID }
    """
    supergraph = load_supergraph(sdl)
    assert keys_of(supergraph, "Item", "b") == [("id", True)]
    assert list(supergraph.types["Query"].fields["x"].sources) == ["a"]


# -- refusals ----------------------------------------------------------------------------------------------------------


def test_what_is_not_graphql_is_refused_with_its_position():
    with pytest.raises(SchemaError) as refused:
        load_supergraph("type Query {\n  a: Int\n  b!\n}")
    (problem,) = refused.value.problems
    assert (problem.code, problem.line, problem.column) == ("INVALID_GRAPHQL", 3, 4)


@pytest.mark.parametrize(
    ("sdl", "codes"),
    [
        ("type Query { a: Int }", ["UNSUPPORTED_SUPERGRAPH"]),
        (supergraph_sdl("type Query @join__type(graph: A) { a: Int }", join="0.1"), ["UNSUPPORTED_SUPERGRAPH"]),
        (supergraph_sdl("type Query @join__type(graph: A) { a: Int }", join="0.6"), ["UNSUPPORTED_SUPERGRAPH"]),
        (
            supergraph_sdl(
                "type Query @join__type(graph: A) { a: Int }",
                links='@link(url: "https://specs.apollo.dev/authenticated/v0.9", for: SECURITY)',
            ),
            ["UNSUPPORTED_LINKED_FEATURE"],
        ),
        (
            'schema @core(feature: "https://specs.apollo.dev/join/v0.1") { query: Query } type Query { a: Int }',
            ["UNSUPPORTED_SUPERGRAPH"],
        ),
        (
            'schema @link(url: "https://specs.apollo.dev/join/v0.3") { query: Query } type Query { a: Int }',
            ["UNSUPPORTED_SUPERGRAPH"],
        ),
    ],
)
def test_a_file_that_cannot_be_served_is_refused(sdl: str, codes: list[str]):
    assert codes_of(sdl) == codes


@pytest.mark.parametrize(
    "types",
    [
        "type Query @join__type(graph: NOBODY) { a: Int }",
        "type Query @join__type { a: Int }",
        'type Query @join__type(graph: A) { a: Int @join__field(graph: A, type: "[[") }',
        'type Query @join__type(graph: A) { a: Int @join__field(graph: A, requires: "b {") }',
        'type Query @join__type(graph: A) { a: Int @join__field(graph: A, provides: "...F") }',
        'type Query @join__type(graph: A) { a: T } type T @join__type(graph: A, key: "id {") { id: ID }',
        'type Query @join__type(graph: A) { a: T } type T @join__type(graph: A, key: "...F") { id: ID }',
        'type Query @join__type(graph: A) { a: T } type T @join__type(graph: A, key: "") { id: ID }',
        'type Query @join__type(graph: A) { a: T } type T @join__type(graph: A, key: "{ }") { id: ID }',
        "type Query @join__type(graph: A) { a: T } type T @join__type(graph: A, key: 3) { id: ID }",
        "type Query @join__type(graph: A) { a: T } type T @join__type(graph: A) @join__implements(graph: A) { id: ID }",
        "type Query @join__type(graph: A) { a: U } union U @join__unionMember(graph: A) = Query",
    ],
)
def test_a_join_directive_that_cannot_be_read_is_refused(types: str):
    assert codes_of(supergraph_sdl(types, graphs=("a",))) == ["UNSUPPORTED_SUPERGRAPH"]


def test_a_subgraph_without_a_name_is_refused():
    sdl = """
        schema @link(url: "https://specs.apollo.dev/join/v0.3") { query: Query }
        enum join__Graph { A @join__graph(url: "http://a.test") }
        type Query @join__type(graph: A) { x: Int }
    """
    assert codes_of(sdl) == ["UNSUPPORTED_SUPERGRAPH"]

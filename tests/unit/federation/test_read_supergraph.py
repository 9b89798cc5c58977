"""Supergraph SDL -> model: graphs, types, fields, interfaces and unions."""

from __future__ import annotations

import pytest
from graphql import print_ast

from gateway.federation.read_supergraph import load_supergraph
from gateway.federation.selection import print_selections
from gateway.federation.supergraph import Graph, Kind
from tests.unit.federation.reading import item_field, keys_of
from tests.unit.supergraphs import FILMS, INACCESSIBLE, load, supergraph_sdl


def test_subgraphs_have_their_own_names_and_urls_in_the_files_order():
    sdl = """
        schema @link(url: "https://specs.apollo.dev/join/v0.3") { query: Query }
        enum join__Graph {
          SHOP_B @join__graph(name: "shop-b", url: "http://b.test/graphql")
          A @join__graph(name: "a", url: "")
        }
        extend enum join__Graph { C @join__graph(name: "c") }
        type Query @join__type(graph: SHOP_B) @join__type(graph: A) @join__type(graph: C) { x: Int }
    """
    graphs = load_supergraph(sdl).graphs
    assert list(graphs.items()) == [
        ("shop-b", Graph("shop-b", "http://b.test/graphql")),
        ("a", Graph("a", "")),
        ("c", Graph("c", "")),
    ]


def test_every_kind_of_type_is_known_and_the_machinery_is_not():
    supergraph = load(
        """
        scalar Date @join__type(graph: A)
        enum Unit @join__type(graph: A) { KG }
        input Filter @join__type(graph: A) { unit: Unit }
        interface Node @join__type(graph: A) { id: ID! }
        type Item implements Node @join__implements(graph: A, interface: "Node") @join__type(graph: A) { id: ID! }
        union Any @join__type(graph: A) @join__unionMember(graph: A, member: "Item") = Item
        type Query @join__type(graph: A) { any(by: Filter): Any date: Date node: Node }
        scalar link__Import
        enum link__Purpose { SECURITY EXECUTION }
        """
    )
    assert {name: definition.kind for name, definition in supergraph.types.items()} == {
        "Date": Kind.SCALAR,
        "Unit": Kind.ENUM,
        "Filter": Kind.INPUT,
        "Node": Kind.INTERFACE,
        "Item": Kind.OBJECT,
        "Any": Kind.UNION,
        "Query": Kind.OBJECT,
    }
    assert [kind for kind in Kind if kind.is_composite] == [Kind.OBJECT, Kind.INTERFACE, Kind.UNION]


def test_each_join_type_with_a_key_adds_a_key():
    supergraph = load(
        """
        type Query @join__type(graph: A) { item: Item }
        type Item
          @join__type(graph: A, key: "id") @join__type(graph: A, key: "owner { id } sku", resolvable: false)
          @join__type(graph: B, key: "sku", extension: true) @join__type(graph: C) {
          id: ID! sku: ID owner: Item
        }
        """
    )
    assert keys_of(supergraph, "Item", "a") == [("id", True), ("owner { id } sku", False)]
    assert keys_of(supergraph, "Item", "b") == [("sku", True)]
    assert keys_of(supergraph, "Item", "c") == []
    assert list(supergraph.types["Item"].sources) == ["a", "b", "c"]


def test_roots_are_those_of_the_schema_definition():
    assert load("type Query @join__type(graph: A) { x: Int }").roots == {"query": "Query"}
    supergraph = load(
        "type Q @join__type(graph: A) { x: Int } type M @join__type(graph: A) { y: Int }"
        " type Mutation @join__type(graph: A) { z: Int }",
        roots="query: Q mutation: M",
    )
    assert supergraph.roots == {"query": "Q", "mutation": "M"}


def test_roots_have_their_usual_names_without_a_schema_definition():
    sdl = """
        extend schema @link(url: "https://specs.apollo.dev/join/v0.3")
        enum join__Graph { A @join__graph(name: "a", url: "") }
        type Query @join__type(graph: A) { x: Int }
        type Mutation @join__type(graph: A) { y: Int }
    """
    assert load_supergraph(sdl).roots == {"query": "Query", "mutation": "Mutation"}


def test_the_text_of_the_file_is_kept():
    sdl = supergraph_sdl("type Query @join__type(graph: A) { x: Int }")
    assert load_supergraph(sdl).sdl == sdl


# -- fields ------------------------------------------------------------------------------------------------------------


def test_a_field_without_join_field_is_plain_wherever_the_type_is():
    field = item_field("name: [String!]").types["Item"].fields["name"]
    assert list(field.sources) == ["a", "b"]
    assert {print_ast(source.type) for source in field.sources.values()} == {"[String!]"}
    assert field.named == "String"
    assert not any(source.external for source in field.sources.values())


def test_a_field_with_join_field_is_in_exactly_those_subgraphs():
    assert list(item_field("name: String @join__field(graph: B)").types["Item"].fields["name"].sources) == ["b"]


def test_a_join_field_without_graph_is_in_no_subgraph_itself():
    """It reaches the type through an interface object of one of its interfaces."""
    assert item_field("name: String @join__field").types["Item"].fields["name"].sources == {}


@pytest.mark.parametrize(
    ("arguments", "is_external"),
    [
        ("", False),
        ("external: true", True),
        ("external: false", False),
        ("usedOverridden: true", True),
        ("usedOverridden: false", False),
        ('override: "b"', False),
        ('override: "b", overrideLabel: "percent(10)"', True),
        ('overrideLabel: "percent(10)"', False),
        ('usedOverridden: true, overrideLabel: "percent(10)"', False),
        ('requires: "other"', False),
    ],
)
def test_what_a_subgraph_declares_without_serving_it_is_external(arguments: str, is_external: bool):
    """An overridden field that is still used as a key is not served. A labelled override is off, so the old owner
    serves and the new one does not."""
    supergraph = item_field(f"name: String @join__field(graph: A, {arguments})", join="0.4")
    source = supergraph.source("Item", "name", "a")
    assert source is not None
    assert source.external is is_external


def test_override_and_label_are_kept():
    source = item_field(
        'name: String @join__field(graph: A, override: "b", overrideLabel: "beta") @join__field(graph: B)', join="0.4"
    ).source("Item", "name", "a")
    assert source is not None
    assert (source.override, source.override_label) == ("b", "beta")


def test_a_field_has_its_own_type_in_each_subgraph():
    supergraph = load(
        """
        type Query @join__type(graph: A) @join__type(graph: B) {
          found: Any @join__field(graph: A, type: "[Item!]!") @join__field(graph: B)
        }
        type Item @join__type(graph: A) @join__type(graph: B) { id: ID }
        type Other @join__type(graph: B) { id: ID }
        union Any
          @join__type(graph: B)
          @join__unionMember(graph: B, member: "Item") @join__unionMember(graph: B, member: "Other") = Item | Other
        """
    )
    narrow, wide = supergraph.source("Query", "found", "a"), supergraph.source("Query", "found", "b")
    assert narrow is not None
    assert wide is not None
    assert (print_ast(narrow.type), narrow.named) == ("[Item!]!", "Item")
    assert (print_ast(wide.type), wide.named) == ("Any", "Any")
    assert supergraph.types["Query"].fields["found"].named == "Any"


def test_requires_and_provides_are_read_as_field_sets():
    supergraph = item_field(
        """
        weight(unit: String): Int @join__field(graph: A) @join__field(graph: B, external: true)
        cost: Int @join__field(graph: B, requires: "weight(unit: \\"KG\\") other")
        twin: Item @join__field(graph: A, provides: "other twin { other }")
        """
    )
    cost, twin = supergraph.source("Item", "cost", "b"), supergraph.source("Item", "twin", "a")
    assert cost is not None
    assert twin is not None
    assert print_selections(cost.requires) == 'weight(unit: "KG") other'
    assert print_selections(twin.provides) == "other twin { other }"


def test_keys_of_required_fields_with_arguments_are_kept_for_operations():
    supergraph = item_field('cost: Int @join__field(graph: B, requires: "weight(unit: \\"KG\\")") weight__1: Int')
    assert supergraph.requirement_keys == {("weight", 'unit: "KG"'): "weight__2"}


def test_arguments_and_their_types_are_known():
    field = item_field("price(currency: String!, at: [Int]): Int").types["Item"].fields["price"]
    assert {name: print_ast(type_) for name, type_ in field.arguments.items()} == {"currency": "String!", "at": "[Int]"}


def test_lookups_are_known_by_subgraph():
    supergraph = load(
        """
        type Query @join__type(graph: A) @join__type(graph: B) @join__type(graph: C) {
          item(id: ID!): Int @join__directive(graphs: [A, C], name: "lookup")
          tagged: Int @join__directive(graphs: [A], name: "other")
          plain: Int
        }
        """,
        join="0.4",
    )
    fields = supergraph.types["Query"].fields
    assert fields["item"].lookup_in == {"a", "c"}
    assert fields["tagged"].lookup_in == fields["plain"].lookup_in == frozenset()


# -- interfaces, unions, interface objects -----------------------------------------------------------------------------

ABSTRACT = """
type Query @join__type(graph: A) @join__type(graph: B) { node: Node any: Any }
interface Node @join__type(graph: A) @join__type(graph: B) { id: ID }
type X implements Node
  @join__implements(graph: A, interface: "Node") @join__type(graph: A) @join__type(graph: B) { id: ID }
type Y implements Node
  @join__implements(graph: A, interface: "Node") @join__implements(graph: B, interface: "Node")
  @join__type(graph: A) @join__type(graph: B) { id: ID }
"""


def test_implementations_are_known_per_subgraph():
    types = load(ABSTRACT + "union Any @join__type(graph: A) = X | Y").types
    assert types["X"].interfaces == {"a": frozenset({"Node"})}
    assert types["Y"].interfaces == {"a": frozenset({"Node"}), "b": frozenset({"Node"})}


def test_interfaces_have_fields_and_interfaces_like_objects():
    types = load(
        """
        type Query @join__type(graph: A) { sub: Sub }
        interface Node @join__type(graph: A) @join__type(graph: B) { id: ID }
        interface Sub implements Node @join__implements(graph: B, interface: "Node")
          @join__type(graph: A) @join__type(graph: B) { id: ID x: Int @join__field(graph: B) }
        """
    ).types
    assert {name: list(field.sources) for name, field in types["Sub"].fields.items()} == {"id": ["a", "b"], "x": ["b"]}
    assert types["Sub"].interfaces == {"b": frozenset({"Node"})}


def test_union_members_are_known_per_subgraph():
    members = """
    union Any @join__type(graph: A) @join__type(graph: B)
      @join__unionMember(graph: A, member: "X") @join__unionMember(graph: A, member: "Y")
      @join__unionMember(graph: B, member: "Y") = X | Y
    """
    assert load(ABSTRACT + members).types["Any"].members == {"a": frozenset({"X", "Y"}), "b": frozenset({"Y"})}


def test_in_join_0_2_every_subgraph_knows_every_member_and_value():
    supergraph = load(
        ABSTRACT + "union Any @join__type(graph: A) @join__type(graph: B) = X | Y"
        " enum Unit @join__type(graph: A) @join__type(graph: B) { KG LB }",
        join="0.2",
    )
    assert supergraph.types["Any"].members == {"a": frozenset({"X", "Y"}), "b": frozenset({"X", "Y"})}
    assert set(supergraph.types["Unit"].sources) == {"a", "b"}


def test_an_interface_object_is_known_where_it_is_one():
    supergraph = load(FILMS, links=INACCESSIBLE)
    assert supergraph.is_interface_object("Item", "ratings")
    assert not supergraph.is_interface_object("Item", "catalog")
    assert not supergraph.is_interface_object("Item", "people")
    assert keys_of(supergraph, "Item", "ratings") == [("id", True)]


def test_an_interface_object_with_several_keys_is_one_for_all():
    supergraph = load(
        """
        type Query @join__type(graph: A) { item: Item }
        interface Item
          @join__type(graph: A, key: "id", isInterfaceObject: true) @join__type(graph: A, key: "sku") { id: ID sku: ID }
        """
    )
    assert supergraph.is_interface_object("Item", "a")
    assert len(keys_of(supergraph, "Item", "a")) == 2

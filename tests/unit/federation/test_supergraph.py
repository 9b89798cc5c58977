"""The model's derived look-ups: possible types and entries."""

from __future__ import annotations

import pytest

from gateway.federation.selection import print_selections
from gateway.federation.supergraph import Kind, Supergraph
from tests.unit.supergraphs import films, load

ABSTRACT = load(
    """
    type Query @join__type(graph: A) @join__type(graph: B) @join__type(graph: C) { node: Node any: Any }
    interface Node @join__type(graph: A) @join__type(graph: B) @join__type(graph: C, key: "id", isInterfaceObject: true)
      { id: ID }
    type X implements Node
      @join__implements(graph: A, interface: "Node")
      @join__type(graph: A) @join__type(graph: B) { id: ID }
    type Y implements Node
      @join__implements(graph: A, interface: "Node") @join__implements(graph: B, interface: "Node")
      @join__type(graph: A) @join__type(graph: B) { id: ID }
    interface Lonely @join__type(graph: A) { id: ID }
    interface Sub implements Node
      @join__implements(graph: A, interface: "Node") @join__type(graph: A) { id: ID }
    union Any @join__type(graph: A) @join__type(graph: B)
      @join__unionMember(graph: A, member: "X") @join__unionMember(graph: B, member: "Y") = X | Y
    """
)


@pytest.mark.parametrize(
    ("type_name", "graph", "possible"),
    [
        ("Node", "a", {"X", "Y"}),
        ("Node", "b", {"Y"}),
        ("Node", "c", {"Node"}),
        ("Any", "a", {"X"}),
        ("Any", "b", {"Y"}),
        ("Any", "c", set()),
        ("X", "a", {"X"}),
        ("X", "c", set()),
        ("Lonely", "a", set()),
        ("Lonely", "b", set()),
        ("Sub", "a", set()),
    ],
)
def test_possible_types_are_those_of_one_subgraph(type_name: str, graph: str, possible: set[str]):
    """An interface object is its own runtime type; a subgraph without the type knows none."""
    assert ABSTRACT.possible(type_name, graph) == possible
    assert ABSTRACT.possible(type_name, graph) is ABSTRACT.possible(type_name, graph)


@pytest.mark.parametrize(
    ("type_name", "possible"),
    [("Node", {"X", "Y"}), ("Any", {"X", "Y"}), ("X", {"X"}), ("Lonely", set())],
)
def test_possible_types_anywhere_are_object_types_of_all_subgraphs(type_name: str, possible: set[str]):
    """Never the interface itself, although a subgraph knows it as an object."""
    assert ABSTRACT.possible_anywhere(type_name) == possible


def entries(supergraph: Supergraph, type_name: str) -> list[tuple[str, str, list[str]]]:
    """(subgraph, as which type, keys) of each entry."""
    return [
        (entry.graph, entry.as_type, [print_selections(key) for key in entry.keys])
        for entry in supergraph.entries(type_name)
    ]


ENTITIES = load(
    """
    type Query @join__type(graph: A) @join__type(graph: C) { item: Item }
    type Mutation @join__type(graph: B) { do: Int }
    type Item
      @join__type(graph: A, key: "id") @join__type(graph: A, key: "sku owner { id }")
      @join__type(graph: B, key: "id", resolvable: false) @join__type(graph: B, key: "sku")
      @join__type(graph: C, key: "id", resolvable: false)
      @join__type(graph: D) { id: ID sku: ID owner: Item }
    type Value @join__type(graph: A) @join__type(graph: B) { x: Int }
    """,
    roots="query: Query mutation: Mutation",
)


def test_an_entry_holds_the_resolvable_keys_of_one_subgraph():
    assert entries(ENTITIES, "Item") == [("a", "Item", ["id", "sku owner { id }"]), ("b", "Item", ["sku"])]


def test_a_type_without_keys_cannot_be_entered():
    assert entries(ENTITIES, "Value") == []


def test_a_root_type_is_entered_without_a_key_wherever_it_is():
    assert entries(ENTITIES, "Query") == [("a", "Query", [""]), ("c", "Query", [""])]
    assert entries(ENTITIES, "Mutation") == [("b", "Mutation", [""])]


def test_an_object_can_be_entered_through_an_interface_object():
    assert entries(films(), "Film") == [
        ("catalog", "Film", ["id"]),
        ("stock", "Film", ["id"]),
        ("ratings", "Item", ["id"]),
    ]


def test_an_interface_itself_is_entered_wherever_it_has_a_key():
    assert entries(films(), "Item") == [("catalog", "Item", ["id"]), ("ratings", "Item", ["id"])]


def test_an_interface_with_a_key_that_is_no_interface_object_is_no_entry_of_its_objects():
    assert all(as_type != "Item" or graph == "ratings" for graph, as_type, _ in entries(films(), "Album"))


def test_fields_and_their_sources_are_found_or_not():
    supergraph = films()
    field = supergraph.field("Film", "title")
    assert field is not None
    assert supergraph.source("Film", "title", "catalog") is field.sources["catalog"]
    assert supergraph.source("Film", "title", "stock") is None
    assert supergraph.source("Film", "nothing", "catalog") is None
    assert supergraph.field("Film", "nothing") is None
    assert supergraph.field("Nothing", "title") is None


def test_kinds_and_roots_are_told_apart():
    supergraph = films()
    assert [supergraph.kind(name) for name in ("Item", "Film", "Unit")] == [Kind.INTERFACE, Kind.OBJECT, Kind.ENUM]
    assert supergraph.is_root("Query")
    assert not supergraph.is_root("Film")


def test_every_field_name_is_known_hidden_ones_too():
    assert {"secret", "weight", "search", "born"} <= films().field_names
    assert "Film" not in films().field_names

"""What a source can read: external, provided, requiring fields, and what lies below."""

from __future__ import annotations

import pytest

from gateway.federation.selection import Field, InternalKeys, Selections, parse_field_set, print_selections
from gateway.planning.reader import Reader
from gateway.planning.solution import Source
from tests.unit.supergraphs import films, load

GRAPH = load(
    """
    type Query @join__type(graph: A) { item: Item @join__field(graph: A, provides: "price owner { name }") }
    type Item @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
      id: ID
      price(in: String): Int @join__field(graph: A, external: true) @join__field(graph: B)
      tax: Int @join__field(graph: A, requires: "price") @join__field(graph: B, external: true)
      net: Int @join__field(graph: A, requires: "price owner { name }")
      owner: Owner @join__field(graph: A, provides: "id") @join__field(graph: B)
      media: Media @join__field(graph: A)
    }
    type Owner @join__type(graph: A) @join__type(graph: B) {
      id: ID @join__field(graph: A, external: true) @join__field(graph: B)
      name: String @join__field(graph: A, external: true) @join__field(graph: B)
    }
    interface Media @join__type(graph: A) { id: ID title: String }
    type Film implements Media @join__implements(graph: A, interface: "Media") @join__type(graph: A)
      { id: ID title: String @join__field(graph: A, external: true) @join__field(graph: B) }
    type Book implements Media @join__implements(graph: A, interface: "Media") @join__type(graph: A)
      { id: ID title: String }
    """
)
READER = Reader(GRAPH)
KEYS = InternalKeys(GRAPH.field_names, GRAPH.requirement_keys)


def view(text: str) -> Selections:
    return parse_field_set(text, KEYS) if text else ()


def field(text: str) -> Field:
    (found,) = view(text)
    assert isinstance(found, Field)
    return found


@pytest.mark.parametrize(
    ("graph", "seen", "wanted", "expected"),
    [
        ("a", "", "id", True),
        ("b", "", "id", True),
        ("c", "", "id", False),
        ("a", "", "price", False),
        ("b", "", "price", True),
        ("a", "price", "price", True),
        ("a", "owner { name }", "price", False),
        ("a", "... on Item { price }", "price", True),
        ("a", "... on Film { id }", "price", False),
        # Provided without an argument is not provided with one.
        ("a", "price", 'price(in: "EUR")', False),
        ("a", 'price(in: "EUR")', 'price(in: "EUR")', True),
        # A field that requires others is readable only where all of them are in view.
        ("a", "", "tax", False),
        ("a", "price", "tax", True),
        ("a", "price", "net", False),
        ("a", "price owner { name }", "net", True),
        ("b", "", "tax", False),
        ("b", "", "media", False),
    ],
)
def test_a_source_reads_what_it_serves_and_what_is_in_view(graph: str, seen: str, wanted: str, expected: bool):
    info = READER.read(Source(graph, "Item", view(seen)), "Item", field(wanted))
    assert (info is not None) is expected
    if info is not None:
        assert info is GRAPH.source("Item", field(wanted).name, graph)


@pytest.mark.parametrize(
    ("graph", "seen", "wanted", "named", "view_below"),
    [
        ("a", "", "owner { id }", "Owner", "id"),
        ("b", "", "owner { id }", "Owner", ""),
        ("a", "owner { name }", "owner { id }", "Owner", "id name"),
        ("a", "... on Item { owner { name } }", "owner { id }", "Owner", "id name"),
        ("a", "price", "media { id }", "Media", ""),
    ],
)
def test_below_a_field_both_views_are_in_force(graph: str, seen: str, wanted: str, named: str, view_below: str):
    """That of the way here, and what the field itself provides."""
    below = READER.below(Source(graph, "Item", view(seen)), "Item", field(wanted))
    assert (below[0], print_selections(below[1])) == (named, view_below)


def test_below_has_the_type_of_that_subgraph():
    graph = load(
        """
        type Query @join__type(graph: A) @join__type(graph: B) {
          any: Any @join__field(graph: A, type: "Item") @join__field(graph: B)
        }
        type Item @join__type(graph: A) @join__type(graph: B) { id: ID }
        union Any @join__type(graph: B) @join__unionMember(graph: B, member: "Item") = Item
        """
    )
    reader = Reader(graph)
    assert reader.below(Source("a", "Query"), "Query", field("any { x }"))[0] == "Item"
    assert reader.below(Source("b", "Query"), "Query", field("any { x }"))[0] == "Any"


def test_fields_are_those_of_one_type_without_meta_fields():
    selections = view("__typename id ... on Film { title __schema { x } } ... on Book { extra: id }")
    assert [f.key for f in READER.fields(selections, "Film")] == ["id", "title"]
    assert [f.key for f in READER.fields(selections, "Book")] == ["id"]
    assert READER.fields(selections, "Film") is READER.fields(selections, "Film")


@pytest.mark.parametrize(("wanted", "expected"), [("id", True), ("title", False)])
def test_a_real_interface_is_read_only_where_all_its_types_can_be(wanted: str, expected: bool):
    assert (READER.read(Source("a", "Media"), "Media", field(wanted)) is not None) is expected


FILMS = films()
FILMS_READER = Reader(FILMS)


def test_objects_are_opaque_where_their_type_is_an_interface_object():
    assert FILMS_READER.is_opaque(Source("ratings", "Item"))
    assert not FILMS_READER.is_opaque(Source("catalog", "Item"))
    assert not FILMS_READER.is_opaque(Source("catalog", "Film"))


@pytest.mark.parametrize(
    ("type_name", "wanted", "expected"),
    [
        ("Film", "stars", True),
        ("Film", "id", True),
        ("Item", "stars", True),
        # Film has a title of its own: the interface object would not be asked even if it had one.
        ("Film", "title", False),
        ("Item", "title", False),
    ],
)
def test_an_interface_object_gives_a_type_what_that_type_does_not_define_itself(
    type_name: str, wanted: str, expected: bool
):
    found = FILMS_READER.read(Source("ratings", "Item"), type_name, field(wanted))
    assert (found is not None) is expected


def test_a_concrete_types_own_field_wins_over_the_interface_objects():
    graph = load(
        """
        type Query @join__type(graph: A) { item: Item @join__field(graph: A) }
        interface Item @join__type(graph: A, key: "id") @join__type(graph: B, key: "id", isInterfaceObject: true) {
          id: ID! stars: Int @join__field(graph: B)
        }
        type Film implements Item @join__implements(graph: A, interface: "Item") @join__type(graph: A, key: "id") {
          id: ID! stars: Int @join__field(graph: A)
        }
        type Book implements Item @join__implements(graph: A, interface: "Item") @join__type(graph: A, key: "id") {
          id: ID! stars: Int @join__field
        }
        type Disc implements Item @join__implements(graph: A, interface: "Item") @join__type(graph: A, key: "id") {
          id: ID! stars: Int @join__field(graph: A, external: true)
        }
        """
    )
    reader = Reader(graph)
    assert reader.read(Source("b", "Item"), "Disc", field("stars")) is not None, "declared external is not defined"
    assert reader.read(Source("b", "Item"), "Film", field("stars")) is None
    assert reader.read(Source("b", "Item"), "Book", field("stars")) is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id stars", False),
        ("id __typename", True),
        ("... on Film { id }", True),
        ("... on Item { id }", False),
        ("... on Item { __typename }", True),
        ("... on Item { ... on Film { id } }", True),
    ],
)
def test_the_type_is_needed_for_its_name_and_for_narrower_fragments(text: str, expected: bool):
    assert FILMS_READER.needs_type(view(text), "Item") is expected

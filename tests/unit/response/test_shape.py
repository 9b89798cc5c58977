"""The shape of an answer: what the API schema lets a client see, in the client's words."""

from __future__ import annotations

import pytest
from graphql import GraphQLObjectType

from gateway.response.shape import is_list, is_non_null
from tests.unit.response.shaping import shape_of
from tests.unit.supergraphs import INACCESSIBLE, load

GRAPH = load(
    """
    type Query @join__type(graph: A) { film: Film! node: Node any: [Any] count: Int price(c: String): Int }
    interface Node @join__type(graph: A) { id: ID! color: Color }
    type Film implements Node @join__implements(graph: A, interface: "Node") @join__type(graph: A)
      { id: ID! color: Color title: String! price(c: String): Int tags: [String!] }
    type Book implements Node @join__implements(graph: A, interface: "Node") @join__type(graph: A)
      { id: ID! color: Color pages: Int }
    type Loose @join__type(graph: A) { id: ID! }
    type Secret implements Node @inaccessible @join__implements(graph: A, interface: "Node") @join__type(graph: A)
      { id: ID! color: Color }
    union Any @join__type(graph: A)
      @join__unionMember(graph: A, member: "Film") @join__unionMember(graph: A, member: "Loose") = Film | Loose
    enum Color @join__type(graph: A) { RED INFRARED @inaccessible }
    """,
    links=INACCESSIBLE,
)


def field_of(text: str, key: str):
    (found,) = (f for f in shape_of(text, GRAPH).fields("Query") or () if f.response_key == key)
    return found


def test_a_field_has_the_clients_name_and_the_gateways_key():
    shape = shape_of('{ x: count price(c: "a") p: price(c: "b") count }', GRAPH)
    fields = shape.fields("Query")
    assert fields is not None
    assert [(field.response_key, field.key) for field in fields] == [
        ("x", "count"), ("price", "price__1"), ("p", "price__2"), ("count", "count")
    ]  # fmt: skip


def test_types_are_those_of_the_api_schema():
    field = field_of("{ film { title } }", "film")
    assert is_non_null(field.type)
    assert isinstance(field.type.of_type, GraphQLObjectType)
    assert is_list(field_of("{ any { ... on Film { id } } }", "any").type)
    assert not is_list(field.type)
    assert not is_non_null(field_of("{ count }", "count").type)


def test_enums_know_the_values_that_clients_may_see():
    below = field_of("{ film { color } }", "film").below
    assert below is not None
    fields = below.fields("Film")
    assert fields is not None
    assert fields[0].values == {"RED"}


def test_leaves_have_nothing_below_and_objects_do():
    assert field_of("{ count }", "count").below is None
    below = field_of("{ film { id } }", "film").below
    assert below is not None
    assert (below.declared, below.is_abstract) == ("Film", False)
    assert field_of("{ node { id } }", "node").below.is_abstract


def test_meta_fields_are_marked():
    fields = shape_of("{ t: __typename __schema { description } count }", GRAPH).fields("Query")
    assert fields is not None
    assert [(field.response_key, field.meta) for field in fields] == [
        ("t", "typename"), ("__schema", "introspection"), ("count", "")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "key", "type_name", "expected"),
    [
        ("{ node { id ... on Film { title } ... on Book { pages } } }", "node", "Film", ["id", "title"]),
        ("{ node { id ... on Film { title } ... on Book { pages } } }", "node", "Book", ["id", "pages"]),
        ("{ any { ... on Film { title } ... on Node { id } } }", "any", "Loose", []),
        ("{ any { ... on Film { title } ... on Node { id } } }", "any", "Film", ["title", "id"]),
        # What clients may not see here has no fields: hidden, of another kind, unknown, no member.
        ("{ node { id } }", "node", "Secret", None),
        ("{ node { id } }", "node", "Loose", None),
        ("{ node { id } }", "node", "Node", None),
        ("{ node { id } }", "node", "Color", None),
        ("{ node { id } }", "node", "Nothing", None),
        ("{ any { ... on Film { id } } }", "any", "Book", None),
    ],
)
def test_objects_have_the_fields_of_their_runtime_type(text: str, key: str, type_name: str, expected):
    below = field_of(text, key).below
    found = below.fields(type_name)
    assert (None if found is None else [field.response_key for field in found]) == expected
    assert below.fields(type_name) is found


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("{ node { id color } }", "node", ["id", "color"]),
        ("{ node { id ... on Film { title } } }", "node", ["id"]),
        ("{ node { id __typename } }", "node", None),
        ("{ any { ... on Film { id } } }", "any", None),
    ],
)
def test_without_a_type_the_interfaces_own_fields_are_left(text: str, key: str, expected):
    """For objects of which nobody needed to know, or could learn, what they are."""
    below = field_of(text, key).below
    found = below.untyped_fields()
    assert (None if found is None else [field.response_key for field in found]) == expected
    assert below.untyped_fields() == found


def test_selections_that_a_condition_leaves_out_have_no_shape():
    text = "query ($v: Boolean!) { count price @include(if: $v) }"
    fields = shape_of(text, GRAPH, {"v": False}).fields("Query")
    assert fields is not None
    assert [field.response_key for field in fields] == ["count"]

"""Entry drafts -> how objects are presented: names, keys, nullability, nested shapes."""

from __future__ import annotations

import pytest

from gateway.planning.plan import Representation, RepresentationField, RepresentationShape
from gateway.planning.representation import build_representation
from tests.unit.planning.drafts import entry
from tests.unit.supergraphs import films, load

GRAPH = load(
    """
    type Query @join__type(graph: A) { p: P }
    type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
      id: ID! sku: ID part: Int! @join__field(graph: A) @join__field(graph: B, type: "Int")
      owner: Owner! owners: [Owner] media: Media any: Any
      price(in: String): Int
    }
    type Owner @join__type(graph: A) @join__type(graph: B) { id: ID! name: String boss: Owner }
    interface Media @join__type(graph: A) @join__type(graph: B) { id: ID! title: String }
    type Film implements Media @join__implements(graph: A, interface: "Media") @join__type(graph: A)
      @join__type(graph: B) { id: ID! title: String length: Int }
    type Book implements Media @join__implements(graph: A, interface: "Media") @join__type(graph: A)
      @join__type(graph: B) { id: ID! title: String pages: Int }
    union Any @join__type(graph: A) @join__type(graph: B)
      @join__unionMember(graph: A, member: "Film") @join__unionMember(graph: A, member: "Owner") = Film | Owner
    """
)


def built(key: str = "id", requires: str = "", as_type: str = "P") -> Representation:
    return build_representation("P", entry(as_type, key, requires), "b", GRAPH)


def shown(fields: tuple[RepresentationField, ...]) -> str:
    """`name` or `name=key`, `?` when a null may be sent, then what is below: by type unless there is only one."""
    parts: list[str] = []
    for field in fields:
        text = field.name if field.name == field.key else f"{field.name}={field.key}"
        parts.append(text + ("?" if field.nullable else "") + (_below(field.below) if field.below else ""))
    return " ".join(parts)


def _below(shape: RepresentationShape) -> str:
    if shape.static_type is not None:
        return f"{{{shown(shape.fields[shape.static_type])}}}"
    return "{" + " | ".join(f"{name}: {shown(fields)}" for name, fields in shape.fields.items()) + "}"


@pytest.mark.parametrize(
    ("key", "requires", "expected"),
    [
        ("id", "", "id"),
        ("sku", "", "sku?"),
        ("id sku", "", "id sku?"),
        # Nullability is that of the subgraph that is entered.
        ("part", "", "part?"),
        # Only a key's components can forbid a null.
        ("id", "owner { id }", "id owner?{id?}"),
        ("id owner { id }", "owner { name }", "id owner{id name?}"),
        ("owner { id boss { id name } }", "", "owner{id boss?{id name?}}"),
        ("id", "owners { id }", "id owners?{id?}"),
        ("id", "id sku", "id sku?"),
        ("id", "__typename sku", "id sku?"),
    ],
)
def test_fields_of_key_and_requirement_come_once(key: str, requires: str, expected: str):
    assert shown(built(key, requires).fields) == expected


def test_a_field_with_arguments_is_sent_under_its_own_name():
    (_, field) = built("id", 'price(in: "EUR")').fields
    assert field.name == "price"
    assert field.key.startswith("price__")


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        ("media { id }", "id media?{Book: id? | Film: id?}"),
        ("media { ... on Film { length } }", "id media?{Book:  | Film: length?}"),
        ("media { title ... on Book { pages } }", "id media?{Book: title? pages? | Film: title?}"),
        ("any { ... on Owner { name } ... on Media { id } }", "id any?{Film: id? | Owner: name?}"),
    ],
)
def test_abstract_objects_are_presented_by_their_own_type(requires: str, expected: str):
    """One whose type matches no fragment has a shape without fields."""
    assert shown(built("id", requires).fields) == expected


def test_the_type_name_is_the_one_that_the_subgraph_uses():
    supergraph = films()
    made = build_representation("Film", entry("Item", "id"), "ratings", supergraph)
    assert made.as_type == "Item"
    assert shown(made.fields) == "id"


def test_components_that_arguments_give_are_taken_along():
    draft = entry("P", "id")
    draft.from_arguments = ("given",)  # type: ignore[assignment]
    assert build_representation("P", draft, "b", GRAPH).from_arguments == ("given",)


def test_several_field_sets_are_joined_nested_objects_too():
    draft = entry("P", "id", "owner { id }")
    draft.requires += entry("P", "id", "owner { name boss { id } } sku").requires
    made = build_representation("P", draft, "b", GRAPH)
    assert shown(made.fields) == "id owner?{id? name? boss?{id?}} sku?"

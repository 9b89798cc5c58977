"""Operation x conditions -> selections, and the fields of them that apply to one type."""

from __future__ import annotations

import pytest

from gateway.federation.selection import Field, Fragment, Selections
from gateway.operation.limits import Limits
from gateway.operation.prepare import prepare_operation
from gateway.operation.specialise import applies, collect, specialise
from tests.unit.supergraphs import INACCESSIBLE, load, operation

GRAPH = load(
    """
    type Query @join__type(graph: A) { node: Node any: Any film: Film price(c: String, n: Int): Int a: Int b: Int }
    type Mutation @join__type(graph: A) { add(n: Int): Int add__1: Int reset: Film }
    interface Node @join__type(graph: A) { id: ID size: Int part: Node }
    interface Titled @join__type(graph: A) { title: String }
    interface Sized implements Node @join__implements(graph: A, interface: "Node") @join__type(graph: A)
      { id: ID size: Int part: Node }
    type Film implements Node & Titled
      @join__implements(graph: A, interface: "Node") @join__implements(graph: A, interface: "Titled")
      @join__type(graph: A) { id: ID size: Int part: Node title: String price(c: String): Int cut: Film }
    type Book implements Node & Titled
      @join__implements(graph: A, interface: "Node") @join__implements(graph: A, interface: "Titled")
      @join__type(graph: A) { id: ID size: Int part: Node title: String pages: Int blurb: String }
    type Shelf implements Node & Sized
      @join__implements(graph: A, interface: "Node") @join__implements(graph: A, interface: "Sized")
      @join__type(graph: A) { id: ID size: Int part: Node }
    type Loose @join__type(graph: A) { title: String }
    union Any @join__type(graph: A)
      @join__unionMember(graph: A, member: "Film") @join__unionMember(graph: A, member: "Loose") = Film | Loose
    interface Opaque @join__type(graph: A) @join__type(graph: B, key: "id", isInterfaceObject: true) { id: ID! }
    type Thing implements Opaque & Titled
      @join__implements(graph: A, interface: "Opaque") @join__implements(graph: A, interface: "Titled")
      @join__type(graph: A) { id: ID! title: String }
    interface Empty @join__type(graph: A) { id: ID }
    """,
    roots="query: Query mutation: Mutation",
    links=INACCESSIBLE,
)


def selections_of(text: str, **conditions: bool) -> Selections:
    return specialise(operation(text, GRAPH), conditions)


def shown(selections: Selections) -> str:
    """Selections as text: internal keys, with the alias before them when there is one."""
    parts: list[str] = []
    for node in selections:
        below = f" {{ {shown(node.selections)} }}" if node.selections else ""
        if isinstance(node, Fragment):
            parts.append(f"on {node.type_condition}{below}")
        else:
            alias = f"{node.response_key}=" if node.response_key != node.name else ""
            parts.append(alias + node.key + below)
    return " ".join(parts)


def collected(text: str, type_name: str, *below: str, by_alias: bool = False, **conditions: bool) -> list[str]:
    """Keys of the fields that apply to a type, at the root or below the fields named."""
    selections, here = selections_of(text, **conditions), "Query"
    for name in below:
        (field,) = (field for field in collect(selections, here, GRAPH) if field.key == name)
        definition = GRAPH.field(here, field.name)
        assert definition is not None
        selections, here = field.selections, definition.named
    if by_alias:
        return [f.response_key for f in collect(selections, type_name, GRAPH, by=lambda field: field.response_key)]
    return [field.key for field in collect(selections, type_name, GRAPH)]


# -- specialise --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ a b }", "a b"),
        ("{ b a }", "b a"),
        ("{ x: a }", "x=a"),
        ("{ film { id cut { title } } }", "film { id cut { title } }"),
        ("{ ... { a } b }", "a b"),
        ("{ ... @include(if: true) { a } }", "a"),
        ("{ ...F b } fragment F on Query { a }", "on Query { a } b"),
        ("{ node { ... on Film { title } } }", "node { on Film { title } }"),
        ("{ __typename }", "__typename"),
        ('{ price(n: 1, c: "x") y: price(c: "x", n: 1) price2: price }', "price__1 y=price__1 price2=price"),
    ],
)
def test_fragments_are_spread_and_keys_given(text: str, expected: str):
    assert shown(selections_of(text)) == expected


@pytest.mark.parametrize(
    ("directives", "stays"),
    [
        ("@skip(if: true)", False),
        ("@skip(if: false)", True),
        ("@include(if: true)", True),
        ("@include(if: false)", False),
        ("@include(if: true) @skip(if: true)", False),
        ("@skip(if: false) @include(if: true)", True),
        ("@skip(if: false) @include(if: false)", False),
    ],
)
@pytest.mark.parametrize("selection", ["a {}", "... {} {{ a }}", "...F {}", "... on Query {} {{ a }}"])
def test_literal_conditions_leave_a_selection_in_or_out(selection: str, directives: str, stays: bool):
    text = f"{{ b {selection.format(directives)} }}"
    if "...F" in text:
        text += " fragment F on Query { a }"
    assert collected(text, "Query") == (["b", "a"] if stays else ["b"])


@pytest.mark.parametrize(("value", "keys"), [(True, ["b"]), (False, ["a"])])
def test_variable_conditions_leave_a_selection_in_or_out(value: bool, keys: list[str]):
    text = "query ($v: Boolean!) { a @skip(if: $v) b @include(if: $v) }"
    assert collected(text, "Query", v=value) == keys


def test_conditions_inside_fragments_count():
    text = "query ($v: Boolean!) { ...F b } fragment F on Query { a @include(if: $v) }"
    assert collected(text, "Query", v=False) == ["b"]
    assert collected(text, "Query", v=True) == ["a", "b"]


def test_one_field_with_two_conditions_is_there_when_either_holds():
    text = "query ($x: Boolean!, $y: Boolean!) { a @include(if: $x) a @include(if: $y) b }"
    assert collected(text, "Query", x=False, y=False) == ["b"]
    assert collected(text, "Query", x=False, y=True) == ["a", "b"]


def test_an_object_of_which_every_field_is_left_out_is_no_leaf():
    """Its selections are not empty, but nothing of them applies to any type."""
    (field,) = selections_of("{ film { title @skip(if: true) } }")
    assert isinstance(field, Field)
    assert field.selections
    assert collect(field.selections, "Film", GRAPH) == ()


def test_such_an_object_joins_another_selection_of_it():
    assert collected("{ film { title @skip(if: true) } film { id } }", "Film", "film") == ["id"]


def test_variables_of_arguments_are_known():
    (field,) = selections_of("query ($c: String) { price(n: 1, c: $c) }")
    assert isinstance(field, Field)
    assert field.variables == ("c",)
    assert [name for name, _ in field.arguments] == ["c", "n"]


def test_keys_are_the_same_for_every_specialisation_of_an_operation():
    """Plans of one operation share its keys, whatever was left out."""
    prepared = operation("query ($v: Boolean!) { x: price(n: 1) @skip(if: $v) y: price(n: 2) }", GRAPH)
    without = specialise(prepared, {"v": True})
    with_ = specialise(prepared, {"v": False})
    keys = {node.response_key: node.key for node in with_ if isinstance(node, Field)}
    assert [keys[node.response_key] for node in without if isinstance(node, Field)] == [without[0].key]  # type: ignore


def test_a_requirement_and_a_client_share_the_key_of_equal_arguments_only():
    graph = load(
        """
        type Query @join__type(graph: A) @join__type(graph: B) { item: Item @join__field(graph: A) }
        type Item @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
          id: ID price(in: String): Int @join__field(graph: A) @join__field(graph: B, external: true) price__1: Int
          tax: Int @join__field(graph: B, requires: "price(in: \\"EUR\\")")
        }
        """
    )
    prepared = operation('query ($c: String) { item { price(in: $c) e: price(in: "EUR") price__1 } }', graph)
    (item,) = specialise(prepared, {})
    keys = [node.key for node in item.selections if isinstance(node, Field)]
    assert keys == ["price__3", "price__2", "price__1"]
    assert graph.requirement_keys == {("price", 'in: "EUR"'): "price__2"}


# -- mutations ---------------------------------------------------------------------------------------------------------


def test_two_aliases_of_one_mutation_are_two_executions():
    keys = [
        node.key
        for node in selections_of("mutation { add(n: 1) x: add(n: 1) y: add(n: 1) }")
        if isinstance(node, Field)
    ]
    assert len(set(keys)) == 3


def test_one_mutation_selected_twice_is_one_execution():
    selections = selections_of("mutation { add(n: 1) ...F } fragment F on Mutation { add(n: 1) }")
    assert len(collect(selections, "Mutation", GRAPH)) == 1


def test_a_mutations_keys_never_meet_real_fields_or_each_other():
    text = "mutation { add__1 add(n: 1) reset: add(n: 2) x: reset { id } add__2: add(n: 3) }"
    selections = selections_of(text)
    keys = [node.key for node in selections if isinstance(node, Field)]
    assert len(set(keys)) == 5
    assert keys[0] == "add__1"
    assert "reset" not in keys


def test_below_a_mutation_aliases_play_no_part():
    (field,) = selections_of("mutation { reset { x: title y: title } }")
    assert shown((field,)) == "reset { x=title y=title }"


# -- applies -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "type_name", "expected"),
    [
        ("Film", "Film", True),
        ("Film", "Book", False),
        ("Node", "Film", True),
        ("Titled", "Film", True),
        ("Titled", "Shelf", False),
        ("Any", "Film", True),
        ("Any", "Book", False),
        ("Sized", "Shelf", True),
        ("Sized", "Film", False),
        ("Nothing", "Film", False),
        ("", "Film", False),
        # An object whose own type is not known: only what holds for all of them.
        ("Opaque", "Opaque", True),
        ("Titled", "Opaque", True),
        ("Thing", "Opaque", True),
        ("Node", "Opaque", False),
        ("Node", "Titled", False),
        ("Film", "Node", False),
        ("Node", "Empty", False),
        ("Empty", "Empty", True),
    ],
)
def test_a_fragment_applies_to_the_types_of_its_condition(condition: str, type_name: str, expected: bool):
    assert applies(condition, type_name, GRAPH) is expected


# -- collect -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "type_name", "expected"),
    [
        ("{ node { id ... on Film { title } size } }", "Film", ["id", "title", "size"]),
        ("{ node { id ... on Film { title } size } }", "Book", ["id", "size"]),
        ("{ node { ... on Titled { title } ... on Sized { size } } }", "Film", ["title"]),
        ("{ node { ... on Titled { title } ... on Sized { size } } }", "Shelf", ["size"]),
        ("{ node { ... on Node { ... on Titled { ... on Book { pages } } } } }", "Book", ["pages"]),
        ("{ node { ... on Node { ... on Titled { ... on Book { pages } } } } }", "Film", []),
        ("{ node { ... on Film { id title } id size } }", "Film", ["id", "title", "size"]),
        ("{ node { size ...F size } } fragment F on Film { title size id }", "Film", ["size", "title", "id"]),
        ("{ node { __typename id } }", "Film", ["__typename", "id"]),
    ],
)
def test_fields_that_apply_come_once_and_in_document_order(text: str, type_name: str, expected: list[str]):
    assert collected(text, type_name, "node") == expected


def test_union_members_get_their_own_fields():
    text = "{ any { ... on Loose { title } ... on Film { id } ... on Node { size } } }"
    assert collected(text, "Loose", "any") == ["title"]
    assert collected(text, "Film", "any") == ["id", "size"]


def test_selections_of_one_field_are_joined_in_document_order():
    text = "{ film { cut { id } } ...F film { cut { size } title } } fragment F on Query { film { cut { title id } } }"
    assert collected(text, "Film", "film") == ["cut", "title"]
    assert collected(text, "Film", "film", "cut") == ["id", "title", "size"]


def test_joining_changes_nothing_that_was_collected_before():
    selections = selections_of("{ film { id } film { title } }")
    first = selections[0]
    assert isinstance(first, Field)
    collect(selections, "Query", GRAPH)
    assert shown(first.selections) == "id"


def test_aliases_of_one_field_are_one_for_fetching_and_two_for_shaping():
    text = '{ film { x: title y: title price(c: "a") p: price(c: "b") } }'
    assert collected(text, "Film", "film") == ["title", "price__1", "price__2"]
    assert collected(text, "Film", "film", by_alias=True) == ["x", "y", "price", "p"]


def test_one_alias_on_different_types_is_one_response_key():
    text = "{ node { ... on Film { x: title } ... on Book { x: blurb } } }"
    assert collected(text, "Film", "node", by_alias=True) == ["x"]
    assert collected(text, "Book", "node") == ["blurb"]


def test_a_fragment_is_made_once_however_often_it_is_spread():
    """Otherwise nested fragments would take exponential time."""
    count = 30
    fragments = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(count)]
    text = "{ ...F0 } " + " ".join(fragments) + f" fragment F{count} on Query {{ a }}"
    prepared = prepare_operation(text, None, GRAPH, Limits(selections=10**15, root_fields=10**15))
    (spread,) = specialise(prepared, {})
    assert isinstance(spread, Fragment)

"""Selection drafts -> a subgraph's request, and how its answer is renamed back."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import execute_sync, parse, validate

from gateway.execution.merge import rename
from gateway.planning.document import Written, write_document
from gateway.planning.draft import StepDraft
from gateway.planning.plan import RenameTree
from tests.unit.planning.drafts import entry, jump, path, root, select
from tests.unit.subgraph_schemas import request_problems, subgraph_schema
from tests.unit.supergraphs import flat, load, plan

GRAPH = load(
    """
    type Query @join__type(graph: A) @join__type(graph: B) {
      pet: Pet @join__field(graph: A) pets: [Pet!]! @join__field(graph: A)
      any: Any @join__field(graph: A)
      home(at: String, max: Int): Home @join__field(graph: A)
      lonely: Lonely @join__field(graph: A)
    }
    type Mutation @join__type(graph: A) { adopt(id: ID!, note: String): Cat }
    interface Pet @join__type(graph: A) @join__type(graph: B) {
      id: ID! size: Float @join__field(graph: A, type: "Float") home: Home @join__field(graph: A)
      age: Int @join__field(graph: A)
    }
    type Cat implements Pet
      @join__implements(graph: A, interface: "Pet") @join__implements(graph: B, interface: "Pet")
      @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
      id: ID! size: Float @join__field(graph: A) home: Home @join__field(graph: A) age: Int @join__field(graph: A)
      toy: Float @join__field(graph: A, type: "Int!") nap: [Int] @join__field(graph: A)
      den: Home @join__field(graph: A, type: "Home!") mood: String @join__field(graph: B) @join__field(graph: A)
    }
    type Dog implements Pet
      @join__implements(graph: A, interface: "Pet") @join__implements(graph: B, interface: "Pet")
      @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
      id: ID! size: Float @join__field(graph: A) home: Home @join__field(graph: A)
      age: Int @join__field(graph: A, type: "Int!")
      toy: Float @join__field(graph: A) nap: [Int] @join__field(graph: A, type: "[Int!]")
      den: Home @join__field(graph: A) mood: String @join__field(graph: B) @join__field(graph: A)
    }
    type Fox @join__type(graph: A) { toy: Float @join__field(graph: A, type: "[Float]") den: [Home] }
    type Home @join__type(graph: A) @join__type(graph: B) {
      street: String @join__field(graph: A, type: "String!") rooms(of: String): Int @join__field(graph: A) pet: Pet
    }
    interface Lonely @join__type(graph: A) { id: ID }
    union Any @join__type(graph: A)
      @join__unionMember(graph: A, member: "Cat") @join__unionMember(graph: A, member: "Dog")
      @join__unionMember(graph: A, member: "Fox") = Cat | Dog | Fox
    """,
    roots="query: Query mutation: Mutation",
)


def written(step: Any, **definitions: str) -> Written:
    """The request, valid in its subgraph."""
    found = write_document(step, definitions, GRAPH)
    errors = validate(subgraph_schema(GRAPH, step.graph), parse(found.document))
    assert [error.message for error in errors] == []
    return found


def text_of(step: Any, **definitions: str) -> str:
    return flat(written(step, **definitions).document)


# -- text --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pet { id }", "{ pet { id } }"),
        ("pet { id } pets { age }", "{ pet { id } pets { age } }"),
        ("pet { __typename id }", "{ pet { __typename id } }"),
        ("pet { ... on Cat { mood } }", "{ pet { ... on Cat { mood } } }"),
        ("pet { id ... on Cat { mood toy } }", "{ pet { id ... on Cat { mood toy } } }"),
        ('home(max: 1, at: "x") { street }', '{ home__1: home(at: "x", max: 1) { street } }'),
        ("home { pet { home { street } } }", "{ home { pet { home { street } } } }"),
    ],
)
def test_a_selection_is_printed_in_its_order(text: str, expected: str):
    step = root("a", text)
    for field in step.selection.fields.values():
        if field.arguments:
            field.key = "home__1"
            step.selection.fields = {"home__1": field}
    assert text_of(step) == expected


def test_objects_of_which_nothing_is_wanted_are_asked_for_their_type_name():
    """GraphQL knows no empty selection."""
    step = root("a", "pet { id }")
    below = step.selection.fields["pet"].below
    assert below is not None
    below.fields.clear()
    assert text_of(step) == "{ pet { __typename } }"


def test_a_request_without_any_field_asks_for_the_type_name():
    step = root("a", "pet { id }")
    step.selection.fields.clear()
    assert text_of(step) == "{ __typename }"


def test_a_mutation_says_so():
    step = root("a", "adopt { id }", kind="mutation")
    assert flat(write_document(step, {}, GRAPH).document) == "mutation { adopt { id } }"


def test_entities_are_asked_for_by_representations():
    step = jump("b", "pet|Cat", [], "mood", Cat=entry("Cat"))
    assert text_of(step) == (
        "query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Cat { mood } } }"
    )


def test_entities_of_several_types_have_a_fragment_each():
    step = jump("b", "pet|Cat,Dog", [], "mood", Cat=entry("Cat"), Dog=entry("Dog"))
    assert "{ ... on Cat { mood } ... on Dog { mood } }" in text_of(step)


def test_a_request_below_a_path_is_a_query_whatever_the_operation_is():
    step = StepDraft("a", "query", path("adopt"), set(), selection=select("pet { id }"))
    assert text_of(step) == "{ pet { id } }"


# -- variables ---------------------------------------------------------------------------------------------------------

DEFINITIONS = {"max": "$max: Int = 3", "at": "$at: String", "id": "$id: ID!"}


def test_variables_in_use_are_declared_in_the_operations_order_with_defaults():
    step = root("a", "home(max: $max, at: $at) { street }")
    next(iter(step.selection.fields.values())).variables = ("at", "max")
    found = written(step, **DEFINITIONS)
    assert found.variables == ("max", "at")
    assert flat(found.document).startswith("query ($max: Int = 3, $at: String) {")


def test_variables_are_found_at_every_depth():
    step = root("a", "home { pet { ... on Cat { home { rooms(of: $at) } } } }")
    field = next(field for field in step.selection.every_field() if field.name == "rooms")
    field.variables = ("at",)
    assert written(step, **DEFINITIONS).variables == ("at",)


def test_variables_not_in_use_are_not_declared():
    found = written(root("a", "pet { id }"), **DEFINITIONS)
    assert (found.variables, flat(found.document)) == ((), "{ pet { id } }")


def test_a_mutation_with_variables_is_a_mutation():
    step = root("a", "adopt(id: $id) { id }", kind="mutation")
    next(iter(step.selection.fields.values())).variables = ("id",)
    assert text_of(step, **DEFINITIONS).startswith("mutation ($id: ID!) {")


# -- fields on the interface itself ------------------------------------------------------------------------------------


def for_types(text: str, types: str, at: str = "pet") -> Any:
    """A request that selects fields at `pet` for these runtime types."""
    step = root("a", f"{at} {{ __typename }}")
    below = step.selection.fields[at].below
    assert below is not None
    select(text, below.on(frozenset(types.split(","))))
    return step


@pytest.mark.parametrize(
    ("text", "types", "expected"),
    [
        pytest.param("id size", "Cat,Dog", "{ __typename id size }", id="all types there are"),
        pytest.param("id", "Cat", "{ __typename ... on Cat { id } }", id="only one of them"),
        pytest.param("id", "Cat,Dog,Fox", "{ __typename id }", id="types that are not possible play no part"),
        pytest.param("id", "Fox", "{ __typename }", id="and are not asked for"),
        pytest.param(
            "mood", "Cat,Dog", "{ __typename ... on Cat { mood } ... on Dog { mood } }", id="not the interface's field"
        ),
        pytest.param(
            "age", "Cat,Dog", "{ __typename ... on Cat { age } ... on Dog { age__as1: age } }", id="another type there"
        ),
        pytest.param("home { street }", "Cat,Dog", "{ __typename home { street } }", id="objects"),
    ],
)
def test_fields_stand_on_the_interface_when_they_are_the_same_for_all_its_types(text: str, types: str, expected: str):
    assert text_of(for_types(text, types)) == f"{{ pet {expected} }}"


def test_fields_never_stand_on_a_union():
    assert text_of(for_types("den { street }", "Cat,Dog,Fox", "any")).count("... on") == 3


def test_an_external_interface_field_is_asked_on_the_types():
    graph = load(
        """
        type Query @join__type(graph: A) { pet: Pet @join__field(graph: A, provides: "... on Cat { name }") }
        interface Pet @join__type(graph: A) { name: String @join__field(graph: A, external: true) }
        type Cat implements Pet @join__implements(graph: A, interface: "Pet") @join__type(graph: A) {
          name: String @join__field(graph: A, external: true) @join__field(graph: B)
        }
        """
    )
    assert "... on Cat { name }" in flat(plan("{ pet { ... on Cat { name } } }", graph).steps[0].document)


# -- clashes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "field", "clashes"),
    [
        pytest.param("Cat", "Dog", "toy", True, id="Int! and Float"),
        pytest.param("Cat", "Fox", "toy", True, id="Int! and a list"),
        pytest.param("Cat", "Dog", "nap", True, id="[Int] and [Int!]"),
        pytest.param("Cat", "Dog", "mood", False, id="the same"),
        pytest.param("Cat", "Dog", "den { street }", True, id="Home! and Home"),
        pytest.param("Cat", "Fox", "den { street }", True, id="an object and a list of them"),
    ],
)
def test_fields_of_different_types_get_different_names(first: str, second: str, field: str, clashes: bool):
    step = root("a", f"any {{ ... on {first} {{ {field} }} ... on {second} {{ {field} }} }}")
    found = written(step)
    assert (found.rename is not None) is clashes
    assert ("__as1" in found.document) is clashes


def test_the_clash_may_lie_deeper():
    """Subgraphs compare what lies at one place of the answer, whatever the types above it are."""
    graph = load(
        """
        type Query @join__type(graph: A) { any: Any }
        type X @join__type(graph: A) { inner: P } type Y @join__type(graph: A) { inner: Q }
        type P @join__type(graph: A) { n: M } type Q @join__type(graph: A) { n: N }
        type M @join__type(graph: A) { v: Int } type N @join__type(graph: A) { v: String }
        union Any @join__type(graph: A)
          @join__unionMember(graph: A, member: "X") @join__unionMember(graph: A, member: "Y") = X | Y
        """
    )
    made = plan("{ any { ... on X { a: inner { n { v } } } ... on Y { b: inner { n { v } } } } }", graph)
    assert request_problems(made, graph) == []
    (step,) = made.steps
    assert "inner { n { v } }" in flat(step.document)
    assert "inner { n { v__as1: v } }" in flat(step.document)
    data: dict[str, Any] = {"any": {"inner": {"n": {"v__as1": "x"}}}}
    assert step.rename is not None
    rename(data, step.rename)
    assert data == {"any": {"inner": {"n": {"v": "x"}}}}


def test_three_clashing_types_get_three_names():
    found = written(root("a", "any { ... on Cat { toy } ... on Dog { toy } ... on Fox { toy } }"))
    assert [name in found.document for name in ("toy__as1: toy", "toy__as2: toy", "toy__as3")] == [True, True, False]


def test_a_name_is_used_again_where_the_type_agrees():
    """Dog's and Home's are separate places; at one place equal types share a name."""
    step = root("a", "any { ... on Cat { toy } ... on Dog { toy } } pets { ... on Dog { toy } }")
    assert "pets { ... on Dog { toy } }" in flat(written(step).document)


def test_entities_of_several_types_share_one_place():
    graph = load(
        """
        type Query @join__type(graph: A) { any: Any }
        type X @join__type(graph: A, key: "id") @join__type(graph: B, key: "id")
          { id: ID! v: Int @join__field(graph: B) }
        type Y @join__type(graph: A, key: "id") @join__type(graph: B, key: "id")
          { id: ID! v: String @join__field(graph: B) }
        union Any @join__type(graph: A)
          @join__unionMember(graph: A, member: "X") @join__unionMember(graph: A, member: "Y") = X | Y
        """
    )
    made = plan("{ any { ... on X { a: v } ... on Y { b: v } } }", graph)
    assert request_problems(made, graph) == []
    step = made.steps[1]
    assert step.rename is not None
    assert step.rename.names == {"v__as1": "v"}


def test_the_renamed_answer_is_as_if_there_had_been_no_clash():
    """Executed on the subgraph's schema and renamed, every object has its fields under their internal keys."""
    text = """any {
        ... on Cat { toy nap den { street } }
        ... on Dog { toy nap den { street } }
        ... on Fox { toy den { street } } __typename }"""
    found = written(root("a", text))
    home = {"street": "s"}
    pets: dict[str, dict[str, Any]] = {
        "Cat": {"toy": 1, "nap": [1, None], "den": home},
        "Dog": {"toy": 1.5, "nap": [2], "den": home},
        "Fox": {"toy": [1.5], "den": [home, None]},
    }
    for name, pet in pets.items():
        answer = execute_sync(
            subgraph_schema(GRAPH, "a"),
            parse(found.document),
            root_value={"any": {**pet, "__typename": name}},
            type_resolver=lambda value, *_: value["__typename"],
        )
        assert answer.errors in (None, [])
        data = answer.data
        assert found.rename is not None
        rename(data, found.rename)
        assert data == {"any": {**pet, "__typename": name}}


def test_a_rename_tree_is_true_when_it_renames_something_anywhere():
    assert not RenameTree()
    assert not RenameTree({}, {"x": RenameTree()})
    assert RenameTree({"a": "b"})
    assert RenameTree({}, {"x": RenameTree({}, {"y": RenameTree({"a": "b"})})})

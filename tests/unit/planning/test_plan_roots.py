"""Steps at the roots: mutations, fields that lead back to the root, lookups, variables, and what a step says of itself.

Steps are written as `level subgraph at path after steps`; see tests/unit/supergraphs.py.
"""

from __future__ import annotations

import pytest
from graphql import print_ast

from gateway.planning.plan import PlanningError
from tests.unit.planning.plans import asked, assert_order_plays_no_part, planned
from tests.unit.supergraphs import flat, steps

# -- mutations ---------------------------------------------------------------------------------------------------------

MUTATIONS = """
type Query @join__type(graph: A) @join__type(graph: B) { p: P @join__field(graph: A) }
type Mutation @join__type(graph: A) @join__type(graph: B) {
  a(n: Int): P @join__field(graph: A)
  b(n: Int): P @join__field(graph: B)
  either: P
}
type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! x: Int @join__field(graph: A) y: Int @join__field(graph: B) z: Int @join__field(graph: B)
}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("mutation { a { x } }", ["1 a"], id="one"),
        pytest.param("mutation { a { x } q: a { x } }", ["1 a"], id="neighbours share a request"),
        pytest.param("mutation { a { x } b { y } }", ["1 a", "2 b after 0"], id="one after the other"),
        pytest.param(
            "mutation { a { x } b { y } q: a { x } }", ["1 a", "2 b after 0", "3 a after 1"], id="back and forth"
        ),
        pytest.param(
            "mutation { a { y } q: a { x } }",
            ["1 a", "2 b at a after 0", "3 a after 1"],
            id="nothing is shared across further steps",
        ),
        pytest.param("mutation { either { x } }", ["1 a"], id="a shared one runs where the rest is"),
        pytest.param("mutation { either { y z } }", ["1 b"], id="or there"),
        pytest.param("mutation { either { x y } }", ["1 a", "2 b at either after 0"], id="but in one place only"),
        pytest.param("mutation { __typename }", [], id="nothing to run"),
    ],
)
def test_mutations_run_one_after_the_other_each_in_one_subgraph(text: str, expected: list[str]):
    assert steps(planned(MUTATIONS, text)) == expected


def test_aliases_of_one_mutation_are_executed_each():
    document = flat(planned(MUTATIONS, "mutation { a(n: 1) { x } q: a(n: 1) { x } a(n: 1) { x } }").steps[0].document)
    assert document.startswith("mutation")
    assert document.count("a(n: 1)") == 2


def test_a_mutation_is_never_completed_by_another_subgraphs_mutation_root():
    types = MUTATIONS.replace("either: P", "either: V").replace(
        "type P @",
        "type V @join__type(graph: A) @join__type(graph: B)"
        " { v: Int @join__field(graph: A) w: Int @join__field(graph: B) } type P @",
    )
    assert steps(planned(types, "mutation { either { w } }")) == ["1 b"]
    with pytest.raises(PlanningError, match="each field alone"):
        planned(types, "mutation { either { v w } }")


# -- root type below ---------------------------------------------------------------------------------------------------

AGAIN = """
type Query @join__type(graph: A) @join__type(graph: B) {
  again: Query @join__field(graph: A) a: Int @join__field(graph: A) b: Int @join__field(graph: B)
  p(id: ID!): P @join__field(graph: A) @join__directive(graphs: [A], name: "lookup")
}
type Mutation @join__type(graph: A) { run: Query }
type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! y: Int @join__field(graph: B) }
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ again { a } }", ["1 a"]),
        ("{ again { b } }", ["1 a", "2 b at again after 0"]),
        ("mutation { run { a b } }", ["1 a", "2 b at run after 0"]),
        ("{ again { p(id: 1) { y } } }", ["1 a", "2 b at again/p__1 after 0 merged after 0"]),
    ],
)
def test_below_a_field_that_returns_the_root_any_subgraph_can_be_asked(text: str, expected: list[str]):
    made = planned(AGAIN, text)
    assert steps(made) == expected
    assert all(step.kind in ("query", "mutation", "entities") for step in made.steps)


# -- lookups -----------------------------------------------------------------------------------------------------------

LOOKUP = """
type Query @join__type(graph: A) @join__type(graph: B) {
  p(id: ID!): P @join__field(graph: A) @join__directive(graphs: [A], name: "lookup")
  pair(x: ID!, y: ID!, note: String): P @join__field(graph: A) @join__directive(graphs: [A], name: "lookup")
  other(id: ID!): P @join__field(graph: A) @join__directive(graphs: [B], name: "lookup")
  plain(id: ID!): P @join__field(graph: A)
  many(id: ID!): [P] @join__field(graph: A) @join__directive(graphs: [A], name: "lookup")
}
type P
  @join__type(graph: A, key: "id") @join__type(graph: A, key: "x y") @join__type(graph: B, key: "id")
  @join__type(graph: C, key: "x y") @join__type(graph: D, key: "id") {
  id: ID! @join__field(graph: A) @join__field(graph: B) @join__field(graph: D)
  x: ID! @join__field(graph: A) @join__field(graph: C) y: ID! @join__field(graph: A) @join__field(graph: C)
  name: String @join__field(graph: A) @join__field(graph: D, external: true)
  b: Int @join__field(graph: B) @join__field(graph: D, external: true) c: Int @join__field(graph: C)
  owner: Owner @join__field(graph: B)
  label: String @join__field(graph: D, requires: "name")
  total: String @join__field(graph: D, requires: "b")
}
type Owner @join__type(graph: B, key: "id") @join__type(graph: C, key: "id") {
  id: ID! age: Int @join__field(graph: C)
}
"""
EARLY = "1 b at p__1 merged after 0"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{ p(id: 1) { name b } }", ["1 a", EARLY], id="a step that needs only the argument"),
        pytest.param("query ($i: ID!) { p(id: $i) { b } }", ["1 a", EARLY], id="from a variable"),
        pytest.param("{ p(id: 1) { c } }", ["1 a", "2 c at p__1 after 0"], id="another key is not there yet"),
        pytest.param("{ pair(x: 1, y: 2) { c } }", ["1 a", "1 c at pair__1 merged after 0"], id="a key of two parts"),
        pytest.param(
            "{ pair(x: 1, y: 2) { b } }", ["1 a", "2 b at pair__1 after 0"], id="not the key of that subgraph"
        ),
        pytest.param("{ p(id: 1) { label } }", ["1 a", "2 d at p__1 after 0"], id="a requirement has to be waited for"),
        pytest.param("{ p(id: 1) { total } }", ["1 a", EARLY, "2 d at p__1 after 1"], id="one that comes early"),
        pytest.param(
            "{ p(id: 1) { owner { age } } }", ["1 a", EARLY, "2 c at p__1/owner after 1"], id="what lies below it"
        ),
        pytest.param("{ plain(id: 1) { b } }", ["1 a", "2 b at plain__1 after 0"], id="a field that is not marked"),
        pytest.param("{ other(id: 1) { b } }", ["1 a", "2 b at other__1 after 0"], id="marked elsewhere"),
        pytest.param("{ many(id: 1) { b } }", ["1 a", "2 b at many__1 after 0"], id="a list is no lookup"),
        pytest.param(
            "{ p(id: 1) { b } q: p(id: 2) { b } }",
            ["1 a", "1 b at p__1 merged after 0", "1 b at p__2 merged after 0"],
            id="each with its own key",
        ),
    ],
)
def test_a_lookups_arguments_are_a_key_from_the_start(text: str, expected: list[str]):
    assert steps(planned(LOOKUP, text)) == expected


def test_lookups_can_be_switched_off():
    assert steps(planned(LOOKUP, "{ p(id: 1) { b } }", lookups=False)) == ["1 a", "2 b at p__1 after 0"]


def test_an_early_step_takes_its_key_from_the_arguments():
    step = planned(LOOKUP, "query ($i: ID!) { pair(y: 2, x: $i) { c } }").steps[1]
    assert step.is_early
    assert asked(step) == {"P": "P: x! y!"}
    given = step.representations["P"].from_arguments
    assert [(g.name, print_ast(g.value), print_ast(g.type)) for g in given] == [("x", "$i", "ID!"), ("y", "2", "ID!")]


def test_depth_is_the_number_of_rounds():
    assert planned(LOOKUP, "{ p(id: 1) { name b } }").depth == 1
    assert planned(LOOKUP, "{ p(id: 1) { owner { age } } }").depth == 2
    assert planned(LOOKUP, "{ __typename }").depth == 0


# -- variables ---------------------------------------------------------------------------------------------------------

ARGUMENTS = """
type Query @join__type(graph: A) { p(id: ID!): P }
type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! a(n: Int): Int @join__field(graph: A) b(n: Int!, o: In): Int @join__field(graph: B)
}
input In @join__type(graph: A) @join__type(graph: B) { n: Int }
"""


def test_each_request_declares_the_variables_it_uses_with_their_defaults():
    """A nullable variable with a default may stand in a non-null place, so the default has to go along."""
    made = planned(
        ARGUMENTS,
        "query Q($n: Int = 5, $m: Int, $id: ID!, $x: Int) { p(id: $id) { a b(n: $n, o: {n: $m}) x: a(n: $x) } }",
    )
    assert [step.variables for step in made.steps] == [("id", "x"), ("n", "m")]
    assert flat(made.steps[0].document).startswith("query ($id: ID!, $x: Int) {")
    assert flat(made.steps[1].document).startswith("query ($representations: [_Any!]!, $n: Int = 5, $m: Int) {")


def test_a_clients_variable_may_have_the_name_that_entity_requests_use():
    made = planned(ARGUMENTS, "query ($representations: Int!) { p(id: 1) { b(n: $representations) } }")
    assert made.steps[1].variables == ("representations",)


# -- what a step says of itself ----------------------------------------------------------------------------------------


def test_steps_know_which_fields_they_fill_on_which_type():
    types = """
    type Query @join__type(graph: A) { node: Node }
    interface Node @join__type(graph: A) { id: ID! }
    type X implements Node @join__implements(graph: A, interface: "Node")
      @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! x: Int @join__field(graph: B) }
    type Y implements Node @join__implements(graph: A, interface: "Node")
      @join__type(graph: A, key: "id") @join__type(graph: B, key: "id")
      { id: ID! y(n: Int): Int @join__field(graph: B) m: Int @join__field(graph: B) }
    """
    made = planned(types, "{ node { ... on X { x } ... on Y { y(n: 1) m } } }")
    assert [step.fields for step in made.steps] == [{"Query": ("node",)}, {"X": ("x",), "Y": ("y__1", "m")}]


def test_root_steps_know_their_root_type_and_fields():
    made = planned(AGAIN, "mutation { run { a b } x: run { a } }")
    assert [(step.kind, step.fields) for step in made.steps] == [
        ("mutation", {"Mutation": ("run",)}),
        ("query", {"Query": ("b",)}),
        ("mutation", {"Mutation": ("run__1",)}),
    ]


def test_ids_count_steps_and_each_comes_after_its_dependencies():
    made = planned(LOOKUP, "{ p(id: 1) { label b total owner { age } c } pair(x: 1, y: 2) { b c } }")
    assert [step.id for step in made.steps] == list(range(len(made.steps)))
    for step in made.steps:
        assert all(other < step.id for other in (*step.dependencies, *step.merge_after))
        before = [made.steps[other].level for other in step.dependencies]
        assert step.level == 1 + max(before, default=0)


@pytest.mark.parametrize(
    ("types", "text"),
    [
        (MUTATIONS, "mutation { a { y } either { x y } b { x } }"),
        (AGAIN, "{ again { a b again { b } } }"),
        (LOOKUP, "{ p(id: 1) { name b c label total owner { age } } pair(x: 1, y: 2) { b c } }"),
    ],
)
def test_the_order_of_the_subgraphs_plays_no_part(types: str, text: str):
    assert_order_plays_no_part(types, text)

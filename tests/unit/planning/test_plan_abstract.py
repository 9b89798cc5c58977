"""Steps for objects whose type has to be known, or cannot be: interfaces, unions, interface objects.

Steps are written as `level subgraph at path after steps`; see tests/unit/supergraphs.py.
"""

from __future__ import annotations

import pytest

from gateway.federation.supergraph import Supergraph
from gateway.planning.plan import PlanningError
from tests.unit.planning.plans import assert_order_plays_no_part, planned
from tests.unit.subgraph_schemas import request_problems
from tests.unit.supergraphs import films, flat, load, plan, steps

# -- abstract types ----------------------------------------------------------------------------------------------------

ABSTRACT = """
type Query @join__type(graph: A) @join__type(graph: B) {
  node: Node @join__field(graph: A)
  any: Any @join__field(graph: A)
  shared: Any
  empty: Empty @join__field(graph: A)
}
interface Node @join__type(graph: A) @join__type(graph: B) {
  id: ID! n: Int @join__field(graph: A) m: Int @join__field(graph: B)
}
type X implements Node @join__implements(graph: A, interface: "Node") @join__implements(graph: B, interface: "Node")
  @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! n: Int @join__field(graph: A) m: Int @join__field(graph: B) x: Int @join__field(graph: B)
}
type Y implements Node @join__implements(graph: A, interface: "Node") @join__implements(graph: B, interface: "Node")
  @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! n: Int @join__field(graph: A) m: Int @join__field(graph: B) y: Int @join__field(graph: B)
}
type Z implements Node @join__implements(graph: A, interface: "Node") @join__type(graph: A) {
  id: ID! n: Int m: Int z: Int
}
union Any @join__type(graph: A) @join__type(graph: B)
  @join__unionMember(graph: A, member: "X") @join__unionMember(graph: A, member: "Z")
  @join__unionMember(graph: B, member: "X") @join__unionMember(graph: B, member: "Y") = X | Y | Z
interface Empty @join__type(graph: A) { id: ID! }
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{ node { n } }", ["1 a"], id="an interface's own field"),
        pytest.param("{ node { ... on X { x } } }", ["1 a", "2 b at node|X after 0"], id="a field of one type"),
        pytest.param("{ node { m } }", ["1 a", "2 b at node|X,Y after 0"], id="equal plans are one step"),
        pytest.param(
            "{ node { ... on X { x } ... on Y { y } } }",
            ["1 a", "2 b at node|X,Y after 0"],
            id="types meet in one step",
        ),
        pytest.param("{ any { ... on X { x } } }", ["1 a", "2 b at any|X after 0"], id="union"),
        pytest.param("{ shared { ... on X { n } } }", ["1 a"], id="a shared union from the subgraph that has all"),
    ],
)
def test_objects_of_an_abstract_type_are_entered_by_their_own_type(text: str, expected: list[str]):
    assert steps(planned(ABSTRACT, text)) == expected


def test_types_that_a_candidate_does_not_know_are_left_out():
    """`shared` is the same object in both subgraphs, so it can only be an X: Y and Z are unknown to one of them."""
    made = planned(ABSTRACT, "{ shared { ... on X { n } ... on Y { id } ... on Z { z } } }")
    assert flat(made.steps[0].document) == "{ shared { __typename ... on X { n } } }"


def test_an_impossible_fragment_costs_nothing_and_the_object_stays():
    made = planned(ABSTRACT, "{ any { ... on Y { y } } }")
    assert [flat(step.document) for step in made.steps] == ["{ any { __typename } }"]


def test_an_interface_without_implementations_is_planned_as_itself():
    assert flat(planned(ABSTRACT, "{ empty { id } }").steps[0].document) == "{ empty { id } }"


SPLIT = """
type Query @join__type(graph: A) @join__type(graph: B) { node: Node }
interface Node @join__type(graph: A) @join__type(graph: B) { v: Int }
type X implements Node @join__implements(graph: A, interface: "Node") @join__implements(graph: B, interface: "Node")
  @join__type(graph: A) @join__type(graph: B) { v: Int @join__field(graph: A) }
type Y implements Node @join__implements(graph: A, interface: "Node") @join__implements(graph: B, interface: "Node")
  @join__type(graph: A) @join__type(graph: B) { v: Int @join__field(graph: B) }
"""


def test_a_field_on_an_interface_comes_from_one_source_for_all_types():
    with pytest.raises(PlanningError, match=r"'node\.v'"):
        planned(SPLIT, "{ node { v } }")
    assert sorted(steps(planned(SPLIT, "{ node { ... on X { v } ... on Y { v } } }"))) == ["1 a", "1 b"]


BRANCHES = """
type Query @join__type(graph: A) { node: Node }
interface Node @join__type(graph: A) { part: Part }
type X implements Node @join__implements(graph: A, interface: "Node") @join__type(graph: A) { part: Part }
type Y implements Node @join__implements(graph: A, interface: "Node") @join__type(graph: A) { part: Part id: ID }
type Part @join__type(graph: A, key: "id") @join__type(graph: C, key: "id") {
  id: ID!
  p: Int @join__field(graph: A) @join__field(graph: C, external: true)
  q: Int @join__field(graph: A) @join__field(graph: C, external: true)
  f: Int @join__field(graph: C, requires: "p") g: Int @join__field(graph: C, requires: "q")
  h: Int @join__field(graph: C)
}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ node { ... on X { part { h } } ... on Y { part { h } } } }", ["1 a", "2 c at node|X,Y/part after 0"]),
        ("{ node { ... on X { part { f } } ... on Y { part { f } } } }", ["1 a", "2 c at node|X,Y/part after 0"]),
        (
            "{ node { ... on X { part { h } } ... on Y { part { id h } id } } }",
            ["1 a", "2 c at node|X,Y/part after 0"],
        ),
        (
            "{ node { ... on X { part { f } } ... on Y { part { g } } } }",
            ["1 a", "2 c at node|X/part after 0", "2 c at node|Y/part after 0"],
        ),
        (
            "{ node { ... on X { part { f } } ... on Y { part { h } } } }",
            ["1 a", "2 c at node|X/part after 0", "2 c at node|Y/part after 0"],
        ),
    ],
)
def test_branches_share_a_step_only_if_their_objects_are_presented_alike(text: str, expected: list[str]):
    """On one branch only that branch's requirements are there: a joined representation could be built for neither."""
    assert steps(planned(BRANCHES, text)) == expected


FOUND_ELSEWHERE = """
type Query @join__type(graph: A) @join__type(graph: B) { node: Node }
interface Node @join__type(graph: A) @join__type(graph: B) { id: ID! }
type X implements Node @join__implements(graph: A, interface: "Node") @join__implements(graph: B, interface: "Node")
  @join__type(graph: A) @join__type(graph: B) @join__type(graph: C, key: "k") {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  a: Int @join__field(graph: A) k: ID @join__field(graph: B) @join__field(graph: C) c: Int @join__field(graph: C)
}
"""


def test_a_step_waits_for_its_key_and_for_whoever_tells_the_type():
    made = planned(FOUND_ELSEWHERE, "{ node { ... on X { a c } } }")
    assert [("__typename" in step.document) for step in made.steps] == [True, False, False]
    assert steps(made) == ["1 a", "1 b", "2 c at node|X after 0,1"]


# -- interface objects -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{ search(text: "x") { title stars } }', ["1 catalog", "2 ratings at search__1|Album,Film after 0"]),
        ("{ film(id: 1) { stars } }", ["1 catalog", "2 ratings at film__1 after 0"]),
    ],
)
def test_a_field_of_an_interface_object_is_asked_under_the_interfaces_name(text: str, expected: list[str]):
    made = plan(text, films())
    assert steps(made) == expected
    assert {spec.as_type for spec in made.steps[1].representations.values()} == {"Item"}
    assert "... on Item { stars }" in flat(made.steps[1].document)


BEST = """
type Query @join__type(graph: R) @join__type(graph: C) { best: [Item!]! @join__field(graph: R) }
interface Item @join__type(graph: C, key: "id") @join__type(graph: R, key: "id", isInterfaceObject: true) {
  id: ID! title: String @join__field(graph: C) stars: Float @join__field(graph: R)
}
type Film implements Item @join__implements(graph: C, interface: "Item") @join__type(graph: C, key: "id") {
  id: ID! title: String stars: Float @join__field
}
type Album implements Item @join__implements(graph: C, interface: "Item") @join__type(graph: C, key: "id") {
  id: ID! title: String tracks: Int stars: Float @join__field
}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ best { stars } }", ["1 r"]),
        ("{ best { id stars } }", ["1 r"]),
        ("{ best { title } }", ["1 r", "2 c at best after 0"]),
        ("{ best { __typename } }", ["1 r", "2 c at best after 0"]),
        ("{ best { stars ... on Album { tracks } } }", ["1 r", "2 c at best after 0"]),
        ("{ best { stars ... on Album { x: stars } } }", ["1 r", "2 c at best after 0"]),
    ],
)
def test_objects_without_their_own_type_are_narrowed_only_when_it_matters(text: str, expected: list[str]):
    assert steps(planned(BEST, text)) == expected


INDIRECT = BEST.replace(
    "type Album implements",
    """
type Label @join__type(graph: D) { name: String }
type Album implements""",
).replace(
    """type Album implements Item @join__implements(graph: C, interface: "Item") @join__type(graph: C, key: "id") {
  id: ID! title: String tracks: Int""",
    """type Album implements Item
  @join__implements(graph: C, interface: "Item") @join__implements(graph: E, interface: "Item")
  @join__type(graph: C, key: "id") @join__type(graph: D, key: "id") @join__type(graph: E, key: "id") {
  id: ID! title: String @join__field(graph: C) tracks: Int @join__field(graph: C)
  label: Label @join__field(graph: D) notes: String @join__field(graph: E)""",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ best { ... on Album { label { name } } } }", ["1 r", "2 c at best after 0", "3 d at best|Album after 1"]),
        (
            "{ best { ... on Album { tracks label { name } } } }",
            ["1 r", "2 c at best after 0", "3 d at best|Album after 1"],
        ),
    ],
)
def test_beyond_the_type_a_third_subgraph_is_entered(text: str, expected: list[str]):
    assert steps(planned(INDIRECT, text)) == expected


TWO_TELL = """
type Query @join__type(graph: R) { best: [Item!]! @join__field(graph: R) }
interface Item
  @join__type(graph: C, key: "id") @join__type(graph: E, key: "id")
  @join__type(graph: R, key: "id", isInterfaceObject: true) { id: ID! stars: Float @join__field(graph: R) }
type Album implements Item
  @join__implements(graph: C, interface: "Item") @join__implements(graph: E, interface: "Item")
  @join__type(graph: C, key: "id") @join__type(graph: E, key: "id") {
  id: ID! tracks: Int @join__field(graph: C) notes: String @join__field(graph: E) stars: Float @join__field
}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ best { ... on Album { tracks } } }", ["1 r", "2 c at best after 0"]),
        ("{ best { ... on Album { notes } } }", ["1 r", "2 e at best after 0"]),
    ],
)
def test_the_type_is_learned_where_the_fields_are(text: str, expected: list[str]):
    assert steps(planned(TWO_TELL, text)) == expected


def test_a_source_that_knows_the_type_tells_it_for_one_that_does_not():
    types = BEST.replace("best: [Item!]! @join__field(graph: R)", "best: [Item!]!")
    made = planned(types, "{ best { title stars ... on Album { tracks } } }")
    assert {step.graph: flat(step.document) for step in made.steps} == {
        "c": "{ best { __typename ... on Album { title tracks } ... on Film { title } } }",
        "r": "{ best { stars } }",
    }


def test_narrowing_asks_a_real_interface_for_the_type():
    made = planned(BEST, "{ best { stars ... on Album { tracks } } }")
    assert "__typename" not in made.steps[0].document
    assert flat(made.steps[1].document).endswith("{ ... on Item { __typename ... on Album { tracks } } } }")


# -- size --------------------------------------------------------------------------------------------------------------


def deep_interface(size: int) -> Supergraph:
    """An interface over many types, which leads to itself, with a field that lives elsewhere."""
    names = [f"T{n}" for n in range(size)]
    types = " ".join(
        f"""type {name} implements Node @join__implements(graph: A, interface: "Node")
        @join__type(graph: A, key: "id") @join__type(graph: B, key: "id")
        {{ id: ID! next: Node @join__field(graph: A) far: Int @join__field(graph: B) }}"""
        for name in names
    )
    return load(
        f"""type Query @join__type(graph: A) {{ node: Node }}
        interface Node @join__type(graph: A) {{ id: ID! next: Node far: Int @join__field }} {types}"""
    )


def test_types_with_equal_plans_are_written_once():
    """Otherwise every level of a nested interface multiplies the requests by the number of its types."""
    supergraph = deep_interface(8)
    text = "{ node { next { next { next { id far } far } far } far } }"
    made = plan(text, supergraph)
    assert len(made.steps) == 5
    assert request_problems(made, supergraph) == []
    assert sum(len(step.document) for step in made.steps) < 10_000


def test_the_size_of_a_request_grows_with_the_selection_not_with_its_combinations():
    lengths = []
    for size in (4, 8, 16):
        made = plan("{ node { next { next { next { id } } } } }", deep_interface(size))
        lengths.append(sum(len(step.document) for step in made.steps))
    assert lengths[2] < 5 * lengths[0]


@pytest.mark.parametrize(
    ("types", "text"),
    [
        (ABSTRACT, "{ node { m ... on X { x } ... on Y { y } } shared { ... on X { x n } } }"),
        (BRANCHES, "{ node { ... on X { part { f } } ... on Y { part { g h } } } }"),
        (BEST, "{ best { stars title ... on Album { tracks } } }"),
    ],
)
def test_the_order_of_the_subgraphs_plays_no_part(types: str, text: str):
    assert_order_plays_no_part(types, text)

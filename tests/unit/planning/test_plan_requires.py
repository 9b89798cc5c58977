"""Which steps a field takes that is computed from others (`@requires`), and what does not have to be fetched at all.

Steps are written as `level subgraph at path after steps`; see tests/unit/supergraphs.py.
"""

from __future__ import annotations

import pytest

from gateway.planning.plan import PlanningError
from tests.unit.planning.plans import asked, assert_order_plays_no_part, planned
from tests.unit.supergraphs import flat, steps

# -- requires ----------------------------------------------------------------------------------------------------------

REQUIRES = """
type Query @join__type(graph: A) { p: P }
type P
  @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "id")
  @join__type(graph: D, key: "id") {
  id: ID!
  size(in: String): Int @join__field(graph: A) @join__field(graph: B, external: true)
  weight: Int @join__field(graph: C) @join__field(graph: B, external: true)
  own: Int @join__field(graph: A, requires: "other")
  other: Int @join__field(graph: B) @join__field(graph: A, external: true)
  f: Int @join__field(graph: B, requires: "weight") @join__field(graph: D, external: true)
  g: Int @join__field(graph: B, requires: "weight")
  plain: Int @join__field(graph: B)
  cm: Int @join__field(graph: B, requires: "size(in: \\"CM\\")")
  inch: Int @join__field(graph: B, requires: "size(in: \\"IN\\")")
  h: Int @join__field(graph: D, requires: "f")
  deep: Int @join__field(graph: B, requires: "owner { age }")
  owner: Owner @join__field(graph: A) @join__field(graph: B, external: true)
  x: Int @join__field(graph: B, requires: "y") @join__field(graph: C, external: true)
  y: Int @join__field(graph: C, requires: "x") @join__field(graph: B, external: true)
}
type Owner @join__type(graph: A, key: "id") @join__type(graph: B) @join__type(graph: C, key: "id") {
  id: ID! @join__field(graph: A) @join__field(graph: C)
  age: Int @join__field(graph: C) @join__field(graph: B, external: true)
}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{ p { cm } }", ["1 a", "2 b at p after 0"], id="the requirement is at hand"),
        pytest.param("{ p { f } }", ["1 a", "2 c at p after 0", "3 b at p after 1"], id="or fetched first"),
        pytest.param("{ p { f g } }", ["1 a", "2 c at p after 0", "3 b at p after 1"], id="one call for equal needs"),
        pytest.param(
            "{ p { f plain } }",
            ["1 a", "2 c at p after 0", "3 b at p after 1"],
            id="a plain field is asked for with one that needs more",
        ),
        pytest.param(
            "{ p { own } }", ["1 a", "2 b at p after 0", "3 a at p after 1"], id="a subgraph is entered again"
        ),
        pytest.param("{ p { h } }", ["1 a", "2 c at p after 0", "3 b at p after 1", "4 d at p after 2"], id="chains"),
        pytest.param("{ p { cm inch } }", ["1 a", "2 b at p after 0", "2 b at p after 0"], id="conflicting arguments"),
        pytest.param("{ p { deep } }", ["1 a", "2 c at p/owner after 0", "3 b at p after 1"], id="parts deeper inside"),
    ],
)
def test_a_requirement_is_fetched_and_handed_over(text: str, expected: list[str]):
    assert steps(planned(REQUIRES, text)) == expected


@pytest.mark.parametrize(
    ("text", "step", "expected"),
    [
        ("{ p { f g } }", 2, "P: id weight"),
        ("{ p { cm } }", 1, "P: id size__1"),
        ("{ p { deep } }", 2, "P: id owner{age}"),
        ("{ p { h } }", 3, "P: id f"),
    ],
)
def test_a_representation_carries_key_and_requirement(text: str, step: int, expected: str):
    assert asked(planned(REQUIRES, text).steps[step]) == {"P": expected}


def test_a_required_argument_and_the_clients_are_kept_apart():
    made = planned(REQUIRES, 'query ($u: String) { p { size(in: $u) cm x: size(in: "CM") } }')
    assert flat(made.steps[0].document) == (
        'query ($u: String) { p { size__3: size(in: $u) id size__1: size(in: "CM") } }'
    )
    assert asked(made.steps[1]) == {"P": "P: id size__1"}


def test_conflicting_requirements_get_a_representation_each():
    made = planned(REQUIRES, "{ p { cm inch } }")
    assert sorted(asked(step)["P"] for step in made.steps[1:]) == ["P: id size__1", "P: id size__2"]
    assert [wanted.name for wanted in made.steps[2].representations["P"].fields] == ["id", "size"]


def test_fields_that_require_each_other_cannot_be_had():
    for text, failing in (("{ p { x } }", "'p.x'"), ("{ p { y } }", "'p.y'"), ("{ p { x y } }", "'p.x', 'p.y'")):
        with pytest.raises(PlanningError, match=failing):
            planned(REQUIRES, text)


RING = """
type Query @join__type(graph: A) { p: P }
type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID!
  start: Int @join__field(graph: A) @join__field(graph: B, external: true)
  middle: Int @join__field(graph: B, requires: "start") @join__field(graph: A, external: true)
  end: Int @join__field(graph: A, requires: "middle")
}
"""


def test_a_requirement_may_pass_through_its_own_subgraph():
    assert steps(planned(RING, "{ p { end } }")) == ["1 a", "2 b at p after 0", "3 a at p after 1"]


LEAVES = """
type Query @join__type(graph: A) { p: P }
type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "id") {
  id: ID!
  s(n: Int): Int @join__field(graph: A) @join__field(graph: C, external: true)
  x: Int @join__field(graph: C, requires: "s(n: 1)") @join__field(graph: B, external: true)
  y: Int @join__field(graph: C, requires: "s(n: 2)") @join__field(graph: B, external: true)
  f: Int @join__field(graph: B, requires: "x")
  g: Int @join__field(graph: B, requires: "y")
}
"""


def test_fields_that_wait_for_the_same_subgraph_are_asked_together():
    """Each for another request of it."""
    made = planned(LEAVES, "{ p { f g } }")
    assert steps(made) == ["1 a", "2 c at p after 0", "2 c at p after 0", "3 b at p after 1,2"]
    assert asked(made.steps[3]) == {"P": "P: id y x"}


def test_a_requirement_that_is_in_view_needs_no_jump():
    types = REQUIRES.replace("{ p: P }", '{ p: P @join__field(graph: A, provides: "other") }')
    assert steps(planned(types, "{ p { own } }")) == ["1 a"]


# -- conditions, meta fields -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"), [(True, ["1 a", "2 c at p after 0", "3 b at p after 1"]), (False, ["1 a"])]
)
def test_a_false_condition_fetches_neither_the_field_nor_what_it_requires(value: bool, expected: list[str]):
    text = "query ($v: Boolean!) { p { id f @include(if: $v) } }"
    assert steps(planned(REQUIRES, text, conditions={"v": value})) == expected


@pytest.mark.parametrize("text", ["{ __typename }", "{ __schema { description } }", "{ p @skip(if: true) { id } }"])
def test_what_no_subgraph_has_to_answer_takes_no_step(text: str):
    assert steps(planned(REQUIRES, text)) == []


def test_an_object_without_any_field_left_is_still_asked_for():
    assert flat(planned(REQUIRES, "{ p { id @skip(if: true) } }").steps[0].document) == "{ p { __typename } }"


def test_the_type_name_of_an_object_type_is_not_asked_for():
    assert flat(planned(REQUIRES, "{ p { __typename id } }").steps[0].document) == "{ p { id } }"


@pytest.mark.parametrize(
    ("types", "text"),
    [
        (REQUIRES, "{ p { h plain deep own cm inch f g } }"),
        (REQUIRES, "{ p { f plain } }"),
        (RING, "{ p { end middle } }"),
    ],
)
def test_the_order_of_the_subgraphs_plays_no_part(types: str, text: str):
    assert_order_plays_no_part(types, text)

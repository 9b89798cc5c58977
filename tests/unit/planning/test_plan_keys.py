"""Which steps reach an object's fields: keys, parents, provided and required fields.

Each case is one idea. Steps are written as `level subgraph at path after steps`; see tests/unit/supergraphs.py.
"""

from __future__ import annotations

import pytest

from gateway.planning.plan import PlanningError
from tests.unit.planning.plans import asked, assert_order_plays_no_part, planned
from tests.unit.supergraphs import flat, steps

# -- keys --------------------------------------------------------------------------------------------------------------

ENTITY = """
type Query @join__type(graph: A) { p: P  ps: [P!] }
type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID!
  x: Int @join__field(graph: A) y: Int @join__field(graph: B) z: Int @join__field(graph: B)
}
"""

HOPS = """
type Query @join__type(graph: A) { p: P }
type P
  @join__type(graph: A, key: "upc") @join__type(graph: B, key: "upc") @join__type(graph: B, key: "id")
  @join__type(graph: C, key: "id") {
  upc: ID @join__field(graph: A) @join__field(graph: B)
  id: ID @join__field(graph: B) @join__field(graph: C)
  c: Int @join__field(graph: C)
}
"""

NESTED = """
type Query @join__type(graph: A) { p: P }
type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "owner { code }") {
  id: ID! @join__field(graph: A)
  owner: Owner! @join__field(graph: A) @join__field(graph: B)
  b: Int @join__field(graph: B)
}
type Owner @join__type(graph: A, key: "id") @join__type(graph: B) @join__type(graph: C, key: "id") {
  id: ID! @join__field(graph: A) @join__field(graph: C)
  code: ID! @join__field(graph: B) @join__field(graph: C)
}
"""

TWO_SOURCES = """
type Query @join__type(graph: A) { p: P }
type P @join__type(graph: A, key: "a") @join__type(graph: B, key: "a") @join__type(graph: C, key: "a b") {
  a: ID b: ID @join__field(graph: B) @join__field(graph: C) c: Int @join__field(graph: C)
}
"""

ALTERNATIVES = """
type Query @join__type(graph: A) { p: P }
type P
  @join__type(graph: A, key: "id")
  @join__type(graph: B, key: "id", resolvable: false) @join__type(graph: B, key: "sku")
  @join__type(graph: C, key: "sku") @join__type(graph: C, key: "id") {
  id: ID sku: ID @join__field(graph: A) @join__field(graph: B) @join__field(graph: C)
  b: Int @join__field(graph: B) c: Int @join__field(graph: C)
}
"""

ONE_WAY = """
type Query @join__type(graph: A) @join__type(graph: B) {
  fromA: P @join__field(graph: A) fromB: P @join__field(graph: B)
}
type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID @join__field(graph: A) @join__field(graph: B, external: true)
  a: Int @join__field(graph: A) b: Int @join__field(graph: B)
}
"""


@pytest.mark.parametrize(
    ("types", "text", "expected"),
    [
        pytest.param(ENTITY, "{ p { x } }", ["1 a"], id="one subgraph has it all"),
        pytest.param(ENTITY, "{ p { y z x } }", ["1 a", "2 b at p after 0"], id="one jump for all fields"),
        pytest.param(
            ENTITY, "{ p { y } q: ps { y } }", ["1 a", "2 b at p after 0", "2 b at ps after 0"], id="two paths"
        ),
        pytest.param(ENTITY, "{ p { y } q: p { z } }", ["1 a", "2 b at p after 0"], id="two aliases"),
        pytest.param(HOPS, "{ p { c } }", ["1 a", "2 b at p after 0", "3 c at p after 1"], id="two hops"),
        pytest.param(
            NESTED, "{ p { b } }", ["1 a", "2 c at p/owner after 0", "3 b at p after 1"], id="part of a key elsewhere"
        ),
        pytest.param(TWO_SOURCES, "{ p { c } }", ["1 a", "2 b at p after 0", "3 c at p after 1"], id="parts of a key"),
        pytest.param(ALTERNATIVES, "{ p { b } }", ["1 a", "2 b at p after 0"], id="the key that is resolvable"),
        pytest.param(ONE_WAY, "{ fromA { b } }", ["1 a", "2 b at fromA after 0"], id="an external key enters"),
        pytest.param(ONE_WAY, "{ fromB { b } }", ["1 b"], id="and what is held needs no key"),
    ],
)
def test_objects_are_entered_by_keys_that_are_there(types: str, text: str, expected: list[str]):
    assert steps(planned(types, text)) == expected


@pytest.mark.parametrize(
    ("types", "text", "step", "expected"),
    [
        (ENTITY, "{ p { y } }", 1, {"P": "P: id"}),
        (HOPS, "{ p { c } }", 1, {"P": "P: upc"}),
        (HOPS, "{ p { c } }", 2, {"P": "P: id"}),
        (NESTED, "{ p { b } }", 2, {"P": "P: owner{code}"}),
        (TWO_SOURCES, "{ p { c } }", 2, {"P": "P: a b"}),
        (ALTERNATIVES, "{ p { b } }", 1, {"P": "P: sku"}),
        (ALTERNATIVES, "{ p { c } }", 1, {"P": "P: sku"}),
    ],
)
def test_a_representation_holds_the_chosen_key_and_no_more(types: str, text: str, step: int, expected: dict[str, str]):
    assert asked(planned(types, text).steps[step]) == expected


@pytest.mark.parametrize(
    ("types", "text", "failing"),
    [
        (ONE_WAY, "{ fromB { a } }", "'fromB.a'"),
        (ONE_WAY, "{ fromA { a } fromB { a } }", "'fromB.a'"),
        (ONE_WAY, "{ fromB { a } x: fromB { a b } }", "'fromB.a', 'x.a'"),
        (ENTITY.replace(', key: "id")', ")"), "{ p { x y } }", "'p.y'"),
        (ENTITY.replace(', key: "id")', ")"), "{ p { y } ps { y } }", "'p.y', 'ps.y'"),
    ],
)
def test_without_a_way_planning_fails_and_names_the_fields(types: str, text: str, failing: str):
    with pytest.raises(PlanningError) as failed:
        planned(types, text)
    assert failed.value.code == "UNSATISFIABLE_OPERATION"
    assert f"answer {failing}:" in failed.value.message


def test_fields_of_one_position_come_in_document_order():
    document = planned(ENTITY, "{ ps { y x id } p { z x } }").steps[0].document
    assert flat(document) == "{ ps { id x } p { id x } }"


# -- shared fields, parents --------------------------------------------------------------------------------------------

SHARED = """
type Query @join__type(graph: A) @join__type(graph: B) @join__type(graph: C) { p: V vs: [V] }
type V @join__type(graph: A) @join__type(graph: B) @join__type(graph: C) {
  a: Int @join__field(graph: A) b: Int @join__field(graph: B) c: Int @join__field(graph: C) all: Int
  inner: V
}
"""

PARENT = """
type Query @join__type(graph: A) { p: P }
type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID part: Part }
type Part @join__type(graph: A) @join__type(graph: B) { a: Int @join__field(graph: A) b: Int @join__field(graph: B) }
"""


@pytest.mark.parametrize(
    ("types", "text", "expected"),
    [
        pytest.param(SHARED, "{ p { a b c } }", ["1 a", "1 b", "1 c"], id="a value type from every root"),
        pytest.param(SHARED, "{ p { a all } }", ["1 a"], id="no root without need"),
        pytest.param(SHARED, "{ p { inner { a inner { b } } } }", ["1 a", "1 b"], id="and below it"),
        pytest.param(SHARED, "{ p { a } vs { b } }", ["1 a", "1 b"], id="each field from its own"),
        pytest.param(PARENT, "{ p { part { a } } }", ["1 a"], id="a child that is at hand"),
        pytest.param(PARENT, "{ p { part { a b } } }", ["1 a", "2 b at p after 0"], id="the parent is entered again"),
    ],
)
def test_an_object_without_a_key_is_found_again_through_its_parent(types: str, text: str, expected: list[str]):
    assert sorted(steps(planned(types, text))) == sorted(expected)


def test_the_parent_that_is_entered_again_is_asked_for_the_child():
    step = planned(PARENT, "{ p { part { a b } } }").steps[1]
    assert "... on P { part { b } }" in flat(step.document)


# -- provides ----------------------------------------------------------------------------------------------------------

PROVIDES = """
type Query @join__type(graph: A) @join__type(graph: B) {
  plain: P @join__field(graph: A)
  given: P @join__field(graph: A, provides: "name part { x }")
  either: P @join__field(graph: A) @join__field(graph: B, provides: "name")
}
type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "id") {
  id: ID!
  name: String @join__field(graph: A, external: true) @join__field(graph: B, external: true) @join__field(graph: C)
  part: Part @join__field(graph: A, external: true) @join__field(graph: C)
}
type Part @join__type(graph: A) @join__type(graph: C) { x: Int y: Int @join__field(graph: C) }
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ plain { name } }", ["1 a", "2 c at plain after 0"]),
        ("{ given { name } }", ["1 a"]),
        ("{ given { name part { x } } }", ["1 a"]),
        ("{ given { name part { y } } }", ["1 a", "2 c at given after 0"]),
        ("{ either { name } }", ["1 b"]),
    ],
)
def test_a_provided_field_needs_no_jump(text: str, expected: list[str]):
    assert steps(planned(PROVIDES, text)) == expected


@pytest.mark.parametrize(
    ("types", "text"),
    [
        (ENTITY, "{ p { y x } ps { z } }"),
        (HOPS, "{ p { c id } }"),
        (NESTED, "{ p { b } }"),
        (ALTERNATIVES, "{ p { b c } }"),
        (SHARED, "{ p { a b c inner { all } } }"),
        (PARENT, "{ p { part { a b } } }"),
        (PROVIDES, "{ plain { name part { x y } } given { name } either { name } }"),
    ],
)
def test_the_order_of_the_subgraphs_plays_no_part(types: str, text: str):
    assert_order_plays_no_part(types, text)

"""The position solver: the cheapest way, compared with trying everything, and what else a solution says."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from gateway.federation.read_supergraph import load_supergraph
from gateway.federation.selection import Selections
from gateway.federation.supergraph import Supergraph
from gateway.operation.specialise import specialise
from gateway.planning.planner import plan_operation
from gateway.planning.solution import Item, ObjectPlan, Source, item_depth
from gateway.planning.solver import Solver
from tests.unit.planning.small_graphs import GRAPHS, SmallGraph, Wanted, cheapest, queries, small_graphs
from tests.unit.subgraph_schemas import request_problems
from tests.unit.supergraphs import load, operation

# The same graphs every time: a rare tie is a find for whoever searches for one, not for whoever runs the tests.
EXAMPLES = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[SmallGraph, Wanted]:
    graph = draw(small_graphs(plain_chains=draw(st.booleans())))
    return graph, draw(queries(graph))


def selections_of(text: str, supergraph: Supergraph) -> Selections:
    return specialise(operation(text, supergraph), {})


def solved(text: str, supergraph: Supergraph) -> ObjectPlan | None:
    return Solver(supergraph).solve("Query", selections_of(text, supergraph), ())


# -- against everything ------------------------------------------------------------------------------------------------


@EXAMPLES
@given(cases())
def test_a_solution_is_as_cheap_as_the_cheapest_of_all(case: tuple[SmallGraph, Wanted]):
    """In depth always. In requests the solver may miss a better way when two keys lead equally fast to one subgraph
    and only later turns out which one was shared, or when a deeper child would have cost less; on graphs of this size
    that has not been seen."""
    graph, wanted = case
    supergraph = load_supergraph(graph.sdl())
    found, best = solved(wanted.text(), supergraph), cheapest(graph, wanted)
    assert (None if found is None else found.cost[:2]) == best


@EXAMPLES
@given(cases())
def test_a_plan_keeps_what_the_solution_promised(case: tuple[SmallGraph, Wanted]):
    """No deeper, no more requests, and every request valid where it goes."""
    graph, wanted = case
    best = cheapest(graph, wanted)
    if best is None:
        return
    supergraph = load_supergraph(graph.sdl())
    made = plan_operation(operation(wanted.text(), supergraph), {}, supergraph)
    assert (made.depth, len(made.steps)) == best
    assert request_problems(made, supergraph) == []


@EXAMPLES
@given(cases(), st.permutations(GRAPHS))
def test_the_order_of_the_subgraphs_does_not_change_the_plan(case: tuple[SmallGraph, Wanted], order: list[str]):
    graph, wanted = case
    if cheapest(graph, wanted) is None:
        return
    documents = []
    for sdl in (graph.sdl(), graph.sdl(tuple(order))):
        supergraph = load_supergraph(sdl)
        made = plan_operation(operation(wanted.text(), supergraph), {}, supergraph)
        documents.append(sorted((step.level, step.graph, str(step.path), step.document) for step in made.steps))
    assert documents[0] == documents[1]


# -- what a solution says ----------------------------------------------------------------------------------------------

GRAPH = load(
    """
    type Query @join__type(graph: A) { p: P }
    type P
      @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "id") {
      id: ID! a: Int @join__field(graph: A) b: Int @join__field(graph: B)
      both: Int @join__field(graph: B) @join__field(graph: C) c: Int @join__field(graph: C)
    }
    """
)


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        # depth, requests, sum over all fields of (1 + level)
        ("{ p { a } }", (1, 1, 2 + 2)),
        ("{ p { a id } }", (1, 1, 2 + 4)),
        ("{ p { b } }", (2, 2, 2 + 3)),
        ("{ p { b c } }", (2, 3, 2 + 6)),
    ],
)
def test_cost_is_depth_then_requests_then_how_late_fields_come(text: str, cost: tuple[int, int, int]):
    found = solved(text, GRAPH)
    assert found is not None
    assert found.cost == cost


@pytest.mark.parametrize(
    ("text", "graphs"),
    [
        ("{ p { both } }", {"b"}),
        ("{ p { both c } }", {"c"}),
        ("{ p { both b } }", {"b"}),
        ("{ p { both b c } }", {"b", "c"}),
    ],
)
def test_a_field_comes_from_a_subgraph_that_is_asked_anyway(text: str, graphs: set[str]):
    found = solved(text, GRAPH)
    assert found is not None
    assert {graph for _, graph, _ in found.fetches} - {"a"} == graphs


def test_requests_are_told_by_path_subgraph_and_level():
    found = solved("{ p { a b c } }", GRAPH)
    assert found is not None
    assert found.fetches == {((), "a", 1), (("p",), "b", 2), (("p",), "c", 2)}


REQUIRING = load(
    """
    type Query @join__type(graph: A) { p: P }
    type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "id") {
      id: ID! a: Int @join__field(graph: A) @join__field(graph: B, external: true)
      b: Int @join__field(graph: B, requires: "a") @join__field(graph: C, external: true)
      c: Int @join__field(graph: C, requires: "b") @join__field(graph: A, external: true)
      d: Int @join__field(graph: A, requires: "c")
    }
    """
)


@pytest.mark.parametrize(
    ("field", "requests"),
    [
        ("b", {("b", 2)}),
        ("c", {("b", 2), ("c", 3)}),
        ("d", {("b", 2), ("c", 3), ("a", 4)}),
    ],
)
def test_a_computed_field_comes_after_what_it_requires(field: str, requests: set[tuple[str, int]]):
    found = solved(f"{{ p {{ {field} }} }}", REQUIRING)
    assert found is not None
    assert {(graph, level) for path, graph, level in found.fetches if path} == requests
    assert found.depth == 1 + len(requests)


def test_what_is_held_is_read_without_a_request():
    found = Solver(GRAPH).solve("P", selections_of("{ p { a id } }", GRAPH)[0].selections, (Source("a", "P"),))
    assert found is not None
    assert (found.depth, found.fetches, found.used) == (0, frozenset(), {"a"})


def test_a_source_that_comes_later_is_taken_into_account():
    """Levels count from the earliest source that holds the object."""
    selections = selections_of("{ p { b } }", GRAPH)[0].selections
    held = (Source("a", "P"), Source("b", "P", lateness=3))
    found = Solver(GRAPH).solve("P", selections, held)
    assert found is not None
    assert (found.depth, len(found.fetches)) == (3, 0)
    held = (Source("a", "P"), Source("c", "P", lateness=3))
    found = Solver(GRAPH).solve("P", selections, held)
    assert found is not None
    assert (found.depth, len(found.fetches)) == (1, 1)


def test_an_answer_is_remembered_for_the_same_question():
    solver = Solver(GRAPH)
    selections = selections_of("{ p { b } }", GRAPH)
    assert solver.solve("Query", selections, ()) is solver.solve("Query", selections, ())


def test_that_there_is_no_way_is_remembered_too():
    solver = Solver(GRAPH)
    selections = selections_of("{ p { b } }", GRAPH)[0].selections
    held = (Source("x", "P"),)
    assert solver.solve("P", selections, held) is None
    assert solver.solve("P", selections, held) is None


def test_every_item_names_its_providers_and_levels_add_up():
    found = solved("{ p { a b } }", GRAPH)
    assert found is not None
    (item,) = found.items
    assert item_depth(item) == 2
    assert item.child is not None
    (below,) = item.child.by_type
    assert {i.field.name: [(s.graph, s.lateness) for s in i.providers] for i in below.items} == {
        "a": [("a", 0)],
        "b": [("b", 1)],
    }


def test_learning_a_type_takes_its_time():
    """What comes after it is later, and costs more than what does not need it."""
    supergraph = load(
        """
        type Query @join__type(graph: R) { best: [Item!]! @join__field(graph: R) }
        interface Item @join__type(graph: C, key: "id") @join__type(graph: R, key: "id", isInterfaceObject: true) {
          id: ID! stars: Float @join__field(graph: R)
        }
        type Album implements Item @join__implements(graph: C, interface: "Item")
          @join__type(graph: C, key: "id") @join__type(graph: D, key: "id") {
          id: ID! tracks: Int @join__field(graph: C) label: Int @join__field(graph: D) stars: Float @join__field
        }
        """
    )
    costs = [
        solved(f"{{ best {{ {fields} }} }}", supergraph)
        for fields in ("stars", "... on Album { tracks }", "... on Album { label }")
    ]
    assert [found.cost[:2] if found else None for found in costs] == [(1, 1), (2, 2), (3, 3)]


# -- many choices ------------------------------------------------------------------------------------------------------


def wide(count: int) -> Supergraph:
    """An object whose n-th field lives in subgraph n and in one subgraph that has them all."""
    names = [f"g{n}" for n in range(count)]
    places = " ".join(f'@join__type(graph: {name.upper()}, key: "id")' for name in [*names, "all"])
    fields = " ".join(
        f"f{n}: Int @join__field(graph: G{n}) @join__field(graph: ALL)" for n in range(count)
    )  # fmt: skip
    return load(
        f"""type Query @join__type(graph: A) {{ p: P @join__field(graph: A) }}
        type P @join__type(graph: A, key: "id") {places} {{ id: ID! {fields} }}"""
    )


@pytest.mark.parametrize("count", [2, 4, 5, 9])
def test_one_subgraph_for_all_beats_one_for_each(count: int):
    """Up to five optional subgraphs every combination is tried; beyond that, what is not missed is dropped."""
    text = "{ p { " + " ".join(f"f{n}" for n in range(count)) + " } }"
    found = solved(text, wide(count))
    assert found is not None
    assert found.cost[:2] == (2, 2)


def test_requests_off_the_longest_way_are_saved():
    """`slow` takes three rounds whatever is done; `part` could be had in one round more cheaply in two."""
    supergraph = load(
        """
        type Query @join__type(graph: A) { p: P @join__field(graph: A) }
        type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: B, key: "k")
          @join__type(graph: C, key: "k") {
          id: ID! @join__field(graph: A) @join__field(graph: B)
          k: ID! @join__field(graph: B) @join__field(graph: C)
          slow: Int @join__field(graph: C)
          part: Part @join__field(graph: A) @join__field(graph: C)
        }
        type Part @join__type(graph: A, key: "id") @join__type(graph: C) @join__type(graph: D, key: "id") {
          id: ID! @join__field(graph: A) @join__field(graph: D)
          x: Int @join__field(graph: C) @join__field(graph: D)
        }
        """
    )
    found = solved("{ p { slow part { x } } }", supergraph)
    assert found is not None
    assert found.cost[:2] == (3, 3)
    assert "d" not in {graph for _, graph, _ in found.fetches}


def providers(items: tuple[Item, ...]) -> list[str]:
    return [source.graph for item in items for source in item.providers]


def test_an_object_whose_parts_lie_in_several_subgraphs_has_several_providers():
    supergraph = load(
        """
        type Query @join__type(graph: A) @join__type(graph: B) { v: V }
        type V @join__type(graph: A) @join__type(graph: B) {
          a: Int @join__field(graph: A) b: Int @join__field(graph: B) c: Int
        }
        """
    )
    split, single = solved("{ v { a b } }", supergraph), solved("{ v { a c } }", supergraph)
    assert split is not None
    assert single is not None
    assert providers(split.items) == ["a", "b"]
    assert providers(single.items) == ["a"]

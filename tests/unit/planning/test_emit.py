"""Whether two steps can present their objects once, and how a solution becomes steps."""

from __future__ import annotations

import pytest

from gateway.operation.specialise import specialise
from gateway.planning.draft import StepDraft
from gateway.planning.emit import Emitter, representations_agree
from gateway.planning.printing import print_path
from gateway.planning.solution import Source
from gateway.planning.solver import Solver
from tests.unit.planning.drafts import entry, jump, root
from tests.unit.supergraphs import films, load, operation

GRAPH = load(
    """
    type Query @join__type(graph: A) { p: P }
    type P @join__type(graph: A, key: "id") { id: ID x(a: Int): Int owner: Owner media: Media }
    type Owner @join__type(graph: A) { id: ID x(a: Int): Int }
    interface Media @join__type(graph: A) { x(a: Int): Int }
    type Film implements Media @join__implements(graph: A, interface: "Media") @join__type(graph: A)
      { x(a: Int): Int }
    type Book implements Media @join__implements(graph: A, interface: "Media") @join__type(graph: A)
      { x(a: Int): Int }
    """
)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("", "", True),
        ("x(a: 1)", "", True),
        ("x(a: 1)", "x(a: 1)", True),
        ("x(a: 1)", "x(a: 2)", False),
        ("x", "x(a: 2)", False),
        ("owner { x(a: 1) }", "owner { id }", True),
        ("owner { x(a: 1) }", "owner { x(a: 2) }", False),
        ("media { ... on Film { x(a: 1) } }", "media { ... on Book { x(a: 2) } }", True),
        ("media { ... on Film { x(a: 1) } }", "media { x(a: 2) }", False),
    ],
)
def test_a_representation_has_one_slot_per_name(one: str, other: str, expected: bool):
    mine, theirs = {"P": entry("P", "id", one)}, {"P": entry("P", "id", other)}
    assert representations_agree(mine, theirs, GRAPH) is expected
    assert representations_agree(theirs, mine, GRAPH) is expected


def test_objects_of_different_types_need_not_agree():
    assert representations_agree({"P": entry("P", "id", "x(a: 1)")}, {"Q": entry("Q", "id", "x(a: 2)")}, GRAPH)


@pytest.mark.parametrize(
    ("one", "other", "types"),
    [("X", "Y", {"X", "Y"}), (None, "X", None), ("X", None, None), (None, None, None)],
)
def test_a_step_is_widened_by_the_types_of_its_equal(one: str | None, other: str | None, types: set[str] | None):
    """Where one of them looks at no type, the joined step does not either."""
    emitter, needs = Emitter(GRAPH), root("a")
    drafted = [jump("b", "p" if name is None else f"p|{name}", [needs]) for name in (one, other)]
    for step in drafted:
        emitter._shared(step)
    (step,) = emitter.steps
    assert step.path[0].types == types


def test_one_object_is_presented_as_one_type():
    assert not representations_agree({"P": entry("P")}, {"P": entry("Owner")}, GRAPH)


def emitted(text: str) -> list[StepDraft]:
    supergraph = films()
    emitter = Emitter(supergraph)
    plan = Solver(supergraph).solve("Query", specialise(operation(text, supergraph), {}), ())
    assert plan is not None
    emitter.query(plan)
    return emitter.steps


def test_every_jump_becomes_a_step_behind_what_it_needs():
    drafted = emitted('{ search(text: "x") { stars ... on Film { shipping director { born } } } }')
    assert [(step.graph, print_path(step.path)) for step in drafted] == [
        ("catalog", ""),
        ("ratings", "search__1|Album,Film"),
        ("stock", "search__1|Film"),
        ("people", "search__1|Film/director"),
    ]
    assert all(step.needs == {drafted[0]} for step in drafted[1:])


def test_a_type_name_is_asked_for_where_the_type_decides():
    (step, *_) = emitted('{ search(text: "x") { title } film(id: 1) { title director { name } } }')
    search, film = step.selection.fields.values()
    assert search.below is not None
    assert film.below is not None
    assert search.below.typename
    assert not film.below.typename


def test_mutation_fields_follow_each_other():
    supergraph = load(
        """
        type Query @join__type(graph: A) { x: Int }
        type Mutation @join__type(graph: A) @join__type(graph: B) {
          a: Int @join__field(graph: A) b: Int @join__field(graph: B)
        }
        """,
        roots="query: Query mutation: Mutation",
    )
    emitter, solver = Emitter(supergraph), Solver(supergraph)
    for field in specialise(operation("mutation { a x: a b y: a }", supergraph), {}):
        graph = field.name  # type: ignore[union-attr] - each field is named like its subgraph
        plan = solver.solve("Mutation", (field,), (Source(graph, "Mutation"),))
        assert plan is not None
        emitter.mutation(plan, graph)
    assert [(step.graph, list(step.selection.fields)) for step in emitter.steps] == [
        ("a", ["a", "a__1"]),
        ("b", ["b"]),
        ("a", ["a__2"]),
    ]
    assert [len(step.needs) for step in emitter.steps] == [0, 1, 2]

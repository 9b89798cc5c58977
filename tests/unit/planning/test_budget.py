"""The planning budget: when it is spent, a plan still comes of it, answers the same, and says that it was cut short."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.federation.read_supergraph import load_supergraph
from gateway.operation.limits import Limits
from gateway.pipeline import Pipeline, PipelineOptions
from gateway.planning.plan import Plan, PlanningError
from gateway.planning.planner import plan_operation
from gateway.planning.printing import print_plan
from gateway.telemetry.telemetry import Telemetry
from tests.unit.planning.small_graphs import SmallGraph, Wanted, queries, small_graphs
from tests.unit.subgraph_schemas import request_problems
from tests.unit.supergraphs import load, operation

# Each of the two fields is in two subgraphs, of which only `c` has both.
CHOICE = load(
    """
    type Query @join__type(graph: A) { p: P }
    type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "id")
           @join__type(graph: D, key: "id") {
      id: ID!
      x: Int @join__field(graph: B) @join__field(graph: C)
      y: Int @join__field(graph: C) @join__field(graph: D)
    }
    """
)
TEXT = "{ p { x y } }"


def planned(choices: int) -> Plan:
    return plan_operation(operation(TEXT, CHOICE), {}, CHOICE, choices=choices)


def test_with_enough_choices_the_cheapest_plan_is_found():
    made = planned(100)
    assert [step.graph for step in made.steps] == ["a", "c"]
    assert not made.is_cut_short
    assert "cut short" not in print_plan(made)


def test_when_they_are_spent_a_plan_comes_of_it_and_says_so():
    made = planned(0)
    assert request_problems(made, CHOICE) == []
    assert {key for step in made.steps for keys in step.fields.values() for key in keys} >= {"p", "x", "y"}
    assert made.is_cut_short
    assert print_plan(made).startswith("the search was cut short")


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_budget_makes_an_operation_unanswerable(data: st.DataObject):
    """Over random graphs: the same operations can be planned, by valid requests; what was not cut short is the same."""
    graph: SmallGraph = data.draw(small_graphs())
    wanted: Wanted = data.draw(queries(graph))
    supergraph = load_supergraph(graph.sdl())
    asked = operation(wanted.text(), supergraph)
    try:
        full = plan_operation(asked, {}, supergraph)
    except PlanningError:
        full = None
    try:
        short = plan_operation(asked, {}, supergraph, choices=0)
    except PlanningError:
        short = None
    assert (full is None) == (short is None)
    if full is not None and short is not None:
        assert request_problems(short, supergraph) == []
        assert short.is_cut_short or print_plan(short) == print_plan(full)


def test_plans_that_were_cut_short_are_counted():
    telemetry = Telemetry()
    options = PipelineOptions(limits=Limits(planning_choices=1))
    pipeline = Pipeline(CHOICE, {}, options, telemetry)
    for _ in range(2):
        pipeline.plan(pipeline.prepare(TEXT), {})
    assert telemetry.metrics.plans_cut_short.series == {(): 1}

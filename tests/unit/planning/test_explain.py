"""Why a plan is as it is: every field of every request has its reason, and what is said of costs is so."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from graphql import FieldNode, OperationDefinitionNode, SelectionSetNode, parse

from gateway.federation.supergraph import Supergraph
from gateway.planning.explain import ExplainedPlan, Reason, explain_plan
from gateway.planning.explain_printing import print_explained
from gateway.planning.plan import FetchStep
from gateway.planning.printing import print_plan
from tests.plans.pairs import PAIRS, Pair
from tests.support.gateway import supergraph_of
from tests.unit.supergraphs import films, load, operation, plan

SEARCH = '{ search(text: "x") { title stars ... on Film { shipping director { name born } } } }'


def explain(text: str, supergraph: Supergraph, **options: bool) -> ExplainedPlan:
    """The plan of a query without conditions, with its reasons."""
    return explain_plan(operation(text, supergraph), {}, supergraph, **options)


def reasons(explained: ExplainedPlan) -> dict[tuple[str, str], Reason]:
    """By the subgraph that is asked and the field's coordinate."""
    graphs = {step.id: step.graph for step in explained.plan.steps}
    return {(graphs[step], reason.coordinate): reason for step, all_ in explained.reasons.items() for reason in all_}


def fields_of(step: FetchStep) -> set[str]:
    """Names of the fields that a step's request selects, whatever their aliases."""
    (definition,) = parse(step.document).definitions
    assert isinstance(definition, OperationDefinitionNode)

    def walk(node: SelectionSetNode) -> Iterator[str]:
        for selection in node.selections:
            if isinstance(selection, FieldNode):
                yield selection.name.value
            if selection.selection_set is not None:
                yield from walk(selection.selection_set)

    return set(walk(definition.selection_set)) - {"_entities", "__typename"}


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_every_field_of_every_request_has_a_reason_and_no_other_has(pair: Pair) -> None:
    """Over graphs with every directive; the plan that is explained is the plan that is run."""
    supergraph = supergraph_of(pair.scenario)
    prepared = operation(pair.query.read_text(), supergraph)
    conditions = dict.fromkeys(prepared.condition_variables, True)
    explained = explain_plan(prepared, conditions, supergraph)
    assert print_plan(explained.plan) == print_plan(plan(prepared.text, supergraph, conditions))
    for step in explained.plan.steps:
        told = {reason.coordinate.partition(".")[2] for reason in explained.reasons[step.id]}
        assert told - {"__typename"} == fields_of(step)
        assert all(reason.how or reason.serves for reason in explained.reasons[step.id])


def test_the_tree_shows_each_step_once_with_its_reasons() -> None:
    """In full: what a reader sees first."""
    text = print_explained(explain("{ film(id: 1) { shipping } }", films()))
    assert text == (
        "2 requests in 2 levels, to catalog and stock\n"
        "\n"
        "#0 catalog  level 1  query\n"
        "│   {\n"
        "│     film__1: film(id: 1) {\n"
        "│       id\n"
        "│       weight__1: weight(unit: KG)\n"
        "│     }\n"
        "│   }\n"
        "│   · Query.film: a root field; no other subgraph has it\n"
        "│   · Film.id: serves: key of stock\n"
        "│   · Film.weight: serves: required by stock for Film.shipping\n"
        "│\n"
        "└─ #1 stock  level 2  Film(id weight__1) at film__1  after #0\n"
        "       query ($representations: [_Any!]!) {\n"
        "         _entities(representations: $representations) {\n"
        "           ... on Film {\n"
        "             shipping\n"
        "           }\n"
        "         }\n"
        "       }\n"
        "       · Film.shipping: entered by `id`, computes it from `weight(unit: KG)`; no other subgraph has it\n"
    )


def test_a_plan_without_fetches_says_so() -> None:
    assert print_explained(explain("{ __typename }", films())) == "no fetches\n"


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_every_step_is_in_the_tree_once(pair: Pair) -> None:
    supergraph = supergraph_of(pair.scenario)
    prepared = operation(pair.query.read_text(), supergraph)
    explained = explain_plan(prepared, dict.fromkeys(prepared.condition_variables, True), supergraph)
    heads = re.findall(r"^[│├└─ ]*#(\d+) ", print_explained(explained), re.MULTILINE)
    assert sorted(map(int, heads)) == [step.id for step in explained.plan.steps]


def test_what_brings_a_field_is_told() -> None:
    """Held, provided, entered as an interface object, computed from a requirement, serving a key."""
    found = reasons(explain(SEARCH, films()))
    assert found["catalog", "Query.search"].how == "a root field"
    assert found["catalog", "Film.title"].how == "already holds the object"
    assert found["catalog", "Person.name"].how == "provided on the way there"
    assert found["ratings", "Film.stars"].how == "entered as Item by `id`"
    assert found["stock", "Film.shipping"].how == "entered by `id`, computes it from `weight(unit: KG)`"
    assert found["catalog", "Film.id"].serves == ("key of ratings", "key of stock")
    assert found["catalog", "Film.weight"].serves == ("required by stock for Film.shipping",)


# What the others would have cost


SHARED = """
type Query @join__type(graph: A) @join__type(graph: B) @join__type(graph: C) {
  top: Item @join__field(graph: A)
}
type Item @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "code") {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  code: ID @join__field(graph: B) @join__field(graph: C)
  name: String @join__field(graph: A) @join__field(graph: B)
  size: Int @join__field(graph: B) @join__field(graph: C)
  price: Int @join__field(graph: A, external: true) @join__field(graph: C)
}
"""
"""From `a`, `b` can be entered by `id`, and from there `c` by `code`."""


def other(text: str, field: tuple[str, str], sdl: str = SHARED) -> list[tuple[str, bool, str]]:
    """The alternatives that are told for a field."""
    found = reasons(explain(text, load(sdl)))[field].alternatives
    return [(one.graph, one.possible, one.told) for one in found]


def test_what_is_held_is_weighed_against_a_further_request() -> None:
    assert other("{ top { name } }", ("a", "Item.name")) == [("b", True, "1 request more and 1 level later")]


def test_a_source_behind_another_costs_both() -> None:
    assert other("{ top { size } }", ("b", "Item.size")) == [("c", True, "1 request more and 1 level later")]


def test_a_request_that_is_made_anyway_costs_a_level_only() -> None:
    """`price` needs `b` and `c`: reading `size` in `c` costs no request, but comes later."""
    assert other("{ top { size price } }", ("b", "Item.size")) == [("c", True, "1 level later")]
    assert other("{ top { name size } }", ("a", "Item.name")) == [("b", True, "1 level later")]


def test_a_cost_is_the_difference_between_two_real_plans() -> None:
    """Without the chosen source, the plan is what the other was said to cost."""
    with_a = plan("{ top { name } }", load(SHARED))
    without = SHARED.replace("name: String @join__field(graph: A) @join", "name: String @join")
    with_b = plan("{ top { name } }", load(without))
    assert (len(with_b.steps) - len(with_a.steps), with_b.depth - with_a.depth) == (1, 1)


def test_a_source_that_cannot_be_entered_is_told_with_the_key_that_is_missing() -> None:
    closed = SHARED.replace("code: ID @join__field(graph: B) @join__field(graph: C)", "code: ID @join__field(graph: C)")
    assert other("{ top { size } }", ("b", "Item.size"), closed) == [
        ("c", False, '"c" can be entered by "code" only, which cannot be had from "a"')
    ]


def test_an_external_field_is_told_as_such() -> None:
    assert other("{ top { price } }", ("c", "Item.price")) == [("a", False, 'in "a" it is external')]


def test_choices_of_equal_cost_are_told_as_such() -> None:
    twins = """
    type Query @join__type(graph: A) @join__type(graph: B) { greeting: String }
    """
    assert other("{ greeting }", ("a", "Query.greeting"), twins) == [("b", True, "as cheap")]


def test_keys_that_arguments_give_need_no_reason() -> None:
    """The early step has its field, and nothing else is fetched for its key."""
    (pair,) = (pair for pair in PAIRS if str(pair) == "club/lookup")
    supergraph = supergraph_of(pair.scenario)
    prepared = operation(pair.query.read_text(), supergraph)
    conditions = dict.fromkeys(prepared.condition_variables, True)
    early = explain_plan(prepared, conditions, supergraph)
    late = explain_plan(prepared, conditions, supergraph, lookups=False)
    assert any(step.is_early for step in early.plan.steps)
    assert not any(step.is_early for step in late.plan.steps)
    served = {purpose for found in late.reasons.values() for reason in found for purpose in reason.serves}
    assert any(purpose.startswith("key of ") for purpose in served)


def test_steps_that_share_a_request_are_told_together() -> None:
    """They are one request of those that are counted."""
    supergraph = films()
    prepared = operation("{ a: film(id: 1) { shipping } b: film(id: 2) { shipping } }", supergraph)
    apart = print_explained(explain_plan(prepared, {}, supergraph))
    joined = print_explained(explain_plan(prepared, {}, supergraph, joins={"stock"}))
    assert apart.startswith("3 requests in 2 levels, to catalog and stock\n")
    assert joined.startswith("2 requests in 2 levels, to catalog and stock\n")
    assert "at film__1  after #0  in one request with #2\n" in joined
    assert "in one request" not in apart


def test_a_search_that_was_cut_short_says_so() -> None:
    supergraph = films()
    prepared = operation(SEARCH, supergraph)
    assert "cut short" not in print_explained(explain_plan(prepared, {}, supergraph))
    explained = explain_plan(prepared, {}, supergraph, choices=0)
    assert ("cut short" in print_explained(explained)) == explained.plan.is_cut_short


def test_fields_that_verify_entities_are_told_as_such() -> None:
    supergraph = films()
    prepared = operation("{ film(id: 1) { shipping } }", supergraph)
    explained = explain_plan(prepared, {}, supergraph, echo={"stock"})
    found = reasons(explained)["stock", "Film.id"]
    assert found.serves == ("verified against the key that was asked for",)

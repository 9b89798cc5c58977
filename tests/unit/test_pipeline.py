"""The pipeline: what is kept between requests, what is refused, and that the stages fit together."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.admission.errors import CostBudgetSpent
from gateway.operation.cost_limit import CostLimit
from gateway.operation.errors import RequestError
from gateway.operation.limits import Limits
from gateway.operation.request import GraphQLRequest
from gateway.pipeline import Pipeline, PipelineOptions
from gateway.planning.plan import PlanningError
from gateway.response.response import GraphQLResponse
from tests.unit.execution.sources import Held, answering, context, entities
from tests.unit.supergraphs import load

pytestmark = pytest.mark.anyio

GRAPH = load(
    """
    type Query @join__type(graph: A) {
      p(id: ID!): P @join__field(graph: A) @join__directive(graphs: [A], name: "lookup") lost: Lost n(v: Int): Int
    }
    type Mutation @join__type(graph: A) { add(n: Int!): Int }
    type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
      id: ID! a: Int @join__field(graph: A) b: Int @join__field(graph: B)
    }
    type Lost @join__type(graph: A) @join__type(graph: B) {
      a: Int @join__field(graph: A) b: Int @join__field(graph: B)
    }
    """,
    roots="query: Query mutation: Mutation",
    join="0.4",
)


def pipeline(*sources: Any, **options: Any) -> Pipeline:
    return Pipeline(GRAPH, {source.name: source for source in sources}, PipelineOptions(**options))


async def answered(over: Pipeline, document: str, **request: Any) -> GraphQLResponse:
    return await over.run(GraphQLRequest(document, **request), context())


# -- stages ------------------------------------------------------------------------------------------------------------


async def test_a_request_passes_through_all_stages():
    a, b = answering("a", {"p__1": {"a": 1}}), answering("b", entities({"b": 2}))
    response = await answered(pipeline(a, b), "query ($id: ID!) { x: p(id: $id) { y: b a } }", variables={"id": 7})
    assert response == GraphQLResponse({"x": {"y": 2, "a": 1}}, [], {})
    assert b.requests[0].variables == {"representations": [{"__typename": "P", "id": "7"}]}
    assert a.requests[0].variables == {"id": "7"}


async def test_what_fails_is_an_error_beside_the_rest():
    response = await answered(
        pipeline(answering("a", {"p__1": {"a": 1}}), answering("b", ValueError())), "{ p(id: 1) { a b } }"
    )
    assert response.data == {"p": {"a": 1, "b": None}}
    assert [error["path"] for error in response.errors] == [["p", "b"]]


async def test_introspection_is_answered_beside_the_services():
    response = await answered(pipeline(answering("a", {"n": 5})), '{ n t: __type(name: "P") { name } __typename }')
    assert response.data == {"n": 5, "t": {"name": "P"}, "__typename": "Query"}


async def test_introspection_alone_asks_no_service():
    a = answering("a", {})
    response = await answered(pipeline(a), "{ __schema { queryType { name } } }")
    assert response.data == {"__schema": {"queryType": {"name": "Query"}}}
    assert a.requests == []


async def test_lookups_can_be_switched_off():
    document = "{ p(id: 1) { b } }"
    assert [p.plan(p.prepare(document), {}).depth for p in (pipeline(), pipeline(lookups=False))] == [1, 2]


async def test_an_operation_that_no_subgraph_can_answer_is_an_answer_with_an_error():
    response = await answered(pipeline(answering("a", {})), "{ lost { a b } }")
    assert (response.data, response.executed) == (None, True)
    (error,) = response.errors
    assert error["extensions"] == {"code": "UNSATISFIABLE_OPERATION"}
    assert "'lost.b'" in error["message"]


async def test_the_deadline_is_the_contexts():
    response = await pipeline(Held("a")).run(GraphQLRequest("{ n }"), context(0.01))
    assert [error["extensions"]["code"] for error in response.errors] == ["DEADLINE_EXCEEDED"]


# -- request errors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (GraphQLRequest("{ n"), "GRAPHQL_PARSE_FAILED"),
        (GraphQLRequest("{ nope }"), "GRAPHQL_VALIDATION_FAILED"),
        (GraphQLRequest("{ n } query B { n }"), "OPERATION_RESOLUTION_FAILURE"),
        (GraphQLRequest("query A { n }", "B"), "OPERATION_RESOLUTION_FAILURE"),
        (GraphQLRequest("query ($v: Int) { n(v: $v) }", variables={"v": "x"}), "BAD_USER_INPUT"),
        (GraphQLRequest("query ($v: Int!) { n(v: $v) }"), "BAD_USER_INPUT"),
        (GraphQLRequest("mutation { add(n: 1) }", queries_only=True), "MUTATION_NOT_ALLOWED"),
        (GraphQLRequest("{ a: n b: n c: n }"), "OPERATION_TOO_LARGE"),
        (GraphQLRequest("query ($v: Int) { n(v: $v) }", variables={"v": [1] * 50}), "OPERATION_TOO_LARGE"),
        (GraphQLRequest("{ __schema { description } }"), "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_what_the_client_did_wrong_is_raised_before_any_service_is_asked(request_: GraphQLRequest, code: str):
    a = answering("a", {})
    with pytest.raises(RequestError) as refused:
        await pipeline(a, limits=Limits(root_fields=2, values=50), introspection=False).run(request_, context())
    assert refused.value.code == code
    assert a.requests == []


async def test_what_costs_too_much_is_refused_before_any_service_is_asked_and_counted_all_the_same():
    a = answering("a", {"p__1": {"a": 1}})
    over = pipeline(a, cost=CostLimit(most=0))
    with pytest.raises(RequestError) as refused:
        await answered(over, "{ p(id: 1) { a } }")
    assert refused.value.code == "OPERATION_TOO_EXPENSIVE"
    assert a.requests == []
    assert over.telemetry.metrics.costs.count("query") == 1


async def test_a_plan_of_too_many_fetches_is_refused_before_the_first():
    a, b = answering("a", {"p__1": {"a": 1}}), answering("b", entities({"b": 2}))
    over = pipeline(a, b, limits=Limits(fetches=1))
    assert (await answered(over, "{ p(id: 1) { a } }")).data == {"p": {"a": 1}}
    with pytest.raises(RequestError) as refused:
        await answered(over, "{ p(id: 1) { a b } }")
    assert refused.value.errors[0]["extensions"]["limit"] == "fetches"
    assert len(a.requests) == 1


async def test_the_cost_is_taken_from_the_clients_budget_before_any_service_is_asked():
    a = answering("a", {"p__1": {"a": 1}})
    budget = [2]

    async def spend(cost: int) -> None:
        if cost > budget[0]:
            raise CostBudgetSpent("spent", 1)
        budget[0] -= cost

    over = pipeline(a)
    for _ in range(2):
        assert (await answered(over, "{ p(id: 1) { a } }", spend=spend)).data == {"p": {"a": 1}}
    with pytest.raises(CostBudgetSpent):
        await answered(over, "{ p(id: 1) { a } }", spend=spend)
    assert len(a.requests) == 2


async def test_a_trace_says_what_the_operation_was_estimated_to_cost():
    over = pipeline(answering("a", {"p__1": {"a": 1}}), explain=True)
    response = await answered(over, "{ p(id: 1) { a } }", extensions={"braid": {"trace": True}})
    assert response.extensions["trace"]["cost"] == 1


async def test_a_mutation_is_allowed_where_side_effects_are_and_a_query_everywhere():
    over = pipeline(answering("a", {"add__1": 1, "n": 2}))
    assert (await answered(over, "mutation { add(n: 1) }")).data == {"add": None}
    assert (await answered(over, "{ n }", queries_only=True)).data == {"n": 2}


# -- caches ------------------------------------------------------------------------------------------------------------


def test_the_same_text_is_prepared_and_planned_once():
    over = pipeline()
    first = over.prepare("{ n }")
    assert over.prepare("{ n }") is first
    assert over.plan(first, {}) is over.plan(first, {})


def test_another_text_or_another_operation_of_it_is_prepared_by_itself():
    over = pipeline()
    text = "query A { n } query B { x: n }"
    assert over.prepare(text, "A") is not over.prepare(text, "B")
    assert over.prepare("{ n }") is not over.prepare("{ n  }")


def test_other_variables_have_the_same_plan():
    over = pipeline()
    operation = over.prepare("query ($v: Int) { n(v: $v) }")
    assert over.plan(operation, {"v": 1}) is over.plan(operation, {"v": 2}) is over.plan(operation, {})


CONDITIONAL = "query ($x: Boolean!, $y: Boolean!) { p(id: 1) { a @include(if: $x) b @skip(if: $y) } }"


def test_each_combination_of_conditions_has_a_plan_of_its_own():
    over = pipeline()
    operation = over.prepare(CONDITIONAL)
    combinations = [(x, y) for x in (False, True) for y in (False, True)]
    plans = [over.plan(operation, {"x": x, "y": y}) for x, y in combinations]
    assert len({id(plan) for plan in plans}) == 4
    assert [len(plan.steps) for plan in plans] == [2, 1, 2, 1]
    assert [over.plan(operation, {"x": x, "y": y}) for x, y in combinations] == plans


async def test_the_answer_follows_the_conditions_of_each_request():
    over = pipeline(answering("a", {"p__1": {"a": 1}}), answering("b", entities({"b": 2})))
    answers = [
        (await answered(over, CONDITIONAL, variables={"x": x, "y": y})).data
        for x, y in ((True, False), (False, True), (True, True), (True, False))
    ]
    assert answers == [{"p": {"a": 1, "b": 2}}, {"p": {}}, {"p": {"a": 1}}, {"p": {"a": 1, "b": 2}}]


def test_prepared_operations_are_bounded_and_the_least_used_goes_first():
    over = pipeline(operations=2)
    first, second = over.prepare("{ a: n }"), over.prepare("{ b: n }")
    over.prepare("{ a: n }")
    over.prepare("{ c: n }")
    assert over.prepare("{ a: n }") is first
    assert over.prepare("{ b: n }") is not second


def test_plans_are_bounded():
    over = pipeline(plans=2)
    operations = [over.prepare(f"{{ {name}: n }}") for name in "abc"]
    plans = [over.plan(operation, {}) for operation in operations]
    assert over.plan(operations[1], {}) is plans[1]
    assert over.plan(operations[0], {}) is not plans[0]


@pytest.mark.parametrize(("count", "is_kept"), [(8, True), (9, False)])
def test_an_operation_with_many_conditions_does_not_fill_the_cache(count: int, is_kept: bool):
    """Each more doubles its plans."""
    names = [f"v{n}" for n in range(count)]
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    text = f"query ({declared}) {{ n " + " ".join(f"x{n}: n @skip(if: ${n})" for n in names) + " }"
    over = pipeline()
    operation = over.prepare(text)
    values = dict.fromkeys(names, True)
    assert (over.plan(operation, values) is over.plan(operation, values)) is is_kept


def test_what_cannot_be_answered_is_raised_by_planning():
    over = pipeline()
    with pytest.raises(PlanningError):
        over.plan(over.prepare("{ lost { a b } }"), {})


def test_two_pipelines_share_nothing():
    assert pipeline().prepare("{ n }") is not pipeline().prepare("{ n }")

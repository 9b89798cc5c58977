"""Running plans: what is sent, when it starts, when it is given up."""

from __future__ import annotations

import asyncio

import pytest

from gateway.execution.execute import Fetched
from tests.unit.execution.sources import (
    Held,
    answering,
    entities,
    execute,
    failures,
    fetched,
    settle,
)
from tests.unit.supergraphs import load, plan, steps

pytestmark = pytest.mark.anyio

# b and c hang off a; d hangs off b alone; e needs something of both b and c.
GRAPH = load(
    """
    type Query @join__type(graph: A) { p: P ps: [P] }
    type P
      @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "id")
      @join__type(graph: D, key: "kb") @join__type(graph: E, key: "kb kc") {
      id: ID! a: Int @join__field(graph: A)
      b: Int @join__field(graph: B) kb: ID @join__field(graph: B) @join__field(graph: D) @join__field(graph: E)
      c(n: Int, s: String = "x"): Int @join__field(graph: C) kc: ID @join__field(graph: C) @join__field(graph: E)
      d: Int @join__field(graph: D) e: Int @join__field(graph: E)
    }
    """
)
LOOKUP = load(
    """
    type Query @join__type(graph: A) {
      p(id: ID!): P @join__field(graph: A) @join__directive(graphs: [A], name: "lookup")
    }
    type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "kb") {
      id: ID! a: Int @join__field(graph: A) b: Int @join__field(graph: B)
      kb: ID @join__field(graph: B) @join__field(graph: C) c: Int @join__field(graph: C)
    }
    """,
    join="0.4",
)


class Run:
    """A plan that is running over sources which answer on demand."""

    def __init__(self, text: str, supergraph=GRAPH, *, deadline_s: float = 30.0) -> None:
        self.sources = {name: Held(name) for name in supergraph.graphs}
        self.plan = plan(text, supergraph)
        self.task = asyncio.ensure_future(execute(self.plan, supergraph, *self.sources.values(), deadline_s=deadline_s))

    @property
    def asked(self) -> str:
        """The subgraphs that have an unanswered request."""
        return " ".join(name for name, source in self.sources.items() if source.waiting)

    async def answer(self, name: str, data: dict | None, *errors: dict) -> None:
        await self.sources[name].answer(data, *errors)

    async def done(self) -> Fetched:
        return await asyncio.wait_for(self.task, 1)


async def started(text: str, supergraph=GRAPH, **options: float) -> Run:
    run = Run(text, supergraph, **options)
    await settle()
    return run


# -- what is sent ------------------------------------------------------------------------------------------------------


async def test_data_of_all_steps_is_put_together():
    a = answering("a", {"p": {"id": "1", "a": 10}})
    b = answering("b", entities({"b": 20}))
    result = await fetched("{ p { a b } }", GRAPH, a, b)
    assert result.data == {"p": {"id": "1", "a": 10, "b": 20}}
    assert result.failures == []


async def test_each_step_gets_its_document_and_nothing_but_its_variables():
    made = plan("query ($n: Int, $s: String, $x: Int) { p { a c(n: $n, s: $s) } ps { c(n: $x) } }", GRAPH)
    a = answering("a", {"p": {"id": "1"}, "ps": []})
    c = answering("c", entities({"c__1": 1}))
    await execute(made, GRAPH, a, c, variables={"n": 1, "x": 2, "other": 3})
    assert [request.document for request in c.requests] == [made.steps[1].document]
    # $s was not given: the subgraph's own default applies, not a null.
    assert dict(c.requests[0].variables) == {"n": 1, "representations": [{"__typename": "P", "id": "1"}]}
    assert dict(a.requests[0].variables) == {}


async def test_the_document_is_the_same_text_object_every_time():
    """Subgraphs cache by it."""
    made = plan("{ p { a } }", GRAPH)
    a = answering("a", {"p": None})
    for _ in range(2):
        await execute(made, GRAPH, a)
    assert a.requests[0].document is a.requests[1].document


async def test_equal_objects_are_asked_for_once_and_all_get_the_answer():
    a = answering("a", {"ps": [{"id": "1"}, {"id": "2"}, None, {"id": "1"}]})
    b = answering("b", entities({"b": 10}, {"b": 20}))
    result = await fetched("{ ps { b } }", GRAPH, a, b)
    assert [p and p["b"] for p in result.data["ps"]] == [10, 20, None, 10]
    assert len(b.requests[0].variables["representations"]) == 2


async def test_without_batching_each_object_is_sent_for_itself():
    a = answering("a", {"ps": [{"id": "1"}, {"id": "1"}]})
    b = answering("b", entities({"b": 10}, {"b": 20}))
    result = await fetched("{ ps { b } }", GRAPH, a, b, batching=False)
    assert [p["b"] for p in result.data["ps"]] == [10, 20]


@pytest.mark.parametrize(
    "answer", [{"ps": []}, {"ps": None}, {"ps": [None, None]}, {}, {"ps": [[]]}, {"ps": [{"id": None}]}]
)
async def test_without_objects_nobody_is_asked(answer: dict):
    b = answering("b", entities())
    result = await fetched("{ ps { b d } }", GRAPH, answering("a", answer), b, answering("d", entities()))
    assert b.requests == []
    assert result.failures == []


async def test_an_unknown_entity_leaves_its_object_as_it_is_and_is_no_failure():
    a = answering("a", {"ps": [{"id": "1"}, {"id": "2"}]})
    b = answering("b", entities(None, {"kb": "k"}))
    d = answering("d", entities({"d": 5}))
    result = await fetched("{ ps { d } }", GRAPH, a, b, d)
    assert result.data["ps"] == [{"id": "1"}, {"id": "2", "kb": "k", "d": 5}]
    assert result.failures == []
    assert d.requests[0].variables["representations"] == [{"__typename": "P", "kb": "k"}]


async def test_a_plan_without_steps_gives_no_data():
    result = await fetched("{ __typename }", GRAPH)
    assert (result.data, result.failures) == ({}, [])


async def test_names_that_clashed_on_the_wire_are_renamed():
    graph = load(
        """
        type Query @join__type(graph: A) { any: [Any] }
        type X @join__type(graph: A, key: "id") @join__type(graph: B, key: "id")
          { id: ID! v: Int @join__field(graph: B) w: Int @join__field(graph: A) }
        type Y @join__type(graph: A, key: "id") @join__type(graph: B, key: "id")
          { id: ID! v: String @join__field(graph: B) w: String @join__field(graph: A) }
        union Any @join__type(graph: A)
          @join__unionMember(graph: A, member: "X") @join__unionMember(graph: A, member: "Y") = X | Y
        """
    )
    a = answering("a", {"any": [{"__typename": "X", "id": "1", "w": 1}, {"__typename": "Y", "id": "2", "w__as1": "y"}]})
    b = answering("b", entities({"v": 1}, {"v__as1": "z"}))
    result = await fetched("{ any { ... on X { v w } ... on Y { a: v b: w } } }", graph, a, b)
    assert [(x["v"], x["w"]) for x in result.data["any"]] == [(1, 1), ("z", "y")]


async def test_a_root_request_further_down_is_merged_into_every_object_there():
    graph = load(
        """
        type Query @join__type(graph: A) @join__type(graph: B) {
          again: [Query] @join__field(graph: A) b: [Int] @join__field(graph: B)
        }
        """
    )
    a, b = answering("a", {"again": [{}, None, {}]}), answering("b", {"b": [1, 2]})
    result = await fetched("{ again { b } }", graph, a, b)
    assert result.data == {"again": [{"b": [1, 2]}, None, {"b": [1, 2]}]}
    assert result.data["again"][0]["b"] is not result.data["again"][2]["b"]
    assert len(b.requests) == 1


# -- when it starts ----------------------------------------------------------------------------------------------------


async def test_a_step_starts_when_its_own_dependencies_are_merged():
    """Not when everything of a level is there: d waits for b alone, however long c takes."""
    run = await started("{ p { b c d e } }")
    assert run.asked == "a"
    await run.answer("a", {"p": {"id": "1"}})
    assert run.asked == "b c"
    await run.answer("b", {"_entities": [{"b": 1, "kb": "k"}]})
    assert run.asked == "c d"
    await run.answer("d", {"_entities": [{"d": 2}]})
    assert run.asked == "c"
    await run.answer("c", {"_entities": [{"c": 3, "kc": "l"}]})
    assert run.asked == "e"
    await run.answer("e", {"_entities": [{"e": 4}]})
    result = await run.done()
    assert result.data["p"] == {"id": "1", "b": 1, "kb": "k", "c": 3, "kc": "l", "d": 2, "e": 4}


async def test_the_order_of_answers_plays_no_part():
    answers = {
        "b": {"_entities": [{"b": 1, "kb": "k"}]},
        "c": {"_entities": [{"c": 3, "kc": "l"}]},
        "d": {"_entities": [{"d": 2}]},
        "e": {"_entities": [{"e": 4}]},
    }
    results = []
    for preference in ("b c d e", "c b e d", "e d c b", "d e b c"):
        run = await started("{ p { b c d e } }")
        await run.answer("a", {"p": {"id": "1"}})
        while not run.task.done():
            name = next(name for name in preference.split() if name in run.asked.split())
            await run.answer(name, answers[name])
        results.append((await run.done()).data)
    assert all(result == results[0] for result in results)


async def test_root_steps_run_side_by_side():
    graph = load(
        """
        type Query @join__type(graph: A) @join__type(graph: B) {
          a: Int @join__field(graph: A) b: Int @join__field(graph: B)
        }
        """
    )
    run = await started("{ a b }", graph)
    assert run.asked == "a b"
    await run.answer("b", {"b": 2})
    await run.answer("a", {"a": 1})
    assert (await run.done()).data == {"a": 1, "b": 2}


async def test_mutations_run_one_after_the_other():
    graph = load(
        """
        type Query @join__type(graph: A) { x: Int }
        type Mutation @join__type(graph: A) @join__type(graph: B) {
          a: Int @join__field(graph: A) b: Int @join__field(graph: B)
        }
        """,
        roots="query: Query mutation: Mutation",
    )
    run = await started("mutation { a b x: a }", graph)
    for name, data in (("a", {"a": 1}), ("b", {"b": 2}), ("a", {"a__1": 3})):
        assert run.asked == name
        await run.answer(name, data)
    assert (await run.done()).data == {"a": 1, "b": 2, "a__1": 3}


async def test_a_failed_mutation_does_not_stop_the_next_one():
    graph = load(
        """
        type Query @join__type(graph: A) { x: Int }
        type Mutation @join__type(graph: A) @join__type(graph: B) {
          a: Int @join__field(graph: A) b: Int @join__field(graph: B)
        }
        """,
        roots="query: Query mutation: Mutation",
    )
    result = await fetched("mutation { a b }", graph, answering("a", RuntimeError()), answering("b", {"b": 2}))
    assert result.data == {"b": 2}
    assert failures(result) == [("a", "INTERNAL_SERVER_ERROR", [("a",)])]


# -- lookups -----------------------------------------------------------------------------------------------------------


async def test_a_lookup_starts_beside_the_root_and_whoever_waits_for_it_too():
    run = await started('{ p(id: "7") { a c } }', LOOKUP)
    assert run.asked == "a b"
    assert run.sources["b"].requests[0].variables == {"representations": [{"__typename": "P", "id": "7"}]}
    await run.answer("b", {"_entities": [{"kb": "k"}]})
    # The object is not there yet, so nothing can be merged into it, and c does not know its key.
    assert run.asked == "a"
    await run.answer("a", {"p__1": {"a": 1}})
    assert run.asked == "c"
    await run.answer("c", {"_entities": [{"c": 3}]})
    assert (await run.done()).data == {"p__1": {"a": 1, "kb": "k", "c": 3}}


@pytest.mark.parametrize("early_first", [True, False])
@pytest.mark.parametrize(
    ("root", "errors"),
    [({"p__1": None}, ()), ({"p__1": None}, ({"message": "gone", "path": ["p__1"]},)), (None, ({"message": "down"},))],
)
async def test_what_a_lookup_brought_is_dropped_when_there_is_no_object(root, errors, early_first: bool):
    run = await started("{ p(id: 7) { a b } }", LOOKUP)
    if early_first:
        await run.answer("b", {"_entities": [{"b": 2}]})
    await run.answer("a", root, *errors)
    if not early_first:
        await run.answer("b", {"_entities": [{"b": 2}]})
    result = await run.done()
    assert result.data in ({"p__1": None}, {})
    assert len(result.failures) == len(errors)


@pytest.mark.parametrize("early_first", [True, False])
async def test_a_failed_lookup_counts_only_when_there_is_an_object(early_first: bool):
    for root, count in (({"p__1": {"a": 1}}, 1), ({"p__1": None}, 0)):
        run = await started("{ p(id: 7) { a b } }", LOOKUP)
        steps_to_take = [("b", {"_entities": None}, ({"message": "no"},)), ("a", root, ())]
        for name, data, errors in steps_to_take if early_first else steps_to_take[::-1]:
            await run.answer(name, data, *errors)
        result = await run.done()
        assert failures(result) == [("b", "DOWNSTREAM_SERVICE_ERROR", [("p__1", "b")])] * count


async def test_a_lookup_is_over_when_the_root_is_although_it_hangs():
    """At the deadline the root's data is answered; the early step failed at its object."""
    run = await started("{ p(id: 7) { a b } }", LOOKUP, deadline_s=0.05)
    await run.answer("a", {"p__1": {"a": 1}})
    result = await run.done()
    assert result.data == {"p__1": {"a": 1}}
    assert failures(result) == [("b", "DEADLINE_EXCEEDED", [("p__1", "b")])]


# -- the deadline ------------------------------------------------------------------------------------------------------


def own_tasks() -> set[asyncio.Task]:
    return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}


async def test_at_the_deadline_what_has_arrived_is_answered():
    before = own_tasks()
    run = await started("{ p { b c d } }", deadline_s=0.05)
    await run.answer("a", {"p": {"id": "1"}})
    await run.answer("c", {"_entities": [{"c": 3}]})
    loop = asyncio.get_running_loop()
    begun = loop.time()
    result = await run.done()
    assert loop.time() - begun < 0.5
    assert result.data == {"p": {"id": "1", "c": 3}}
    assert failures(result) == [
        ("b", "DEADLINE_EXCEEDED", [("p", "b"), ("p", "kb")]),
        ("b", "DEADLINE_EXCEEDED", [("p", "d")]),
    ]
    assert run.sources["b"].cancelled == 1
    assert run.sources["d"].requests == []
    assert own_tasks() <= before


async def test_nothing_is_started_once_the_deadline_has_passed():
    run = await started("{ p { b } }", deadline_s=-1)
    result = await run.done()
    assert failures(result) == [("a", "DEADLINE_EXCEEDED", [("p",)])]
    assert run.sources["b"].requests == []


async def test_the_service_is_named_in_the_message_and_its_address_is_not():
    run = await started("{ p { a } }", deadline_s=0.01)
    (failure,) = (await run.done()).failures
    assert "'a'" in failure.cause.message
    assert "http" not in failure.cause.message


# -- cancellation ------------------------------------------------------------------------------------------------------


async def test_cancelling_a_request_cancels_its_fetches():
    before = own_tasks()
    run = await started("{ p { b c } }")
    await run.answer("a", {"p": {"id": "1"}})
    run.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run.task
    assert [run.sources[name].cancelled for name in "abc"] == [0, 1, 1]
    assert own_tasks() <= before


async def test_a_fetch_that_was_cancelled_from_within_costs_its_own_fields():
    b = answering("b", asyncio.CancelledError())
    result = await fetched("{ p { a b } }", GRAPH, answering("a", {"p": {"id": "1", "a": 1}}), b)
    assert result.data == {"p": {"id": "1", "a": 1}}
    assert failures(result) == [("b", "INTERNAL_SERVER_ERROR", [("p", "b")])]


def test_the_plans_of_these_tests_are_what_they_seem():
    assert steps(plan("{ p { b c d e } }", GRAPH)) == [
        "1 a",
        "2 b at p after 0",
        "2 c at p after 0",
        "3 d at p after 1",
        "3 e at p after 1,2",
    ]
    assert steps(plan("{ p(id: 7) { a c } }", LOOKUP)) == [
        "1 a", "1 b at p__1 merged after 0", "2 c at p__1 after 1"
    ]  # fmt: skip

"""Sharing: which queries are one, and that nobody who shares is worse off than alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import fields
from typing import Any

import pytest

from gateway.operation.request import GraphQLRequest
from gateway.pipeline import Pipeline, PipelineOptions
from gateway.response.response import GraphQLResponse
from gateway.services.request import RequestContext
from gateway.sharing import NEVER_IN_AN_ANSWER, key_of
from gateway.subgraphs.subgraph import SubgraphRequest, SubgraphResponse
from tests.unit.execution.sources import FAR_S, Held, settle
from tests.unit.supergraphs import load

pytestmark = pytest.mark.anyio

GRAPH = load(
    """
    type Query @join__type(graph: A) { n(v: Int = 7): Int m: Int }
    type Mutation @join__type(graph: A) { add(n: Int!): Int }
    """,
    roots="query: Query mutation: Mutation",
    join="0.4",
)
QUERY = "{ n }"
N = "n__1"
"""The internal key of `n` with arguments; without any it is `n`."""

Asked = asyncio.Task[GraphQLResponse]


class Sharers:
    """A pipeline that shares, over one held source, and requests to it."""

    def __init__(self, source: Any = None, **options: Any) -> None:
        self.source = source or Held("a")
        self.pipeline = Pipeline(GRAPH, {"a": self.source}, PipelineOptions(sharing=True, **options))
        self.pipeline.show()

    def ask(
        self,
        document: str = QUERY,
        *,
        deadline_s: float = FAR_S,
        headers: Mapping[str, str] | None = None,
        **request: Any,
    ) -> Asked:
        context = RequestContext("r", asyncio.get_running_loop().time() + deadline_s, headers=headers or {})
        return asyncio.ensure_future(self.pipeline.run(GraphQLRequest(document, **request), context))

    async def asked(self, count: int = 1, **request: Any) -> list[Asked]:
        """That many of the same request, each on its way as far as it gets."""
        tasks = [self.ask(**request) for _ in range(count)]
        await settle()
        return tasks

    @property
    def fetches(self) -> int:
        return len(self.source.requests)

    @property
    def counts(self) -> tuple[int, int]:
        """(taken, repeated) as metrics tell them."""
        sharing = self.pipeline.telemetry.metrics.sharing
        assert sharing is not None
        return sharing.taken, sharing.repeated


# -- what is one -------------------------------------------------------------------------------------------------------


async def test_identical_queries_are_fetched_once_and_answered_with_the_same_bytes():
    sharers = Sharers()
    tasks = await sharers.asked(3)
    assert sharers.fetches == 1
    await sharers.source.answer({"n": 5})
    bodies = [task.result().encode() for task in tasks]
    assert bodies == [b'{"data":{"n":5}}'] * 3
    assert bodies[0] is bodies[1] is bodies[2]
    assert sharers.counts == (2, 0)


async def test_without_the_option_every_query_is_fetched():
    sharers = Sharers()
    sharers.pipeline = Pipeline(GRAPH, {"a": sharers.source})
    await sharers.asked(3)
    assert sharers.fetches == 3


async def test_a_query_that_comes_after_the_answer_is_fetched_anew():
    """Sharing is no cache."""
    sharers = Sharers()
    [first] = await sharers.asked()
    await sharers.source.answer({"n": 5})
    [second] = await sharers.asked()
    assert first.done()
    assert not second.done()
    assert sharers.fetches == 2


DIFFERENT: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "document": ({"document": "{ n }"}, {"document": "{ n m }"}),
    "operation name": (
        {"document": "query A { n } query B { m }", "operation_name": "A"},
        {"document": "query A { n } query B { m }", "operation_name": "B"},
    ),
    "variables": ({"variables": {"v": 1}}, {"variables": {"v": 2}}),
    "a null variable": ({"variables": {"v": None}}, {"variables": {}}),
    "authorization": ({"headers": {"authorization": "alice"}}, {"headers": {"authorization": "bob"}}),
    "a header that one lacks": ({"headers": {"authorization": ""}}, {"headers": {}}),
    "another header": ({"headers": {"accept-language": "de"}}, {"headers": {"accept-language": "fr"}}),
    "a header's name": ({"headers": {"x-a": "1"}}, {"headers": {"x-b": "1"}}),
    "extensions": ({"extensions": {"x": 1}}, {"extensions": {"x": 2}}),
}


@pytest.mark.parametrize("different", DIFFERENT)
async def test_queries_that_may_be_answered_differently_do_not_share(different: str):
    sharers = Sharers()
    for request in DIFFERENT[different]:
        await sharers.asked(**{"document": "query ($v: Int) { n(v: $v) }", **request})
    assert sharers.fetches == 2
    assert sharers.counts == (0, 0)


SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a default that one sends": ({"variables": {"v": 3}}, {}),
    "a variable that is not used": ({"variables": {"other": 1}}, {}),
    "the order of headers": ({"headers": {"a": "1", "b": "2"}}, {"headers": {"b": "2", "a": "1"}}),
}


@pytest.mark.parametrize("same", SAME)
async def test_what_makes_no_difference_does_not_keep_queries_apart(same: str):
    sharers = Sharers()
    for request in SAME[same]:
        await sharers.asked(**{"document": "query ($v: Int = 3) { n(v: $v) }", **request})
    assert sharers.fetches == 1


def test_values_that_python_takes_for_equal_are_different_keys():
    def key(value: object) -> object:
        return key_of((None, GraphQLRequest("{ n }")), {"v": value}, RequestContext("r", 0.0))

    values = [1, 1.0, True, "1", "true", 0, False, None, -0.0, 0.0, [], {}, ""]
    assert len({key(value) for value in values}) == len(values)


def test_whatever_a_request_brings_is_in_the_key_or_known_to_change_no_answer():
    """A part of the context that is added one day is in the key until somebody has thought about it."""
    context = RequestContext("r", 0.0)
    names = {part.name for part in fields(RequestContext)}
    assert names >= NEVER_IN_AN_ANSWER
    assert names - NEVER_IN_AN_ANSWER == {"headers", "claims", "batching"}
    before = key_of((None, GraphQLRequest("{ n }")), {}, context)
    context.batching = False
    assert key_of((None, GraphQLRequest("{ n }")), {}, context) != before


def test_whatever_a_client_asks_is_in_the_key_or_known_to_change_no_answer():
    keyed = {"document", "operation_name", "variables", "extensions"}
    assert {part.name for part in fields(GraphQLRequest)} - keyed <= {"queries_only", "spend"}


async def test_a_pipeline_that_takes_anothers_place_executes_its_own_and_sees_the_others_mutations():
    before, after = Sharers(), Sharers()
    after.source = before.source
    after.pipeline = Pipeline(GRAPH, {"a": before.source}, PipelineOptions(sharing=True))
    [old] = await before.asked()
    [mutation] = await before.asked(document="mutation { add(n: 1) }")
    await after.pipeline.learn_from(before.pipeline, 0)
    [early] = await after.asked()
    assert before.fetches == 3
    before.source.waiting.pop(1).set_result(SubgraphResponse({"add__1": 1}))
    await mutation
    [late] = await after.asked()
    assert before.fetches == 4
    for task in (old, early, late):
        task.cancel()
    await asyncio.wait([old, early, late])


async def test_mutations_never_share():
    sharers = Sharers()
    await sharers.asked(2, document="mutation { add(n: 1) }")
    assert sharers.fetches == 2


async def test_a_request_for_its_trace_does_not_share():
    """It would be told what another's fetches took."""
    sharers = Sharers(explain=True)
    tasks = await sharers.asked(2, extensions={"braid": {"trace": True}})
    assert sharers.fetches == 2
    await sharers.source.answer({"n": 1})
    assert "trace" in tasks[0].result().extensions


async def test_after_a_mutation_nobody_joins_what_began_before_it():
    """A client that has changed something reads it, even if the same query was under way."""
    sharers = Sharers()
    [before] = await sharers.asked()
    [mutation] = await sharers.asked(document="mutation { add(n: 1) }")
    sharers.source.waiting.pop(1).set_result(SubgraphResponse({"add__1": 1}))
    await mutation
    [after] = await sharers.asked()
    assert sharers.fetches == 3
    await sharers.source.answer({"n": 1})
    await sharers.source.answer({"n": 2})
    assert [before.result().data, after.result().data] == [{"n": 1}, {"n": 2}]


# -- leaving -----------------------------------------------------------------------------------------------------------


async def test_who_came_first_may_go_without_the_others_losing_their_answer():
    sharers = Sharers()
    first, second = await sharers.asked(2)
    first.cancel()
    await settle()
    assert first.cancelled()
    assert (sharers.fetches, sharers.source.cancelled) == (1, 0)
    await sharers.source.answer({"n": 5})
    assert second.result().data == {"n": 5}


async def test_when_all_have_gone_the_fetch_is_cancelled_and_no_task_is_left():
    sharers = Sharers()
    before = asyncio.all_tasks()
    tasks = await sharers.asked(3)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert sharers.source.cancelled == 1
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("turns", range(12))
async def test_nobody_joins_what_is_being_cancelled(turns: int):
    """Cancelling takes some turns of the event loop; whoever comes in any of them gets an answer."""
    sharers = Sharers()
    [first] = await sharers.asked()
    first.cancel()
    for _ in range(turns):
        await asyncio.sleep(0)
    second = sharers.ask()
    await settle()
    assert first.cancelled()
    del sharers.source.waiting[: sharers.source.cancelled]
    await sharers.source.answer({"n": 5})
    assert second.result().data == {"n": 5}


# -- time --------------------------------------------------------------------------------------------------------------


async def test_a_request_in_more_of_a_hurry_is_answered_by_its_own_deadline():
    sharers = Sharers()
    [patient] = await sharers.asked()
    [hurried] = await sharers.asked(deadline_s=0.05)
    async with asyncio.timeout(5):
        answer = await hurried
    assert answer.errors[0]["extensions"]["code"] == "DEADLINE_EXCEEDED"
    assert not patient.done()
    assert sharers.counts == (0, 0)
    patient.cancel()
    await asyncio.wait([patient])


async def test_nobody_joins_a_flight_whose_time_is_almost_over():
    """Its partial answer would come long before this request's own time is over."""
    sharers = Sharers()
    [soon] = await sharers.asked(deadline_s=FAR_S * 0.4)
    [later] = await sharers.asked(deadline_s=FAR_S)
    [joins] = await sharers.asked(deadline_s=FAR_S * 1.1)
    assert sharers.fetches == 2
    assert sharers.counts == (1, 0)
    for task in (soon, later, joins):
        task.cancel()
    await asyncio.wait([soon, later, joins])


async def test_an_answer_cut_off_at_the_deadline_is_not_asked_for_again():
    """There is less time left than the first attempt took: a second one would have less to show."""
    sharers = Sharers()
    first, second = await sharers.asked(2, deadline_s=0.2)
    async with asyncio.timeout(5):
        answers = [await first, await second]
    assert [answer.errors[0]["extensions"]["code"] for answer in answers] == ["DEADLINE_EXCEEDED"] * 2
    assert sharers.fetches == 1
    assert sharers.counts == (1, 0)


# -- failing -----------------------------------------------------------------------------------------------------------


async def test_one_failure_fails_one_request_and_the_others_ask_once_more_together():
    sharers = Sharers()
    tasks = await sharers.asked(10)
    sharers.source.waiting.pop(0).set_exception(ConnectionError())
    await settle()
    assert sharers.fetches == 2
    await sharers.source.answer({"n": 5})
    assert [bool(task.result().errors) for task in tasks] == [True] + [False] * 9
    assert sharers.counts == (9, 9)


async def test_a_second_failure_is_final():
    """A service that is down gets two calls, whatever the number of requests."""
    sharers = Sharers()
    tasks = await sharers.asked(10)
    for _ in range(2):
        sharers.source.waiting.pop(0).set_exception(ConnectionError())
        await settle()
    assert sharers.fetches == 2
    assert all(task.result().errors for task in tasks)


async def test_every_request_whose_answer_lacks_something_is_counted():
    sharers = Sharers()
    sharers.pipeline.telemetry.failures.sources.add("a")
    await sharers.asked(3)
    for _ in range(2):
        sharers.source.waiting.pop(0).set_exception(ConnectionError())
        await settle()
    counted = sharers.pipeline.telemetry.metrics.failures.series
    assert counted == {("a", "INTERNAL_SERVER_ERROR"): 3}


# -- identity ----------------------------------------------------------------------------------------------------------

identity: ContextVar[str] = ContextVar("identity", default="nobody")


class Telling:
    """Answers with who the current context variables say is asking."""

    name = "a"

    def __init__(self) -> None:
        self.requests: list[SubgraphRequest] = []

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResponse:
        self.requests.append(request)
        await asyncio.sleep(0)
        return SubgraphResponse({"n": {"nobody": 0, "alice": 1, "bob": 2}[identity.get()]})

    async def close(self) -> None: ...


async def test_an_identity_in_a_context_variable_is_absent_rather_than_anothers():
    """It is not in the key, so it must not be in the answer."""
    sharers = Sharers(Telling())

    async def ask_as(name: str) -> Any:
        identity.set(name)
        return (await sharers.ask()).data

    asking: Callable[[str], Awaitable[Any]] = ask_as
    answers = await asyncio.gather(*(asyncio.create_task(asking(name)) for name in ("alice", "bob")))
    assert sharers.fetches == 1
    assert answers == [{"n": 0}, {"n": 0}]

"""A request's time is split so that a call that hangs costs its own fields only, and no healthy answer is lost by it.

Time here is exact: see virtual_time.
"""

from __future__ import annotations

import asyncio
import math
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.execution.execute import Fetched, execute_plan
from gateway.execution.split import Reserve, keep_for_steps_s
from gateway.services.call import outgoing_headers, source_call
from gateway.services.errors import DeadlineExceeded
from gateway.services.request import RequestContext
from gateway.subgraphs.subgraph import SubgraphRequest, SubgraphResponse
from tests.unit.execution.sources import failures
from tests.unit.execution.virtual_time import run
from tests.unit.supergraphs import load, plan

# From a to b to d, each by a key that the one before brings; c hangs off a; x stands alone.
GRAPH = load(
    """
    type Query @join__type(graph: A) @join__type(graph: X) {
      p: P @join__field(graph: A) alone: Int @join__field(graph: X)
    }
    type P
      @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "id")
      @join__type(graph: D, key: "kb") {
      id: ID! b: Int @join__field(graph: B) kb: ID @join__field(graph: B) @join__field(graph: D)
      c: Int @join__field(graph: C) d: Int @join__field(graph: D)
    }
    """
)
LOOKUP = load(
    """
    type Query @join__type(graph: A) {
      p(id: ID!): P @join__field(graph: A) @join__directive(graphs: [A], name: "lookup")
    }
    type P @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") @join__type(graph: C, key: "kb") {
      id: ID! a: Int @join__field(graph: A) kb: ID @join__field(graph: B) @join__field(graph: C)
      c: Int @join__field(graph: C)
    }
    """,
    join="0.4",
)
MUTATIONS = load(
    """
    type Query @join__type(graph: A) @join__type(graph: B) { q: Int @join__field(graph: A) }
    type Mutation @join__type(graph: A) @join__type(graph: B) {
      one: Int @join__field(graph: A) two: Int @join__field(graph: B) three: Int @join__field(graph: A)
    }
    """,
    roots="query: Query mutation: Mutation",
)
CHAIN = plan("{ p { d } alone }", GRAPH)
DATA: dict[str, Any] = {
    "a": {"p": {"id": "1"}},
    "b": {"_entities": [{"kb": "k"}]},
    "d": {"_entities": [{"d": 4}]},
    "x": {"alone": 7},
    "one": {"one": 1},
    "two": {"two": 2},
}
WHOLE = {"p": {"id": "1", "kb": "k", "d": 4}, "alone": 7}

DEADLINE_S = 0.3
RESERVE_S = 0.005
SHARE_S = 0.01
FETCHING_S = DEADLINE_S - RESERVE_S
TIMEOUT_S = 100.0
HANGS = 1000.0


@dataclass(eq=False)
class Timed:
    """A source whose calls take their time, and are limited as all calls are. ended: when, and by which error."""

    name: str
    takes_s: float
    ended: list[tuple[float, str]] = field(default_factory=list)
    told_ms: list[str] = field(default_factory=list)

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResponse:
        try:
            async with source_call(self.name, TIMEOUT_S, context) as limit:
                left_s = (limit.when() or math.inf) - asyncio.get_running_loop().time()
                self.told_ms.append(outgoing_headers(context, left_s)["braid-deadline-ms"])
                await asyncio.sleep(self.takes_s)
            self._end("answered")
        except DeadlineExceeded as error:
            self._end(error.code)
            raise
        return SubgraphResponse(deepcopy(DATA[self.name]))

    async def close(self) -> None: ...

    def _end(self, how: str) -> None:
        self.ended.append((round(asyncio.get_running_loop().time(), 6), how))


@dataclass(frozen=True)
class Outcome:
    fetched: Fetched
    sources: dict[str, Timed]
    took_s: float

    @property
    def missing(self) -> set[tuple[str, str]]:
        return {(service, code) for service, code, _ in failures(self.fetched)}


def outcome(
    takes: dict[str, float], *, share_s: float = SHARE_S, reserve_s: float = RESERVE_S, deadline_s: float = DEADLINE_S
) -> Outcome:
    """Run the chain over sources that take so many seconds; those not named answer at once."""

    async def ask() -> Outcome:
        sources = {name: Timed(name, takes.get(name, 0.0)) for name in "abdx"}
        context = RequestContext("r", deadline_s, reserve_s=reserve_s, step_share_s=share_s)
        fetched = await execute_plan(CHAIN, {}, sources, GRAPH.api_schema, context)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return Outcome(fetched, sources, asyncio.get_running_loop().time())

    return run(ask())


@pytest.mark.parametrize(
    ("text", "supergraph", "behind"),
    [
        ("{ alone }", GRAPH, {"x": 0}),
        ("{ p { c } alone }", GRAPH, {"a": 1, "c": 0, "x": 0}),
        ("{ p { c d } alone }", GRAPH, {"a": 2, "b": 1, "c": 0, "d": 0, "x": 0}),
        # b starts beside a, so it is not behind it; but c is behind b, and b's answer is of use only with a's.
        ("{ p(id: 1) { a c } }", LOOKUP, {"a": 1, "b": 1, "c": 0}),
    ],
)
def test_a_plan_knows_the_longest_path_behind_each_step(text: str, supergraph: Any, behind: dict[str, int]) -> None:
    made = plan(text, supergraph)
    assert {step.graph: made.behind[step.id] for step in made.steps} == behind


def test_mutations_are_one_behind_the_other() -> None:
    """They run in series, though none needs what another brings."""
    assert plan("mutation { one two three }", MUTATIONS).behind == (2, 1, 0)


@pytest.mark.parametrize(("share_s", "data"), [(SHARE_S, {"two": 2}), (0.0, {})], ids=["with shares", "without"])
def test_a_mutation_that_hangs_does_not_keep_the_next_from_being_run(share_s: float, data: dict[str, int]) -> None:
    """As the specification asks, in series; and in time, for one that takes less than the share."""

    async def ask() -> Fetched:
        sources = {"a": Timed("one", HANGS), "b": Timed("two", 0.8 * SHARE_S)}
        context = RequestContext("r", DEADLINE_S, reserve_s=RESERVE_S, step_share_s=share_s)
        return await execute_plan(plan("mutation { one two }", MUTATIONS), {}, sources, MUTATIONS.api_schema, context)

    assert run(ask()).data == data


@pytest.mark.parametrize(
    ("behind", "left_s", "kept_s"),
    [
        (0, 2.0, 0.0),
        (1, 2.0, 0.01),
        (3, 2.0, 0.03),
        (3, 0.3, 0.03),
        (4, 0.3, 0.03),
        (20, 0.3, 0.03),
        (1, 0.05, 0.005),
        (5, 0.0, 0.0),
        (5, -1.0, 0.0),
    ],
)
def test_shares_are_a_tenth_of_what_is_left_at_most(behind: int, left_s: float, kept_s: float) -> None:
    assert keep_for_steps_s(behind, SHARE_S, left_s) == pytest.approx(kept_s)


def test_the_reserve_follows_what_answers_need() -> None:
    """Up quickly, down slowly, little moved by one answer that was held up, and never a large part of the time."""
    reserve = Reserve()
    assert reserve.seconds(2.0) == RESERVE_S
    for _ in range(20):
        reserve.learn(0.02)
    assert reserve.seconds(2.0) == pytest.approx(RESERVE_S + 2 * 0.02, rel=0.02)
    assert reserve.seconds(0.1) == pytest.approx(0.02)
    assert reserve.seconds(-1.0) == 0.0
    before = reserve.seconds(10.0)
    reserve.learn(0.2)
    assert reserve.seconds(10.0) < before + 0.1
    for _ in range(200):
        reserve.learn(0.0)
    assert reserve.seconds(2.0) < RESERVE_S + 0.001


def test_a_chain_whose_first_call_hangs_ends_at_its_share_and_costs_nobody_else() -> None:
    """What a hanging call leaves is there for whatever stands in for it; others are waited for until the very end."""
    slow = FETCHING_S - 0.001
    found = outcome({"a": HANGS, "x": slow})
    assert found.sources["a"].ended == [(pytest.approx(FETCHING_S - 2 * SHARE_S), "DEADLINE_EXCEEDED")]
    assert found.sources["x"].ended == [(pytest.approx(slow), "answered")]
    assert found.fetched.data == {"alone": 7}
    assert found.missing == {("a", "DEADLINE_EXCEEDED")}
    assert found.sources["b"].ended == found.sources["d"].ended == []
    assert found.took_s == pytest.approx(slow)


@pytest.mark.parametrize(
    ("hanging", "ends_s", "missing"),
    [
        ("a", FETCHING_S - 2 * SHARE_S, {("a", "DEADLINE_EXCEEDED")}),
        ("b", FETCHING_S - SHARE_S, {("b", "DEADLINE_EXCEEDED")}),
        ("d", FETCHING_S, {("d", "DEADLINE_EXCEEDED")}),
    ],
)
def test_each_step_of_a_chain_ends_a_share_before_the_next(
    hanging: str, ends_s: float, missing: set[tuple[str, str]]
) -> None:
    """The last one has all that is left for fetching, and the whole is over when the reserve begins."""
    found = outcome({hanging: HANGS})
    assert found.sources[hanging].ended == [(pytest.approx(ends_s), "DEADLINE_EXCEEDED")]
    assert found.missing == missing
    assert found.took_s <= FETCHING_S


def test_without_shares_the_hanging_call_has_it_all() -> None:
    """Else the tests above would show something other than the shares."""
    assert outcome({"a": HANGS}, share_s=0.0).sources["a"].ended == [(pytest.approx(FETCHING_S), "DEADLINE_EXCEEDED")]


fractions = st.floats(0.0, 0.899)


@given(a=fractions, b=fractions, d=st.floats(0.0, 0.99), x=st.floats(0.0, 0.99), deadline_s=st.floats(0.02, 30.0))
def test_no_healthy_answer_is_lost(a: float, b: float, d: float, x: float, deadline_s: float) -> None:
    """However slow: a call that others wait for, within nine tenths of what is left; one of the last ones, within all.

    So every chain whose calls together fit the time for fetching is answered whole, unless one of them alone takes
    more than nine tenths of what was left when it began.
    """
    fetching_s = deadline_s - RESERVE_S
    a_s = a * fetching_s
    b_s = b * (fetching_s - a_s)
    d_s = d * (fetching_s - a_s - b_s)
    found = outcome({"a": a_s, "b": b_s, "d": d_s, "x": x * fetching_s}, deadline_s=deadline_s)
    assert found.missing == set()
    assert found.fetched.data == WHOLE


def test_services_are_told_of_less_and_less_time() -> None:
    """Down the chain, whatever the shares: each is told for how long its answer may be of use, not when it is cut."""
    found = outcome({"a": 0.0045, "b": 0.02})
    assert [found.sources[name].told_ms for name in "abdx"] == [["295"], ["290"], ["270"], ["295"]]


@pytest.mark.parametrize(("left_s", "timeout_s", "told"), [(0.3, 1.5, "300"), (2.0, 1.5, "1500"), (0.0004, 1.5, "1")])
def test_the_time_told_is_whole_milliseconds_and_never_none(left_s: float, timeout_s: float, told: str) -> None:
    """A service may read 0 as "no limit". The call's own timeout counts, too."""

    async def headers() -> dict[str, str]:
        # A forwarded header of the client's cannot stand in for it.
        return outgoing_headers(RequestContext("r", left_s, headers={"braid-deadline-ms": "99999"}), timeout_s)

    assert run(headers())["braid-deadline-ms"] == told


def test_with_no_time_left_nothing_is_sent() -> None:
    """A command that is cut off as it is sent may have been carried out: nobody would know."""

    async def call() -> None:
        async with source_call("a", 1.0, RequestContext("r", 0.0)):
            pytest.fail("the call was made")

    with pytest.raises(DeadlineExceeded):
        run(call())


def test_time_jumps_to_what_is_due() -> None:
    """And a timer that was cancelled is not waited for."""

    async def look() -> list[float]:
        loop, seen = asyncio.get_running_loop(), []
        loop.call_later(5.0, seen.append, 5.0).cancel()
        await asyncio.sleep(3.0)
        seen.append(loop.time())
        return seen

    assert run(look()) == [3.0]

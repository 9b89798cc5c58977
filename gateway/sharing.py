"""Identical queries that are under way at the same time are fetched once, when the operator wants that.

Many clients often ask the very same at the very same moment: a page that everybody opens, a poll that ticks. The first
such query starts a *flight*, which runs the plan; those that come while it is under way wait for it and are answered
with the same bytes.

**What is identical.** Two queries share only if nothing that could make their answers differ differs: document,
operation name, variables as coerced, the request's extensions, and every header that is sent on to services, the
authorization among them. What the flight cannot see cannot differ: it gets a context that holds no more than that, and
it runs outside the context variables of whoever came first, so that an identity which a middleware keeps there is
absent rather than another's. Mutations never share, nor does a request that asks for its trace.

**Time.** A flight answers by the deadline of the request that started it. One joins a flight only if that is no later
than its own deadline, and only if at least half of its own time is left to the flight: nobody waits longer than they
wanted, and nobody is given a partial answer because somebody else's time was over.

**Leaving.** A flight belongs to all who wait for it. Who goes, because the client disconnected or at a shutdown, takes
nothing from the others; when the last has gone, the flight is cancelled.

**Failing.** One lost connection must not fail a hundred requests, nor a hundred repetitions follow one failing service.
So those who joined a flight that came back incomplete ask once more, all together in one flight, if there is as much
time as the first took. Its answer is final. At worst the services see twice the calls of one request, whatever the
number of requests.

**Age.** What a flight answers may have been read before the last to join had asked. A mutation's end therefore closes
all flights of this process to newcomers: a client reads its own writes. Of writes that went past this process it knows
nothing, and that is why sharing is off unless it is switched on.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import msgspec

from gateway.execution.failure import Failure
from gateway.operation.request import GraphQLRequest
from gateway.response.response import GraphQLResponse
from gateway.services.loader import close_loaders
from gateway.services.request import RequestContext

Asked = tuple[object, GraphQLRequest]
"""How it is executed, and what: another pipeline, or other traits of the request, make another plan."""
Key = tuple[object, str, str | None, bytes]

_LEAST_SHARE_OF_TIME = 0.5
"""Of a request's own time, that a flight must still have for the request to join it."""

_TIMES = ("deadline", "began", "asked_s", "reserve_s", "step_share_s")
NEVER_IN_AN_ANSWER = frozenset(
    (
        *("request_id", "services", "projections", "traceparent", "loaders", "spans", "watch_batch"),
        "client_headers",  # they have chosen the plan, and go nowhere
        *("deadline", "began", "asked_s", "reserve_s", "step_share_s"),
    )
)
"""What of a RequestContext cannot change an answer. All else of it is in the key: also what is added later."""

_IN_THE_KEY = tuple(part.name for part in fields(RequestContext) if part.name not in NEVER_IN_AN_ANSWER)


@dataclass(frozen=True, slots=True)
class Answered:
    """failures: what is missing in the response, and why."""

    response: GraphQLResponse
    failures: Sequence[Failure] = ()


Work = Callable[[RequestContext], Awaitable[Answered]]
"""Executes one query, for the context that it is given."""


class Sharing:
    """The flights of a pipeline, and of those that take its place when the graph changes.

    taken:    requests that joined a flight which another had started.
    repeated: those of them that asked once more, because it came back incomplete.
    """

    def __init__(self) -> None:
        self.taken = 0
        self.repeated = 0
        self._flights: dict[Key, _Flight] = {}

    async def answer(self, asked: Asked, variables: Mapping[str, Any], context: RequestContext, work: Work) -> Answered:
        """The answer of `work`, or that of a flight under way which does the same. Raises what `work` raises.

        variables: as coerced, which is how `work` uses them.
        """
        key = key_of(asked, variables, context)
        flight = self._joinable(key, context)
        if flight is None:
            return await self._wait(self._start(key, context, work))
        self.taken += 1
        try:
            answered = await self._wait(flight)
        except Exception:
            if _left_s(context.deadline) < flight.took_s():
                raise
        else:
            if not answered.response.errors or _left_s(context.deadline) < flight.took_s():
                return answered
        self.repeated += 1
        return await self._wait(self._joinable(key, context) or self._start(key, context, work))

    def close_to_newcomers(self) -> None:
        """Whoever asks from now on is answered with what is read from now on."""
        self._flights.clear()

    def _joinable(self, key: Key, context: RequestContext) -> _Flight | None:
        flight = self._flights.get(key)
        if flight is None or flight.deadline > context.deadline:
            return None
        enough_s = _left_s(context.deadline) * _LEAST_SHARE_OF_TIME
        return flight if _left_s(flight.deadline) >= enough_s else None

    def _start(self, key: Key, context: RequestContext, work: Work) -> _Flight:
        async def fly() -> Answered:
            # Loaders of its own: those of the request that started it are closed when that one ends.
            own = replace(context, loaders={}, client_headers={})
            try:
                return await work(own)
            finally:
                self._land(flight)
                await close_loaders(own)

        flight = _Flight(key, context.deadline, asyncio.get_running_loop().time())
        flight.task = asyncio.get_running_loop().create_task(fly(), context=contextvars.Context())
        self._flights[key] = flight
        return flight

    def _land(self, flight: _Flight) -> None:
        """Nobody may join any more. A flight that was started later may have taken its place."""
        if self._flights.get(flight.key) is flight:
            del self._flights[flight.key]

    async def _wait(self, flight: _Flight) -> Answered:
        flight.waiting += 1
        try:
            await asyncio.wait({flight.task})
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                self._land(flight)
                flight.task.cancel()
                await asyncio.wait({flight.task})
        return flight.task.result()


@dataclass(slots=True, eq=False)
class _Flight:
    """One query under way. Times are the event loop's. waiting: how many requests would take its answer."""

    key: Key
    deadline: float
    began_s: float
    waiting: int = 0
    task: asyncio.Task[Answered] = field(init=False)

    def took_s(self) -> float:
        """How long until now, which is its end for those who have waited for it."""
        return asyncio.get_running_loop().time() - self.began_s


def _left_s(deadline: float) -> float:
    return deadline - asyncio.get_running_loop().time()


def key_of(asked: Asked, variables: Mapping[str, Any], context: RequestContext) -> Key:
    """Equal for queries whose answers may not differ.

    Values are compared as JSON text, in which `1`, `1.0` and `true` are three things; in Python they are equal.
    """
    by, request = asked
    seen = [variables, request.extensions, *(getattr(context, name) for name in _IN_THE_KEY)]
    return by, request.document, request.operation_name, msgspec.json.encode(seen, order="sorted")

"""Subgraphs that answer when and what a test says, and the shortest way to run a plan over them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from gateway.execution.execute import Fetched, execute_plan
from gateway.federation.supergraph import Supergraph
from gateway.planning.plan import Plan
from gateway.services.request import RequestContext
from gateway.subgraphs.subgraph import SubgraphRequest, SubgraphResponse
from tests.unit.supergraphs import plan

FAR_S = 30.0


@dataclass(eq=False)
class Scripted:
    """Answers at once: with what `answer` makes of the request, or by raising what it raises."""

    name: str
    answer: Callable[[SubgraphRequest], SubgraphResponse]
    requests: list[SubgraphRequest] = field(default_factory=list)

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResponse:
        self.requests.append(request)
        return self.answer(request)

    async def close(self) -> None: ...


@dataclass(eq=False)
class Held:
    """Answers when it is told to. `waiting` holds a future for each unanswered request, oldest first."""

    name: str
    requests: list[SubgraphRequest] = field(default_factory=list)
    waiting: list[asyncio.Future[SubgraphResponse]] = field(default_factory=list)
    cancelled: int = 0

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResponse:
        self.requests.append(request)
        future: asyncio.Future[SubgraphResponse] = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        try:
            return await future
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    async def answer(self, data: dict[str, Any] | None, *errors: dict[str, Any]) -> None:
        """Answer the oldest request, and let everything happen that can happen then."""
        self.waiting.pop(0).set_result(SubgraphResponse(data, errors))
        await settle()

    async def close(self) -> None: ...


async def settle() -> None:
    """Give the event loop all the turns it needs until nothing moves any more."""
    for _ in range(20):
        await asyncio.sleep(0)


def answering(name: str, *answers: Any) -> Scripted:
    """A source with one answer after the other: data, a response, or an exception to raise. The last one repeats."""
    left = list(answers)

    def next_answer(request: SubgraphRequest) -> SubgraphResponse:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, BaseException):
            raise answer
        # Whoever asked may change what it gets.
        response = answer if isinstance(answer, SubgraphResponse) else SubgraphResponse(answer)
        return SubgraphResponse(deepcopy(response.data), deepcopy(response.errors))

    return Scripted(name, next_answer)


def entities(*found: Any, errors: Sequence[dict[str, Any]] = ()) -> SubgraphResponse:
    """An answer to a request for entities."""
    return SubgraphResponse({"_entities": list(found)}, errors)


def context(deadline_s: float = FAR_S, *, batching: bool = True) -> RequestContext:
    return RequestContext("test", asyncio.get_running_loop().time() + deadline_s, batching=batching)


async def execute(
    made: Plan,
    supergraph: Supergraph,
    *sources: Any,
    variables: Mapping[str, Any] | None = None,
    deadline_s: float = FAR_S,
    batching: bool = True,
) -> Fetched:
    """Run a plan over these sources."""
    return await execute_plan(
        made,
        variables or {},
        {source.name: source for source in sources},
        supergraph.api_schema,
        context(deadline_s, batching=batching),
    )


async def fetched(text: str, supergraph: Supergraph, *sources: Any, **options: Any) -> Fetched:
    """Plan and run a query."""
    return await execute(plan(text, supergraph), supergraph, *sources, **options)


def failures(result: Fetched) -> list[tuple[str, str, list[tuple[str | int, ...]]]]:
    """(service, code, paths) of each failure."""
    return [(f.cause.service, f.cause.code, [tuple(path) for path in f.paths]) for f in result.failures]

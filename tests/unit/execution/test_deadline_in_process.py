"""At the deadline, an in-process subgraph answers with what it has: its loads are ended before it is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest
import strawberry

from gateway.federation.compose import SubgraphSchema as Composed
from gateway.federation.compose import compose
from gateway.federation.read_supergraph import load_supergraph
from gateway.operation.request import GraphQLRequest
from gateway.pipeline import Pipeline
from gateway.services.loader import Loader, close_loaders
from gateway.services.request import RequestContext
from gateway.subgraphs import Info, LocalSubgraph, SubgraphSchema

pytestmark = pytest.mark.anyio

DEADLINE_S = 0.1


class Hanging(Loader[str, str]):
    service = "slow"

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, str | Exception]:
        await asyncio.sleep(60)
        return dict.fromkeys(keys, "never")


@strawberry.type
class Query:
    @strawberry.field
    async def ready(self) -> str | None:
        return "here"

    @strawberry.field
    async def late(self, info: Info) -> str | None:
        return await info.context.loader(Hanging).load("a")

    @strawberry.field
    async def stuck(self) -> str | None:
        await asyncio.sleep(60)
        return "never"


def local_pipeline() -> Pipeline:
    subgraph = LocalSubgraph("shop", SubgraphSchema(query=Query))
    sdl = compose([Composed("shop", subgraph.subgraph_sdl(), federation=2)]).supergraph_sdl
    return Pipeline(load_supergraph(sdl), {"shop": subgraph})


@pytest.mark.parametrize(
    ("text", "data", "paths"),
    [
        ("{ ready late }", {"ready": "here", "late": None}, [["late"]]),
        ("{ ready stuck }", {"ready": None, "stuck": None}, [["ready"], ["stuck"]]),
    ],
    ids=["a load", "something that is no load"],
)
async def test_what_an_in_process_subgraph_has_at_the_deadline_is_answered(
    text: str, data: dict[str, str | None], paths: list[list[str]]
) -> None:
    """Ended loads cost their own fields. What waits for anything else takes its whole fetch with it."""
    loop, tasks = asyncio.get_running_loop(), asyncio.all_tasks()
    started = loop.time()
    context = RequestContext("r", started + DEADLINE_S)
    response = await local_pipeline().run(GraphQLRequest(text), context)
    # What is kept for putting the answer together is a fifth at most.
    assert DEADLINE_S * 0.8 <= loop.time() - started < DEADLINE_S + 0.5
    assert response.data == data
    assert [error["path"] for error in response.errors] == paths
    assert {error["extensions"]["code"] for error in response.errors} == {"DEADLINE_EXCEEDED"}
    await close_loaders(context)
    assert asyncio.all_tasks() == tasks

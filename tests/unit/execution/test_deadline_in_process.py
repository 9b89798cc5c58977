"""When time is over, an in-process subgraph answers with what it has: its loads are ended before it is given up."""

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
from gateway.services.call import source_call
from gateway.services.loader import Loader, close_loaders
from gateway.services.request import RequestContext
from gateway.subgraphs import Info, LocalSubgraph, SubgraphSchema
from gateway.subgraphs.subgraph import SubgraphRequest, SubgraphResponse
from tests.unit.execution.virtual_time import run

pytestmark = pytest.mark.anyio

DEADLINE_S = 0.1


class Hanging(Loader[str, str]):
    service = "slow"

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, str | Exception]:
        async with source_call(self.service, 100, self.context):
            await asyncio.sleep(60)
        return dict.fromkeys(keys, "never")


@strawberry.federation.type(keys=["id"])
class Order:
    id: strawberry.ID

    @strawberry.field
    async def total(self, info: Info) -> str | None:
        return await info.context.loader(Hanging).load(self.id)


@strawberry.type
class Query:
    @strawberry.field
    def order(self) -> Order | None:
        return Order(id=strawberry.ID("o"))

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


class Notes:
    """A remote subgraph that answers in time if it is given 8 ms."""

    name = "notes"
    sdl = """extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
        type Order @key(fields: "id") { id: ID! note: String }"""

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResponse:
        async with source_call(self.name, 100, context):
            await asyncio.sleep(0.008)
        return SubgraphResponse({"_entities": [{"note": "here"}]})

    async def close(self) -> None: ...


@pytest.mark.parametrize(
    ("share_s", "data", "missing"),
    [
        (0.01, {"order": {"total": None, "note": "here"}}, {("order", "total")}),
        (0.0, {"order": {"total": None, "note": None}}, {("order", "total"), ("order", "note")}),
    ],
    ids=["with shares", "without"],
)
def test_a_load_that_hangs_leaves_time_for_the_steps_behind(
    share_s: float, data: dict[str, object], missing: set[tuple[str, ...]]
) -> None:
    """What the hanging load's step has besides is enough for the next step. In exact time."""

    async def ask() -> None:
        shop, notes = LocalSubgraph("shop", SubgraphSchema(query=Query)), Notes()
        sdl = [Composed("shop", shop.subgraph_sdl(), federation=2), Composed("notes", notes.sdl)]
        pipeline = Pipeline(load_supergraph(compose(sdl).supergraph_sdl), {"shop": shop, "notes": notes})
        context = RequestContext("r", 0.3, step_share_s=share_s)
        response = await pipeline.run(GraphQLRequest("{ order { total note } }"), context)
        assert response.data == data
        assert {tuple(error["path"]) for error in response.errors} == missing
        assert {error["extensions"]["code"] for error in response.errors} == {"DEADLINE_EXCEEDED"}
        assert asyncio.get_running_loop().time() <= 0.3

    run(ask())


class Rows:
    """A subgraph that answers so many rows at once."""

    name = "rows"
    sdl = "type Query { rows: [Row!]! } type Row { id: ID! }"

    def __init__(self, count: int) -> None:
        self._count = count

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResponse:
        return SubgraphResponse({"rows": [{"id": str(number)} for number in range(self._count)]})

    async def close(self) -> None: ...


def test_the_answer_is_put_together_before_the_deadline() -> None:
    """What is late is given up when the reserve begins, so that the answer is there by the deadline. In exact time."""

    async def ask() -> float:
        response = await local_pipeline().run(GraphQLRequest("{ late }"), RequestContext("r", 0.3))
        assert [error["extensions"]["code"] for error in response.errors] == ["DEADLINE_EXCEEDED"]
        return asyncio.get_running_loop().time()

    assert run(ask()) == pytest.approx(0.295, abs=0.001)


async def test_more_time_is_kept_for_answers_that_take_longer_to_put_together() -> None:
    """Learned for each plan from its own answers: 10,000 rows take milliseconds to shape, ten take none."""
    kept: list[float] = []
    for count in (10, 10_000):
        rows = Rows(count)
        supergraph = load_supergraph(compose([Composed("rows", rows.sdl)]).supergraph_sdl)
        pipeline = Pipeline(supergraph, {"rows": rows})
        for _ in range(10):
            context = RequestContext("r", asyncio.get_running_loop().time() + 30)
            await pipeline.run(GraphQLRequest("{ rows { id } }"), context)
        kept.append(context.reserve_s)
    assert kept[1] > kept[0] + 0.002

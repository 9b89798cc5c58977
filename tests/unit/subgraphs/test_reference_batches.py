"""`resolve_references`: all representations of a type at once, with the same care for each as one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import strawberry
from structlog.testing import capture_logs

from gateway.subgraphs import Info, LocalSubgraph, SubgraphSchema
from gateway.subgraphs.subgraph import SubgraphRequest, SubgraphResponse
from tests.unit.services.conftest import MakeContext

pytestmark = pytest.mark.anyio

BATCHES: list[list[Mapping[str, Any]]] = []
"""The keys of every call of a batch resolver since the test began."""
ANSWERS: dict[str, Any] = {}
"""What to return for a parcel's id, instead of a parcel; under "all", instead of everything."""


@strawberry.federation.type(keys=["code"])
class Parcel:
    code: strawberry.ID
    weight_kg: float | None = strawberry.federation.field(external=True, default=None)

    @strawberry.federation.field(requires=["weightKg"])
    def shipping(self) -> str:
        return f"{self.weight_kg} kg"

    @classmethod
    async def resolve_references(cls, info: Info, keys: Sequence[Mapping[str, Any]]) -> list[Any]:
        assert info.context.request_id
        BATCHES.append([dict(key) for key in keys])
        await asyncio.sleep(0)
        if isinstance(ANSWERS.get("all"), Exception):
            raise ANSWERS["all"]
        return ANSWERS.get("all") or [ANSWERS.get(key["code"], cls(code=key["code"])) for key in keys]


@strawberry.federation.type(keys=["id"])
class Van:
    id: strawberry.ID

    @classmethod
    def resolve_references(cls, keys: Sequence[Mapping[str, Any]]) -> list[Van]:
        BATCHES.append([dict(key) for key in keys])
        return [Van(id=key["id"]) for key in keys]


@strawberry.federation.type(keys=["id"])
class Driver:
    id: strawberry.ID

    @classmethod
    async def resolve_reference(cls, id: strawberry.ID) -> Driver:
        await asyncio.sleep(0)
        if id == "bad":
            raise RuntimeError("secret")
        return Driver(id=id)


@strawberry.type
class Query:
    parcel: Parcel | None = None
    van: Van | None = None
    driver: Driver | None = None


SUBGRAPH = LocalSubgraph("depot", SubgraphSchema(query=Query))
DOCUMENT = """query($r: [_Any!]!) { _entities(representations: $r) {
  ... on Parcel { code shipping } ... on Van { vanId: id } ... on Driver { driverId: id }
} }"""


@pytest.fixture(autouse=True)
def forget() -> None:
    BATCHES.clear()
    ANSWERS.clear()


async def fetch(make_context: MakeContext, *representations: Any) -> SubgraphResponse:
    return await SUBGRAPH.fetch(SubgraphRequest(DOCUMENT, {"r": list(representations)}), make_context())


def parcel(code: str, weight: float = 1.0) -> dict[str, Any]:
    return {"__typename": "Parcel", "code": code, "weightKg": weight}


async def test_one_call_has_all_keys_of_its_type_in_their_order(make_context: MakeContext) -> None:
    """Types are mixed; each result stands in the place of its representation, and what is required is set on it."""
    response = await fetch(
        make_context,
        parcel("a", 2.5),
        {"__typename": "Van", "id": "1"},
        {"__typename": "Driver", "id": "d"},
        parcel("b", 0.5),
        {"__typename": "Van", "id": "2"},
    )
    assert response.errors == []
    assert response.data == {
        "_entities": [
            {"code": "a", "shipping": "2.5 kg"},
            {"vanId": "1"},
            {"driverId": "d"},
            {"code": "b", "shipping": "0.5 kg"},
            {"vanId": "2"},
        ]
    }
    assert BATCHES == [
        [{"code": "a", "weight_kg": 2.5}, {"code": "b", "weight_kg": 0.5}],
        [{"id": "1"}, {"id": "2"}],
    ]


async def test_a_bad_representation_and_a_bad_result_fail_alone(make_context: MakeContext) -> None:
    """A key that cannot be read is not asked for; an exception in a result's place is an error there; None is null."""
    ANSWERS.update(broken=RuntimeError("secret"), gone=None)
    with capture_logs() as logs:
        response = await fetch(
            make_context, {"__typename": "Parcel", "code": {}}, parcel("broken"), parcel("gone"), parcel("good")
        )
    assert response.data == {"_entities": [None, None, None, {"code": "good", "shipping": "1.0 kg"}]}
    assert sorted(error["path"] for error in response.errors) == [["_entities", 0], ["_entities", 1]]
    assert [[key["code"] for key in keys] for keys in BATCHES] == [["broken", "gone", "good"]]
    assert "secret" not in f"{response}{logs}"


@pytest.mark.parametrize("answer", [RuntimeError("secret"), [None]], ids=["raises", "gives too few"])
async def test_a_batch_that_fails_as_a_whole_costs_its_own_type_only(make_context: MakeContext, answer: Any) -> None:
    """Each of its places has the error; the others are answered, also the one that fails by itself."""
    ANSWERS["all"] = answer
    response = await fetch(
        make_context,
        parcel("a"),
        parcel("b"),
        {"__typename": "Driver", "id": "bad"},
        {"__typename": "Driver", "id": "d"},
        {"__typename": "Van", "id": "1"},
    )
    assert response.data == {"_entities": [None, None, None, {"driverId": "d"}, {"vanId": "1"}]}
    assert sorted(error["path"] for error in response.errors) == [["_entities", place] for place in range(3)]
    assert "secret" not in str(response)


async def test_batches_and_single_references_run_side_by_side(make_context: MakeContext) -> None:
    """A batch waits for a driver that waits for the batch: one after the other, this would never end."""
    met = asyncio.Barrier(2)

    @strawberry.federation.type(keys=["id"])
    class Left:
        id: strawberry.ID

        @classmethod
        async def resolve_references(cls, keys: Sequence[Mapping[str, Any]]) -> list[Any]:
            await met.wait()
            return [cls(id=key["id"]) for key in keys]

    @strawberry.federation.type(keys=["id"])
    class Right:
        id: strawberry.ID

        @classmethod
        async def resolve_reference(cls, id: strawberry.ID) -> Any:
            await met.wait()
            return cls(id=id)

    namespace = {"__annotations__": {"left": Left | None, "right": Right | None}, "left": None, "right": None}
    subgraph = LocalSubgraph("two", SubgraphSchema(query=strawberry.type(type("Query", (), namespace))))
    document = "query($r:[_Any!]!){_entities(representations:$r){... on Left{l:id} ... on Right{r:id}}}"
    given = [{"__typename": "Left", "id": "1"}, {"__typename": "Right", "id": "2"}]
    async with asyncio.timeout(5):
        response = await subgraph.fetch(SubgraphRequest(document, {"r": given}), make_context())
    assert response.data == {"_entities": [{"l": "1"}, {"r": "2"}]}


async def test_cancelling_a_batch_leaves_no_task_behind(make_context: MakeContext) -> None:
    """The client has gone while batches and single references wait."""
    waiting = asyncio.Event()

    @strawberry.federation.type(keys=["id"])
    class Slow:
        id: strawberry.ID

        @classmethod
        async def resolve_references(cls, keys: Sequence[Mapping[str, Any]]) -> list[Any]:
            waiting.set()
            await asyncio.sleep(60)
            return []

    namespace = {"__annotations__": {"slow": Slow | None, "driver": Driver | None}, "slow": None, "driver": None}
    subgraph = LocalSubgraph("slow", SubgraphSchema(query=strawberry.type(type("Query", (), namespace))))
    document = "query($r:[_Any!]!){_entities(representations:$r){... on Slow{s:id} ... on Driver{d:id}}}"
    given = [{"__typename": "Slow", "id": "1"}, {"__typename": "Driver", "id": "2"}]
    before = asyncio.all_tasks()
    fetching = asyncio.create_task(subgraph.fetch(SubgraphRequest(document, {"r": given}), make_context()))
    await waiting.wait()
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    assert asyncio.all_tasks() == before

"""`_entities` of a SubgraphSchema: representations as resolvers see them, and how bad ones are kept apart."""

from __future__ import annotations

import copy
import datetime
import enum
from typing import Any

import pytest
import strawberry
from strawberry.schema.types import ConcreteType
from structlog.testing import capture_logs

from gateway.subgraphs import Info, LocalSubgraph, SubgraphSchema
from gateway.subgraphs.subgraph import SubgraphRequest, SubgraphResponse
from tests.unit.services.conftest import MakeContext

pytestmark = pytest.mark.anyio

KEPT: dict[str, Any] = {}
"""What `resolve_reference` was given last."""


@strawberry.enum
class Colour(enum.Enum):
    DARK_RED = "dark red"


@strawberry.federation.type(keys=["id"])
class Maker:
    notes: strawberry.Private[str]
    id: strawberry.ID
    country: str = "??"
    brands: list[str] = strawberry.field(default_factory=list)
    founded: int

    @strawberry.field
    def hello(self) -> str:
        return f"{self.id} of {self.country}, {len(self.brands)} brands"


@strawberry.federation.type(keys=["orderId madeAt colour sizes tags maker { id }"])
class Part:
    order_id: strawberry.ID
    made_at: datetime.datetime
    colour: Colour
    sizes: list[int]
    tags: list[str]
    maker: Maker

    @classmethod
    def resolve_reference(cls, info: Info, order_id: str, **others: Any) -> Part:
        KEPT.update(others, order_id=order_id, info=info)
        return cls(order_id=order_id, **others)


SHARED: dict[str, Parcel] = {}


@strawberry.federation.type(keys=["id", "code"])
class Parcel:
    id: strawberry.ID
    code: str = "loaded"
    weight_kg: float | None = strawberry.federation.field(external=True, default=None)

    @strawberry.federation.field(requires=["weightKg"])
    def shipping(self) -> str:
        return f"{self.weight_kg} kg of {self.code}"

    @classmethod
    async def resolve_reference(cls, id: strawberry.ID) -> Parcel | None:
        if id == "gone":
            return None
        if id == "broken":
            raise RuntimeError("secret")
        return SHARED.setdefault(id, cls(id=id))


@strawberry.federation.type(keys=["id"])
class Old:
    """Written for stock Strawberry, which passes GraphQL names."""

    id: strawberry.ID
    big_id: strawberry.ID

    @staticmethod
    def resolve_reference(id: strawberry.ID, bigId: str = "none") -> Old:
        if id == "sync":
            raise RuntimeError("secret")
        return Old(id=id, big_id=strawberry.ID(bigId))


@strawberry.federation.interface(keys=["id"])
class Media:
    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Media:
        return Book(id=id)


@strawberry.federation.type(keys=["id"])
class Book(Media):
    pages: int = 7


@strawberry.type
class Query:
    part: Part | None = None
    parcel: Parcel | None = None
    old: Old | None = None
    media: Media | None = None


SCHEMA = SubgraphSchema(query=Query, types=[Book])
SUBGRAPH = LocalSubgraph("parts", SCHEMA)
DOCUMENT = """query($r: [_Any!]!) { _entities(representations: $r) { __typename
  ... on Part { orderId madeAt colour sizes tags maker { id } }
  ... on Parcel { id shipping }
  ... on Old { id bigId }
  ... on Maker { id country hello }
  ... on Book { id pages }
} }"""
PART = {
    "__typename": "Part",
    "orderId": 7,
    "madeAt": "2026-01-05T09:30:00+00:00",
    "colour": "DARK_RED",
    "sizes": [1, 2],
    "tags": [],
    "maker": {"id": "m"},
}


async def fetch(make_context: MakeContext, *representations: Any, document: str = DOCUMENT) -> SubgraphResponse:
    given = copy.deepcopy(representations)
    response = await SUBGRAPH.fetch(SubgraphRequest(document, {"r": list(given)}), make_context())
    assert given == representations, "representations belong to the caller"
    return response


def entities(response: SubgraphResponse) -> list[Any]:
    assert response.data is not None
    return response.data["_entities"]


async def test_keys_arrive_with_python_names_and_python_values(make_context: MakeContext) -> None:
    """Ids are strings, times are times, enums are members, nested keys are objects; `info` is there if asked for."""
    response = await fetch(make_context, PART)
    assert response.errors == []
    assert KEPT["order_id"] == "7"
    assert KEPT["made_at"] == datetime.datetime(2026, 1, 5, 9, 30, tzinfo=datetime.UTC)
    assert KEPT["colour"] is Colour.DARK_RED
    assert KEPT["sizes"] == [1, 2]
    assert isinstance(KEPT["maker"], Maker)
    assert KEPT["maker"].id == "m"
    assert KEPT["info"].context.request_id == "req-1"
    assert entities(response) == [PART | {"orderId": "7", "maker": {"id": "m"}}]


async def test_parameters_with_graphql_names_work_too(make_context: MakeContext) -> None:
    """As people wrote them for stock Strawberry; parameters with defaults may be left out."""
    given = [{"__typename": "Old", "id": "1", "bigId": "2"}, {"__typename": "Old", "id": "3"}]
    response = await fetch(make_context, *given)
    assert entities(response) == [given[0], given[1] | {"bigId": "none"}]


async def test_required_fields_are_set_on_the_entity(make_context: MakeContext) -> None:
    """Two representations of one object, with different required values, do not get into each other's way; fields that
    are not external keep what was loaded."""
    response = await fetch(
        make_context,
        {"__typename": "Parcel", "id": "1", "weightKg": 2, "code": "stale"},
        {"__typename": "Parcel", "id": "1", "weightKg": None},
        {"__typename": "Parcel", "id": "gone", "weightKg": 1},
        {"__typename": "Parcel", "id": "1", "weightKg": 5},
    )
    assert response.errors == []
    assert entities(response) == [
        {"__typename": "Parcel", "id": "1", "shipping": "2.0 kg of loaded"},
        {"__typename": "Parcel", "id": "1", "shipping": "None kg of loaded"},
        None,
        {"__typename": "Parcel", "id": "1", "shipping": "5.0 kg of loaded"},
    ]
    assert SHARED["1"].weight_kg is None


async def test_without_resolve_reference_the_representation_is_the_entity(make_context: MakeContext) -> None:
    """Defaults hold; a field that nobody gave fails only when it is asked for."""
    maker = {"__typename": "Maker", "id": "m", "country": "FI", "unknown": 1}
    response = await fetch(make_context, maker, {"__typename": "Maker", "id": "n"})
    assert [entity["hello"] for entity in entities(response)] == ["m of FI, 0 brands", "n of ??, 0 brands"]
    document = "query($r:[_Any!]!){_entities(representations:$r){...on Maker{id founded}}}"
    with capture_logs():
        response = await fetch(make_context, maker | {"founded": 1865}, maker, document=document)
    assert entities(response) == [{"id": "m", "founded": 1865}, None]
    assert response.errors[0]["path"] == ["_entities", 1, "founded"]


async def test_an_entity_interface_resolves_to_its_objects(make_context: MakeContext) -> None:
    """`__typename` may be an interface with a key."""
    response = await fetch(make_context, {"__typename": "Media", "id": "1"})
    assert entities(response) == [{"__typename": "Book", "id": "1", "pages": 7}]


BAD = {
    "unknown type": {"__typename": "Nothing", "id": "1"},
    "no type": {"id": "1"},
    "odd type": {"__typename": ["Part"]},
    "a scalar's name": {"__typename": "String"},
    "an enum's name": {"__typename": "Colour"},
    "not an object": "Part",
    "a list": [],
    "key missing": {"__typename": "Parcel"},
    "null key": {"__typename": "Parcel", "id": None},
    "bad scalar": PART | {"madeAt": "canary"},
    "bad enum": PART | {"colour": "canary"},
    "bad number": PART | {"sizes": ["canary"]},
    "no list": PART | {"tags": "canary"},
    "null in list": PART | {"sizes": [None]},
    "bad nested": PART | {"maker": "canary"},
    "bad nested key": PART | {"maker": {"id": {"canary": 1}}},
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_representation_fails_alone(make_context: MakeContext, kind: str) -> None:
    """Its item is null with a coded error that repeats none of its values; its neighbours are answered."""
    good = {"__typename": "Parcel", "id": "1"}
    variables = {"r": [good, BAD[kind], good]}
    with capture_logs() as logs:
        response = await SUBGRAPH.fetch(SubgraphRequest(DOCUMENT, variables), make_context())
    first, bad, last = entities(response)
    assert first == last == {"__typename": "Parcel", "id": "1", "shipping": "None kg of loaded"}
    assert bad is None
    (error,) = response.errors
    assert error["path"] == ["_entities", 1]
    assert error["extensions"]["code"] == "INVALID_REPRESENTATION"
    assert "canary" not in str(error)
    assert logs == []


@pytest.mark.parametrize("bad", [{"__typename": "Old", "id": "sync"}, {"__typename": "Parcel", "id": "broken"}])
async def test_a_failing_reference_resolver_fails_alone(make_context: MakeContext, bad: Any) -> None:
    """Synchronous or not; masked like any other fault of a resolver."""
    good = {"__typename": "Old", "id": "1"}
    with capture_logs() as logs:
        response = await fetch(make_context, good, bad, good)
    assert [entity and entity["id"] for entity in entities(response)] == ["1", None, "1"]
    assert response.errors[0]["path"] == ["_entities", 1]
    assert "secret" not in str(response.errors)
    assert len(logs) == 1


async def test_a_resolver_that_returns_another_object_fails_alone(make_context: MakeContext) -> None:
    """Strawberry cannot tell its type; the log says so."""

    @strawberry.federation.type(keys=["id"])
    class Loose:
        id: strawberry.ID

        @classmethod
        def resolve_reference(cls, id: strawberry.ID) -> Any:
            return {"id": id} if id == "dict" else cls(id=id)

    subgraph = LocalSubgraph("loose", SubgraphSchema(types=[Loose]))
    document = "query($r:[_Any!]!){_entities(representations:$r){...on Loose{id}}}"
    representations = [{"__typename": "Loose", "id": "dict"}, {"__typename": "Loose", "id": "1"}]
    with capture_logs():
        response = await subgraph.fetch(SubgraphRequest(document, {"r": representations}), make_context())
    assert entities(response) == [None, {"id": "1"}]


def test_canary_strawberrys_type_map_is_where_we_look_for_it() -> None:
    """`schema_converter.type_map` is semi-private. If this fails after an upgrade, gateway.subgraphs.references must
    find its types another way."""
    part = SCHEMA.schema_converter.type_map["Part"]
    assert isinstance(part, ConcreteType)
    assert part.definition.origin is Part  # type: ignore[union-attr]
    assert part.implementation.name == "Part"
    names = {SCHEMA.config.name_converter.from_field(f): f.python_name for f in part.definition.fields}  # type: ignore[union-attr]
    assert names["orderId"] == "order_id"
    assert set(part.implementation.fields) == set(names)  # type: ignore[union-attr]

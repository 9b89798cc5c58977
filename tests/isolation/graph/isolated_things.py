"""The in-process subgraph of the isolation tests, imported by the gateway's process.

Every value says who is asking, as the service has read it from the forwarded authorization header. BRAID_TEST_PLANT
`loader` makes one loader serve all requests, which is the mistake that the tests must find.
"""

from __future__ import annotations

import os

import msgspec
import strawberry

from gateway.services.request import RequestContext
from gateway.services.rest import RowLoader, SingleLoader
from gateway.subgraphs import Info, SubgraphSchema


class ThingRow(msgspec.Struct):
    id: str
    owner: str


class Things(RowLoader[ThingRow]):
    service, path, row = "things", "/things", ThingRow


class People(SingleLoader[ThingRow]):
    service, path, row = "things", "/people", ThingRow


kept: dict[str, Things] = {}


def things_of(context: RequestContext) -> Things:
    if os.environ.get("BRAID_TEST_PLANT") != "loader":
        return context.loader(Things)
    return kept.setdefault("for everybody", Things(context))


@strawberry.federation.type(keys=["id"])
class Thing:
    id: strawberry.ID

    @strawberry.field
    async def owner(self, info: Info) -> str | None:
        row = await things_of(info.context).load(self.id)
        return row.owner if row else None

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Thing:
        return cls(id=id)


@strawberry.type
class Query:
    @strawberry.field
    def things(self, ids: list[strawberry.ID]) -> list[Thing]:
        return [Thing(id=key) for key in ids]

    @strawberry.field
    async def me(self, info: Info) -> str | None:
        row = await info.context.loader(People).load("me")
        return row.owner if row else None


schema = SubgraphSchema(query=Query)

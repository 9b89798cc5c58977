"""Who plays at the festival: Strawberry, under uvicorn. Its answers are compressed for whoever takes that."""

from __future__ import annotations

import strawberry
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount
from strawberry.asgi import GraphQL

from tests.interop.servers.serving import serve


@strawberry.federation.type(shareable=True)
class Money:
    amount: int
    currency: str


@strawberry.federation.type(keys=["id"])
class Act:
    id: strawberry.ID
    name: str
    minutes: int
    members: int
    fee: Money

    @strawberry.field
    def agent(self) -> str | None:
        if self.id == "a3":
            raise RuntimeError("no route to postgres://agents:hunter2@db")
        return f"agent of {self.name}"

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Act | None:
        return ACTS.get(id)


def _act(id: str, name: str, minutes: int, members: int, fee: int) -> Act:
    return Act(id=strawberry.ID(id), name=name, minutes=minutes, members=members, fee=Money(amount=fee, currency="EUR"))


ACTS = {
    act.id: act
    for act in (
        _act("a1", "Lanterns", 40, 4, 900),
        _act("a2", "Quartz", 60, 2, 1500),
        _act("a3", "Drum Bus", 30, 9, 700),
        _act("a4", "Mossfield", 45, 1, 400),
    )
}


@strawberry.type
class Query:
    @strawberry.field
    def acts(self, first: int = 10) -> list[Act] | None:
        return list(ACTS.values())[:first]

    @strawberry.field
    def act(self, id: strawberry.ID) -> Act | None:
        return ACTS.get(id)


schema = strawberry.federation.Schema(query=Query)

if __name__ == "__main__":
    compressing = Middleware(GZipMiddleware, minimum_size=1)
    serve(Starlette(routes=[Mount("/", GraphQL(schema))], middleware=[compressing]))

"""An in-process subgraph whose resolvers fail in every way, each time with a secret in it."""

from __future__ import annotations

import asyncio
import datetime
import enum
import os
from collections.abc import Mapping, Sequence

import msgspec
import strawberry
from graphql import GraphQLError

from gateway.services.client import ServiceClient
from gateway.services.loader import Loader
from gateway.services.rest import RowLoader
from gateway.subgraphs import Info, SubgraphSchema
from tests.secrets.canaries import dsn


class Colour(enum.Enum):
    RED = "red"


class Row(msgspec.Struct):
    id: str
    name: str
    colour: Colour = Colour.RED


class Rows(RowLoader[Row]):
    service, path, row = "secretive", "/rows", Row


class Exploding(Loader[str, str]):
    service = "secretive"

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, str | Exception]:
        raise RuntimeError(dsn("batchException") + "".join(keys))


@strawberry.federation.type(keys=["id"])
class Thing:
    id: strawberry.ID

    @strawberry.field
    async def name(self, info: Info) -> str | None:
        row = await info.context.loader(Rows).load(self.id)
        return row.name if row else None

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Thing:
        return cls(id=id)


@strawberry.input
class Login:
    user: str
    password: str


@strawberry.type
class Query:
    @strawberry.field
    def things(self, ids: list[strawberry.ID]) -> list[Thing]:
        return [Thing(id=key) for key in ids]

    @strawberry.field
    def login(self, login: Login) -> str | None:
        raise PermissionError(f"{login!r} {dsn('exception')} {os.environ['SHOP_DSN']}")

    @strawberry.field
    async def batch(self, info: Info, key: str) -> str | None:
        return await info.context.loader(Exploding).load(key)

    @strawberry.field
    async def chain(self) -> str | None:
        try:
            raise OSError(dsn("cause"))
        except OSError as error:
            raise KeyError(dsn("exception")) from error

    @strawberry.field
    async def group(self) -> str | None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_fail(dsn("group")))
        return None

    @strawberry.field
    def number(self) -> int | None:
        return dsn("serialised")  # type: ignore[return-value]

    @strawberry.field
    def colour(self) -> Colour | None:
        return dsn("serialised")  # type: ignore[return-value]

    @strawberry.field
    def day(self) -> datetime.date | None:
        return dsn("serialised")  # type: ignore[return-value]

    @strawberry.field
    def listed(self) -> list[str] | None:
        return 7  # type: ignore[return-value]

    @strawberry.field
    def returned(self) -> str | None:
        return ValueError(dsn("returned"))  # type: ignore[return-value]

    @strawberry.field
    def deep(self) -> str | None:
        return self.deep()

    @strawberry.field
    async def problem(self, info: Info) -> str | None:
        return await _client(info).get_json("/problem", context=info.context)

    @strawberry.field
    def meant_for_clients(self) -> str | None:
        raise GraphQLError("Come back on Monday.", extensions={"code": "CLOSED"})


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def rename(self, info: Info, id: strawberry.ID, to: str) -> str | None:
        answer = await _client(info).post_json("/rename", {"id": id, "to": to}, context=info.context)
        return f"renamed {len(answer)}"


def _client(info: Info) -> ServiceClient:
    return info.context.services["secretive"]


async def _fail(secret: str) -> None:
    raise RuntimeError(secret)


schema = SubgraphSchema(query=Query, mutation=Mutation)

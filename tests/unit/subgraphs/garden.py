"""A schema of every kind of field, and objects that hold what their fields promise, or do not."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Generator
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar

import strawberry
from graphql import GraphQLError
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission

from gateway.subgraphs import derived

T = TypeVar("T")


class Later:
    """An awaitable that may be awaited again."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Later"

    def __await__(self) -> Generator[Any, None, Any]:
        yield from asyncio.sleep(0).__await__()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


@strawberry.enum
class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Refusing(BasePermission):
    message = "Not for you."

    def has_permission(self, source: Any, info: strawberry.Info, **_: Any) -> bool:
        return source.seed % 2 == 0


class Shouting(FieldExtension):
    def resolve(self, next_: Callable[..., Any], source: Any, info: strawberry.Info, **arguments: Any) -> Any:
        return f"{next_(source, info, **arguments)}!"


@strawberry.interface
class Named:
    seed: strawberry.Private[int]
    name: str


@strawberry.type
class Bud:
    text: str


@strawberry.type
class Leaf:
    seed: strawberry.Private[int]
    id: strawberry.ID
    number: int
    maybe: int | None
    ratio: float | None
    text: str | None
    flag: bool | None
    colour: Colour | None
    price: Decimal | None
    time: datetime | None
    tags: list[str] | None
    grid: list[list[int] | None] | None

    @strawberry.field
    def at(self, info: strawberry.Info) -> str:
        return f"{info.path.as_list()} {[field.name for field in info.selected_fields]}"

    @strawberry.field(permission_classes=[Refusing])
    def guarded(self) -> str | None:
        return "in"

    @strawberry.field
    @derived
    def halved(self) -> int | None:
        return self.number // 2

    @strawberry.field
    @derived
    def texts(self) -> list[str]:
        return [self.text or "none"] if self.seed % 3 else self.tags  # type: ignore[return-value]

    @strawberry.field
    @derived
    def buds(self) -> list[Bud] | None:
        return [Bud(text=self.text or "bud")]

    @strawberry.field(permission_classes=[Refusing])
    @derived
    def guarded_bud(self) -> Bud | None:
        return Bud(text="in")


@strawberry.type
class Twig(Named):
    text: str | None = None


@strawberry.type
class Page(Generic[T]):
    nodes: list[T]
    total: int | None


@strawberry.type
class Branch(Named):
    leaf: Leaf | None
    strict: Leaf
    leaves: list[Leaf] | None
    loose: list[Leaf | None] | None
    named: Named | None
    either: Annotated[Leaf | Twig, strawberry.union("Either")] | None
    several: list[Annotated[Leaf | Twig, strawberry.union("Either")] | None] | None
    names: list[Named] | None
    page: Page[Leaf] | None
    loud: str = strawberry.field(extensions=[Shouting()], default="loud")

    @strawberry.field
    async def later(self, info: strawberry.Info, add: int = 1) -> Branch | None:
        await asyncio.sleep(0)
        return info.context.branch(self.seed + add, 1)

    @strawberry.field
    def now(self, info: strawberry.Info, add: int = 1) -> Leaf:
        return info.context.leaf(self.seed + add)

    @strawberry.field
    async def many(self, info: strawberry.Info) -> list[Leaf | None]:
        return [Later(info.context.leaf(self.seed + add)) for add in range(3)]  # type: ignore[misc]

    @strawberry.field
    async def mixed(self, info: strawberry.Info) -> list[Annotated[Leaf | Twig, strawberry.union("Either")] | None]:
        wrong: list[Any] = [Later(ValueError("lost")), KeyError("gone"), None, 7]
        good = [info.context.twig(self.seed), Later(info.context.leaf(self.seed)), Later(info.context.twig(1))]
        return [*good, *wrong[: self.seed % 5]]


class World:
    """Makes the same objects from the same seeds. wrong: how many of a hundred values do not fit their field."""

    def __init__(self, wrong: int) -> None:
        self.wrong = wrong

    def leaf(self, seed: int) -> Any:
        pick = self._pick(seed)
        return Leaf(
            seed=seed,
            id=pick("a", 7),
            number=pick(seed % 100, 2**31 - 1, True),
            maybe=pick(1, None),
            ratio=pick(0.5, None, 3),
            text=pick("t", None, ""),
            flag=pick(True, False, None),
            colour=pick(Colour.RED, Colour.BLUE, None),
            price=pick(Decimal("1.50"), None),
            time=pick(datetime(2026, 1, 1, tzinfo=UTC), None),
            tags=pick(["x", "y"], [], None, ("z",)),
            grid=pick([[1, 2], None, []], None),
        )

    def twig(self, seed: int) -> Any:
        pick = self._pick(seed)
        kind = pick(Twig, WithProperty, WithAnything)
        return kind(seed=seed, name=pick("n")) if isinstance(kind, type) else Twig(seed=seed, name="n")

    def branch(self, seed: int, depth: int = 2) -> Any:
        pick, leaf = self._pick(seed), self.leaf
        below = self.branch(seed + 5, depth - 1) if depth else None
        return Branch(
            seed=seed,
            name=pick("b"),
            leaf=pick(leaf(seed), None, Later(leaf(seed + 1))),
            strict=pick(leaf(seed + 2), Later(leaf(seed + 2))),
            leaves=pick([leaf(seed + k) for k in range(3)], []),
            loose=pick([leaf(seed), None, leaf(seed + 3)], (leaf(1),), [Later(leaf(seed)), leaf(2), Later(None)]),
            named=pick(self.twig(seed), below, None),
            either=pick(leaf(seed), self.twig(seed)),
            several=pick([leaf(seed), None, self.twig(seed)], [], None),
            names=pick([self.twig(seed), self.twig(seed + 1)], [below, self.twig(3)] if below else []),
            page=pick(Page(nodes=[leaf(seed)], total=1), None),
        )

    def _pick(self, seed: int) -> Callable[..., Any]:
        chance = random.Random(seed)
        wrong = (
            None,
            2**40,
            "7",
            float("nan"),
            ValueError("bad"),
            Later(ValueError("late")),
            {},
            object,
            "RED",
            [None],
        )
        return lambda *good: chance.choice(wrong if chance.randrange(100) < self.wrong else good)


class WithProperty(Twig):
    @property
    def text(self) -> str:  # type: ignore[override]
        raise GraphQLError("Read too much.", extensions={"code": "TOO_MUCH"})

    @text.setter
    def text(self, value: object) -> None: ...


class WithAnything(Twig):
    def __getattribute__(self, name: str) -> Any:
        return "anything" if name == "text" else super().__getattribute__(name)


@strawberry.type
class Query:
    @strawberry.field
    def branch(self, info: strawberry.Info, seed: int) -> Branch | None:
        return info.context.branch(seed)

    @strawberry.field
    async def branches(self, info: strawberry.Info, seed: int) -> list[Branch | None] | None:
        return [info.context.branch(seed + add) for add in range(3)]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def grow(self, info: strawberry.Info, seed: int) -> Branch | None:
        await asyncio.sleep(0)
        return info.context.branch(seed)

"""The executor of in-process subgraphs answers what graphql-core answers, whatever the objects hold."""

from __future__ import annotations

import asyncio
import gc
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)
from graphql.execution import Executor
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strawberry.extensions import SchemaExtension
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext as GraphqlCores

from gateway.subgraphs import SubgraphSchema, derived
from tests.unit.subgraphs.garden import Mutation, Query, Twig, World

pytestmark = pytest.mark.anyio


OPTIONS: dict[str, Any] = {"query": Query, "mutation": Mutation, "types": [Twig]}
FAST = SubgraphSchema(**OPTIONS)
ORACLE = SubgraphSchema(**OPTIONS, execution_context_class=GraphqlCores)
GRAPH: GraphQLSchema = FAST._schema


class Writer:
    """Writes a random operation; every field that takes arguments or may conflict has an alias of its own."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.aliases = 0

    def operation(self) -> str:
        root, word = self.chance.choice([("Query", "query"), ("Query", "query"), ("Mutation", "mutation")])
        fields = self.selections(GRAPH.type_map[root], 4) + self.chance.choice(
            ["", "", " on:__typename @include(if:$on)"]
        )
        variables = ["$on:Boolean!"] * ("$on" in fields) + ["$seed:Int!"] * ("$seed" in fields)
        return f"{word}{'(' * bool(variables)}{','.join(variables)}{')' * bool(variables)}{{{fields}}}"

    def selections(self, type_: Any, depth: int) -> str:
        if isinstance(type_, GraphQLUnionType | GraphQLInterfaceType):
            inner = [f"... on {t.name}{{{self.fields(t, depth)}}}" for t in GRAPH.get_possible_types(type_)]
            return " ".join(["__typename", *self.chance.sample(inner, self.chance.randint(1, len(inner)))])
        return self.fields(type_, depth)

    def fields(self, type_: GraphQLObjectType, depth: int) -> str:
        usable = [n for n, f in type_.fields.items() if n[0] != "_" and (depth or is_leaf_type(get_named_type(f.type)))]
        chosen = self.chance.choices([*usable, "__typename"], k=self.chance.randint(1, 6))
        return " ".join(self.field(type_, name, depth) for name in chosen)

    def field(self, type_: GraphQLObjectType, name: str, depth: int) -> str:
        if name == "__typename":
            return name
        field = type_.fields[name]
        self.aliases += 1
        alias = f"{name}{self.aliases}:" if field.args or self.chance.randrange(3) else f"{type_.name}_{name}:"
        value = self.chance.choice(["$seed", "7", "12"])
        arguments = "".join(f"({argument}:{value})" for argument in field.args)
        named = get_named_type(field.type)
        below = "" if is_leaf_type(named) else f"{{{self.selections(named, depth - 1)}}}"
        return f"{alias}{name}{arguments}{below}"


Told = Counter[tuple[Any, ...]]


def told(error: GraphQLError) -> tuple[Any, ...]:
    return tuple(error.path or ()), error.message, str(error.extensions), repr(error.original_error)


def explained(data: Any, path: tuple[Any, ...]) -> tuple[Any, ...]:
    """Where the null is that an error at this path made."""
    for length, step in enumerate(path):
        if data is None:
            return path[:length]
        data = data[step]
    return path


def assert_equal(fast: tuple[Any, Told], core: tuple[Any, Told]) -> None:
    """The same data and errors. Where one null has several errors, they stop one another, and any of them will do."""
    data, expected = core
    assert ordered(fast[0]) == ordered(data)
    assert fast[1] <= expected
    places = Counter(explained(data, path) for path, *_ in expected.elements())
    missing = expected - fast[1]
    assert all(places[explained(data, path)] > 1 for path, *_ in missing)
    assert {explained(data, path) for path, *_ in fast[1]} == places.keys()


def ordered(data: Any) -> Any:
    """With the order of members made visible."""
    if isinstance(data, dict):
        return [(name, ordered(value)) for name, value in data.items()]
    return [ordered(item) for item in data] if isinstance(data, list) else data


async def answer(schema: SubgraphSchema, document: str, seed: int, wrong: int) -> tuple[Any, Told]:
    variables = {"on": bool(seed % 2), "seed": seed}
    result = await schema.execute(document, variables, World(wrong))
    return result.data, Counter(map(told, result.errors or ()))


@pytest.fixture
def abandoned_coroutines() -> Iterator[None]:
    """graphql-core, with or without our executor, drops coroutines unawaited where a sibling fails: 5 in 1,500."""
    yield
    gc.collect()


# The second is what becomes of the first when Python cannot even say it.
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("abandoned_coroutines")
@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 50), st.sampled_from([0, 1, 10, 40]))
@example(1, 1, 0)
def test_random_documents_are_answered_as_by_graphql_core(document_seed: int, seed: int, wrong: int) -> None:
    """The same data in the same order and the same errors, for objects that hold what they should, or do not."""
    document = Writer(random.Random(document_seed)).operation()

    async def both() -> None:
        for _ in range(2):  # The second time, the document is known.
            fast, core = [await answer(schema, document, seed, wrong) for schema in (FAST, ORACLE)]
            assert_equal(fast, core)

    asyncio.run(both())


async def test_a_long_list_of_plain_objects_is_read_without_a_call_per_field(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is gained: graphql-core executes the two root fields and nothing below them."""
    calls: list[str] = []
    execute_field = Executor.execute_field

    def counted(self: Any, parent_type: Any, source: Any, details: Any, *rest: Any) -> Any:
        calls.append(details[0].node.name.value)
        return execute_field(self, parent_type, source, details, *rest)

    monkeypatch.setattr(Executor, "execute_field", counted)
    document = "{branch(seed:1){seed:name many{id number price grid halved buds{text}}}}"
    result = await FAST.execute(document, None, World(0))
    assert result.errors is None
    assert calls == ["branch", "many"]


def test_only_a_function_of_its_object_can_be_derived() -> None:
    """Whoever marks anything else learns it when the module is imported."""

    async def later(self: Any) -> int:
        return 1

    def asks(self: Any, info: strawberry.Info) -> int:
        return 1

    for method in (later, asks, lambda: 1):
        with pytest.raises(TypeError, match="cannot be derived"):
            derived(method)


@strawberry.type
class Counted:
    made: strawberry.Private[list[int]]
    number: int

    @strawberry.field
    @derived
    def costly(self) -> list[int]:
        self.made.append(self.number)
        return [self.number]


@strawberry.type(name="Query")
class CountedQuery:
    @strawberry.field
    def counted(self, info: strawberry.Info) -> list[Counted]:
        return [Counted(made=info.context, number=number) for number in range(3)]


async def test_what_is_derived_is_made_only_where_it_is_asked_for() -> None:
    schema, made = SubgraphSchema(query=CountedQuery), list[int]()
    result = await schema.execute("{counted{number}}", None, made)
    assert (result.errors, made) == (None, [])
    result = await schema.execute("{counted{costly}}", None, made)
    assert result.data == {"counted": [{"costly": [0]}, {"costly": [1]}, {"costly": [2]}]}
    assert made == [0, 1, 2]


async def test_a_schema_with_middleware_is_executed_by_graphql_core() -> None:
    """An extension that wraps resolvers sees each field."""
    seen: list[str] = []

    class Watching(SchemaExtension):
        def resolve(self, _next: Any, root: Any, info: Any, *args: Any, **arguments: Any) -> Any:
            seen.append(info.field_name)
            return _next(root, info, *args, **arguments)

    schema = SubgraphSchema(**OPTIONS, extensions=[Watching])
    await schema.execute("{branch(seed:1){name strict{id number}}}", None, World(0))
    assert sorted(seen) == ["branch", "id", "name", "number", "strict"]


async def test_include_with_a_variable_decides_anew_in_each_request() -> None:
    """One document, two answers."""
    document = "query($on:Boolean!){branch(seed:1){name strict @include(if:$on){id}}}"
    results = [await FAST.execute(document, {"on": on}, World(0)) for on in (True, False, True)]
    assert [list((result.data or {})["branch"]) for result in results] == [
        ["name", "strict"],
        ["name"],
        ["name", "strict"],
    ]


@strawberry.type(name="Thing")
class One:
    one: str = strawberry.field(name="a", default="one")
    two: str = strawberry.field(name="b", default="two")


@strawberry.type(name="Thing")
class Other:
    one: str = strawberry.field(name="b", default="one")
    two: str = strawberry.field(name="a", default="two")


@strawberry.type(name="Query")
class OneQuery:
    things: list[One] = strawberry.field(resolver=lambda: [One()])


@strawberry.type(name="Query")
class OtherQuery:
    things: list[Other] = strawberry.field(resolver=lambda: [Other()])


async def test_the_same_text_in_two_schemas_is_read_by_each_schemas_own_fields() -> None:
    """Parsed documents are shared between schemas; what fields are is not."""

    schemas = [SubgraphSchema(query=query) for query in (OneQuery, OtherQuery)]
    answers = [(await schema.execute("{things{a b}}")).data for schema in schemas]
    assert answers == [{"things": [{"a": "one", "b": "two"}]}, {"things": [{"a": "two", "b": "one"}]}]

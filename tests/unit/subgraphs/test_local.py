"""In-process subgraphs: what goes in and out, how errors are told, what is logged."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError, parse
from strawberry.extensions import SchemaExtension
from structlog.testing import capture_logs

from gateway.errors import BraidError
from gateway.federation.errors import SchemaError
from gateway.services.errors import SourceTimeout
from gateway.services.loader import Loader, close_loaders
from gateway.subgraphs import Info, LocalSubgraph, SubgraphSchema, lookup
from gateway.subgraphs.subgraph import SubgraphRequest, SubgraphResponse
from tests.unit.services.conftest import MakeContext

pytestmark = pytest.mark.anyio


class Names(Loader[str, str]):
    """Answers upper-case names; "slow" times out. `calls` are the batches."""

    service = "names"
    calls: list[list[str]] = []  # noqa: RUF012  # shared on purpose: tests read it

    async def fetch(self, keys: Sequence[str]) -> dict[str, str | Exception]:
        self.calls.append(list(keys))
        return {k: SourceTimeout("names", "Service 'names' took too long.") if k == "slow" else k.upper() for k in keys}


@strawberry.federation.type(keys=["id"])
class Thing:
    id: strawberry.ID

    @strawberry.field
    async def name(self, info: Info) -> str | None:
        return await info.context.loader(Names).load(self.id)

    @strawberry.field
    def secret(self) -> str | None:
        raise RuntimeError("password=hunter2 at http://10.0.0.1")

    @strawberry.field
    def refused(self) -> str | None:
        raise BraidError("Not today.", code="NOT_TODAY")

    @strawberry.field
    def told(self) -> str | None:
        raise GraphQLError("For the client.", extensions={"code": "TOLD"})

    @strawberry.field
    def strict(self) -> str:
        return None  # type: ignore[return-value]

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> Thing:
        return cls(id=id)


@strawberry.type
class Query:
    @strawberry.field(directives=[lookup])
    def thing(self, id: strawberry.ID) -> Thing | None:
        return Thing(id=id)

    @strawberry.field
    def request_id(self, info: Info) -> str:
        return info.context.request_id


@strawberry.federation.type(keys=["id"], description="A part.")
class Part:
    id: strawberry.ID


@strawberry.type
class PartQuery:
    @strawberry.field(directives=[lookup], description="One part.")
    def part(self, id: strawberry.ID) -> Part | None:
        return Part(id=id)


@strawberry.type
class Plain:
    number: int = 1


SUBGRAPH = LocalSubgraph("things", SubgraphSchema(query=Query))
ENTITIES = "query($r:[_Any!]!){_entities(representations:$r){...on Thing{id name}}}"


@pytest.fixture(autouse=True)
def _no_calls_yet() -> None:
    Names.calls.clear()


async def ask(make_context: MakeContext, document: str, **variables: Any) -> SubgraphResponse:
    return await SUBGRAPH.fetch(SubgraphRequest(document, variables), make_context())


async def test_resolvers_see_the_request_context(make_context: MakeContext) -> None:
    """`info.context` is the RequestContext itself."""
    assert await ask(make_context, "{requestId}") == SubgraphResponse({"requestId": "req-1"}, [])


async def test_variables_are_used_and_left_alone(make_context: MakeContext) -> None:
    """The caller's representations are the same after as before."""
    representations = [{"__typename": "Thing", "id": key} for key in "ab"]
    response = await ask(make_context, ENTITIES, r=representations)
    assert response.data == {"_entities": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]}
    assert representations == [{"__typename": "Thing", "id": key} for key in "ab"]


async def test_fetches_of_one_request_are_gathered_across_subgraphs(make_context: MakeContext) -> None:
    """Four entity fetches into two subgraphs at once: one call for all distinct keys."""
    context = make_context()
    other = LocalSubgraph("other", SubgraphSchema(query=Query))
    requests = [
        SubgraphRequest(ENTITIES, {"r": [{"__typename": "Thing", "id": key} for key in keys]})
        for keys in ("ab", "bc", "cd", "aa")
    ]
    await asyncio.gather(*(s.fetch(r, context) for s, r in zip([SUBGRAPH, other] * 2, requests, strict=True)))
    assert [sorted(call) for call in Names.calls] == [["a", "b", "c", "d"]]


async def test_a_services_fault_is_an_error_at_its_fields_only(make_context: MakeContext) -> None:
    """Code and service are told; the path is the subgraph's own; the other entities are answered."""
    representations = [{"__typename": "Thing", "id": key} for key in ("a", "slow")]
    response = await ask(make_context, ENTITIES, r=representations)
    assert response.data == {"_entities": [{"id": "a", "name": "A"}, {"id": "slow", "name": None}]}
    assert response.errors == [
        {
            "message": "Service 'names' took too long.",
            "path": ["_entities", 1, "name"],
            "extensions": {"code": "SUBREQUEST_TIMEOUT", "service": "names"},
        }
    ]


async def test_errors_meant_for_the_client_keep_their_words(make_context: MakeContext) -> None:
    """BraidErrors and GraphQLErrors raised by resolvers; nothing of it is logged."""
    with capture_logs() as logs:
        response = await ask(make_context, '{thing(id:"a"){refused told}}')
    assert response.errors == [
        {"message": "Not today.", "path": ["thing", "refused"], "extensions": {"code": "NOT_TODAY"}},
        {"message": "For the client.", "path": ["thing", "told"], "extensions": {"code": "TOLD"}},
    ]
    assert logs == []


async def test_any_other_exception_is_masked_and_logged_by_request_id(
    make_context: MakeContext, caplog: pytest.LogCaptureFixture
) -> None:
    """The client learns that something failed; the log learns what, without the variables; Strawberry's log nothing."""
    with capture_logs() as logs:
        response = await ask(make_context, "query($id:ID!){thing(id:$id){secret}}", id="canary")
    message = "Internal error in subgraph 'things'."
    assert response.data == {"thing": {"secret": None}}
    assert response.errors == [
        {"message": message, "path": ["thing", "secret"], "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
    ]
    (entry,) = logs
    assert entry["request_id"] == "req-1"
    assert entry["subgraph"] == "things"
    assert entry["path"] == ["thing", "secret"]
    assert entry["error"] == "RuntimeError"
    assert "test_local.py" in entry["origin"]
    assert "canary" not in str(logs)
    assert "hunter2" not in str(logs)
    assert caplog.records == []


async def test_a_broken_promise_of_non_null_is_masked(make_context: MakeContext) -> None:
    """graphql-core's own complaint is ours to mend, not the client's."""
    with capture_logs():
        response = await ask(make_context, '{thing(id:"a"){strict}}')
    assert response.data == {"thing": None}
    assert response.errors[0]["extensions"] == {"code": "INTERNAL_SERVER_ERROR"}


async def test_a_document_that_does_not_fit_the_schema_is_an_error(make_context: MakeContext) -> None:
    """A supergraph older than the subgraph: said, not raised."""
    response = await ask(make_context, "{nothing}")
    assert response.data is None
    assert "nothing" in response.errors[0]["message"]
    response = await ask(make_context, "{")
    assert response.errors[0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


async def test_cancelling_a_fetch_leaves_no_task_behind(make_context: MakeContext) -> None:
    """Resolvers stop with the fetch, loaders with the request."""

    class Hanging(Loader[str, str]):
        service = "hanging"

        async def fetch(self, keys: Sequence[str]) -> dict[str, str | Exception]:
            await asyncio.Event().wait()
            return {}

    @strawberry.type
    class HangingQuery:
        @strawberry.field
        async def hang(self, info: Info, key: str) -> str:
            return await info.context.loader(Hanging).load(key)

    subgraph = LocalSubgraph("hanging", SubgraphSchema(query=HangingQuery))
    context = make_context()
    before = asyncio.all_tasks()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await subgraph.fetch(SubgraphRequest('{a:hang(key:"a") b:hang(key:"b")}', {}), context)
    await close_loaders(context)
    assert asyncio.all_tasks() == before


class Answering(Loader[str, str]):
    service = "answering"

    async def fetch(self, keys: Sequence[str]) -> dict[str, str | Exception]:
        await asyncio.sleep(0)
        return {key: key for key in keys}


class Silent(Loader[str, str]):
    service = "silent"

    async def fetch(self, keys: Sequence[str]) -> dict[str, str | Exception]:
        await asyncio.Event().wait()
        return {}


@strawberry.federation.type(keys=["id"])
class Node:
    id: strawberry.ID

    @strawberry.field
    async def silent(self, info: Info) -> str | None:
        return await info.context.loader(Silent).load(self.id)

    @strawberry.field
    async def next(self, info: Info) -> Node | None:
        return await Node.resolve_reference(info, self.id)

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Node:
        return cls(id=strawberry.ID(await info.context.loader(Answering).load(id)))


NODES = LocalSubgraph("nodes", SubgraphSchema(types=[Node]))


@pytest.mark.parametrize("turns", range(30))
@pytest.mark.filterwarnings("always")
async def test_a_fetch_can_be_cancelled_at_any_moment(
    make_context: MakeContext, turns: int, recwarn: pytest.WarningsRecorder
) -> None:
    """Just as data arrives and new fields begin, too: no task is left, no coroutine dropped unawaited."""
    document = "query($r:[_Any!]!){_entities(representations:$r){...on Node{silent next{silent next{id silent}}}}}"
    representations = [{"__typename": "Node", "id": str(number)} for number in range(3)]
    context = make_context()
    before = asyncio.all_tasks()
    fetch = asyncio.create_task(NODES.fetch(SubgraphRequest(document, {"r": representations}), context))
    for _ in range(turns):
        await asyncio.sleep(0)
    fetch.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetch
    await close_loaders(context)
    assert asyncio.all_tasks() == before
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []


@pytest.mark.parametrize("turns", range(12))
async def test_cancelling_again_leaves_no_task_behind(make_context: MakeContext, turns: int) -> None:
    """A client that goes away while its fetch is being cancelled at the deadline."""
    context = make_context()
    document = "query($r:[_Any!]!){_entities(representations:$r){...on Node{silent next{silent}}}}"
    before = asyncio.all_tasks()
    request = SubgraphRequest(document, {"r": [{"__typename": "Node", "id": "1"}]})
    fetch = asyncio.create_task(NODES.fetch(request, context))
    for _ in range(turns):
        await asyncio.sleep(0)
    for _ in range(2):
        fetch.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await fetch
    await close_loaders(context)
    for _ in range(3):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_documents_are_parsed_and_validated_once(
    make_context: MakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same text costs milliseconds the first time only; users' own extensions still run."""
    seen: list[str] = []

    class Watching(SchemaExtension):
        def on_execute(self) -> Any:
            document = self.execution_context.graphql_document
            seen.append(f"{id(document)}")
            yield

    subgraph = LocalSubgraph("watched", SubgraphSchema(query=Query, extensions=[Watching]))
    validations: list[Any] = []
    from strawberry.schema import schema as strawberry_schema

    validate = strawberry_schema.validate
    monkeypatch.setattr(strawberry_schema, "validate", lambda *args: validations.append(args) or validate(*args))
    for _ in range(3):
        await subgraph.fetch(SubgraphRequest("{requestId again:requestId}", {}), make_context())
    assert len(seen) == 3
    assert len(set(seen)) == 1
    assert len(validations) == 1


@pytest.mark.parametrize(
    "schema", [strawberry.federation.Schema(query=Query), strawberry.Schema(query=Plain), None, Query]
)
def test_another_kind_of_schema_is_refused_with_what_to_do(schema: Any) -> None:
    """Start-up stops; the message names the subgraph, what was given and what to write instead."""
    with pytest.raises(SchemaError) as caught:
        LocalSubgraph("things", schema)
    assert caught.value.problems[0].subgraph == "things"
    assert "schema = SubgraphSchema(query=Query)" in caught.value.message


def test_the_sdl_for_composition_holds_nothing_internal() -> None:
    """No `_entities`, `_service` and their types; lookups are marked; descriptions and the link stay."""

    sdl = LocalSubgraph("parts", SubgraphSchema(query=PartQuery)).subgraph_sdl()
    parse(sdl)
    assert "_entities" not in sdl
    assert "_service" not in sdl
    assert "_Any" not in sdl
    assert "_Entity" not in sdl
    assert "_Service" not in sdl
    assert '"""A part."""\ntype Part @key(fields: "id")' in sdl
    assert '"""One part."""\n  part(id: ID!): Part @lookup' in sdl
    assert "directive @lookup on FIELD_DEFINITION" in sdl
    assert sdl.count("@link(") == 1


def test_a_subgraph_without_root_fields_has_no_query_type() -> None:
    """One that only extends others' entities."""
    sdl = SubgraphSchema(types=[Thing]).subgraph_sdl()
    parse(sdl)
    assert "Query" not in sdl
    assert "query:" not in sdl
    assert sdl.count("@link(") == 1


def test_an_in_process_subgraph_is_federation_2_whatever_it_uses() -> None:
    """Strawberry prints no link when no federation directive is used."""
    sdl = SubgraphSchema(query=Plain, federation_version="2.9").subgraph_sdl()
    parse(sdl)
    assert sdl.startswith('extend schema @link(url: "https://specs.apollo.dev/federation/v2.9")')

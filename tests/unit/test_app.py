"""The composition root: settings -> a running gateway, over modules, remote services and a supergraph file."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from gateway.app import Gateway, build_app, open_gateway
from gateway.federation.errors import SchemaError
from gateway.operation.errors import RequestError
from gateway.operation.request import GraphQLRequest
from gateway.server.examples import ExamplesError
from gateway.settings import Settings
from tests.unit.supergraphs import supergraph_sdl

pytestmark = pytest.mark.anyio

NOWHERE = "http://127.0.0.1:9/graphql"
TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

MODULE = """
import strawberry
from gateway.subgraphs import Info, SubgraphSchema

@strawberry.federation.type(keys=["id"])
class {type}:
    id: strawberry.ID

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> "{type}":
        return cls(id=id)

    @strawberry.field
    def {field}(self) -> str:
        return "{field} of " + self.id

@strawberry.type
class Query:
    @strawberry.field
    def {root}(self) -> {type}:
        return {type}(id=strawberry.ID("1"))

    @strawberry.field
    def {root}_context(self, info: Info) -> str:
        context = info.context
        service = context.services.get("{root}")
        return repr((dict(context.headers), context.traceparent, context.batching, context.request_id, bool(service)))

schema = SubgraphSchema(query=Query)
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder from which modules are imported; what was imported from it is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def module(folder: Path, name: str, text: str | None = None, **words: str) -> str:
    """Write a module; without a text one that holds a small subgraph. Answers its name."""
    (folder / f"{name}.py").write_text(MODULE.format(**words) if text is None else text)
    return name


def item_module(folder: Path, name: str, field: str) -> str:
    return module(folder, name, type="Item", field=field, root=name)


@asynccontextmanager
async def serving(handler: Any) -> AsyncIterator[str]:
    """The URL of a GraphQL service that answers POST by this handler."""
    app = web.Application()
    app.router.add_post("/graphql", handler)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/graphql"
    finally:
        await runner.cleanup()


REVIEWS_SDL = """
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])
    type Query { review: String }
    type Item @key(fields: "id") { id: ID! review: String }
"""


async def reviews(request: web.Request) -> web.Response:
    """A federated subgraph that knows the reviews of items."""
    body = await request.json()
    if "_service" in body["query"]:
        return web.json_response({"data": {"_service": {"sdl": REVIEWS_SDL}}})
    if "_entities" in body["query"]:
        found = [{"review": f"review of {r['id']}"} for r in body["variables"]["representations"]]
        return web.json_response({"data": {"_entities": found}})
    return web.json_response({"data": {"review": "best"}})


@asynccontextmanager
async def opened(**settings: Any) -> AsyncIterator[Gateway]:
    gateway = await open_gateway(Settings(**settings))
    try:
        yield gateway
    finally:
        await gateway.close()


async def answered(gateway: Gateway, document: str, headers: dict[str, str] | None = None, **request: Any) -> Any:
    return await gateway.run(GraphQLRequest(document, **request), headers or {}, "request-1")


async def problems(**settings: Any) -> dict[str, tuple[str, str]]:
    """(code, message) by subgraph of what keeps a gateway from opening."""
    with pytest.raises(SchemaError) as refused:
        await open_gateway(Settings(**settings))
    return {problem.subgraph: (problem.code, problem.message) for problem in refused.value.problems}


# -- what can be opened ------------------------------------------------------------------------------------------------


async def test_modules_are_composed_and_run_in_process(modules: Path):
    items, prices = item_module(modules, "items", "name"), item_module(modules, "prices", "price")
    async with opened(subgraphs={"items": {"schema": items}, "prices": {"schema": prices}}) as gateway:
        response = await answered(gateway, "{ items { name price } prices { name } }")
    assert response.errors == []
    assert response.data == {"items": {"name": "name of 1", "price": "price of 1"}, "prices": {"name": "name of 1"}}


@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
async def test_remote_services_are_asked_for_their_schema_and_then_for_data(modules: Path, transport: str):
    items = item_module(modules, "items", "name")
    async with serving(reviews) as url:
        subgraphs = {"items": {"schema": items}, "reviews": {"url": url}}
        async with opened(subgraphs=subgraphs, transport=transport) as gateway:
            response = await answered(gateway, "{ items { name review } review }")
    assert response.errors == []
    assert response.data == {"items": {"name": "name of 1", "review": "review of 1"}, "review": "best"}


ITEMS_FILE = """
type Query @join__type(graph: ITEMS) @join__type(graph: REVIEWS) {
  items: Item! @join__field(graph: ITEMS) review: String @join__field(graph: REVIEWS)
}
type Item @join__type(graph: ITEMS, key: "id") @join__type(graph: REVIEWS, key: "id") {
  id: ID! name: String! @join__field(graph: ITEMS) review: String @join__field(graph: REVIEWS)
}
"""


def supergraph_file(folder: Path, **urls: str) -> Path:
    """A composed supergraph; urls: where the file says that its subgraphs are."""
    text = supergraph_sdl(ITEMS_FILE)
    for name in ("items", "reviews"):
        text = text.replace(f"http://{name}.test", urls.get(name, ""))
    path = folder / "supergraph.graphql"
    path.write_text(text)
    return path


async def test_a_supergraph_file_needs_no_configuration_but_its_urls(tmp_path: Path):
    async def items(request: web.Request) -> web.Response:
        return web.json_response({"data": {"items": {"id": "5"}}})

    async with serving(items) as items_url, serving(reviews) as reviews_url:
        path = supergraph_file(tmp_path, items=items_url, reviews=reviews_url)
        async with opened(supergraph=path) as gateway:
            response = await answered(gateway, "{ items { review } }")
            assert gateway.supergraph_sdl == path.read_text()
    assert response.data == {"items": {"review": "review of 5"}}


async def test_the_configuration_wins_over_the_files_urls(tmp_path: Path, modules: Path):
    """And a subgraph of the file may as well run in process."""
    items = item_module(modules, "items", "name")
    path = supergraph_file(tmp_path, items=NOWHERE, reviews=NOWHERE)
    async with serving(reviews) as url:
        subgraphs = {"items": {"schema": items}, "reviews": {"url": url}}
        async with opened(supergraph=path, subgraphs=subgraphs) as gateway:
            response = await answered(gateway, "{ items { name review } }")
    assert response.data == {"items": {"name": "name of 1", "review": "review of 1"}}


async def test_a_service_of_a_file_may_be_down_and_costs_its_own_fields(tmp_path: Path, modules: Path):
    items = item_module(modules, "items", "name")
    path = supergraph_file(tmp_path, items=NOWHERE, reviews=NOWHERE)
    async with opened(supergraph=path, subgraphs={"items": {"schema": items}}) as gateway:
        response = await answered(gateway, "{ items { name review } }")
    assert response.data == {"items": {"name": "name of 1", "review": None}}
    (error,) = response.errors
    assert error["extensions"] == {"code": "SUBREQUEST_CONNECTION_ERROR", "service": "reviews"}
    assert "127.0.0.1" not in error["message"]


# -- what cannot -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param(None, "cannot import 'broken'", id="no such module"),
        pytest.param("import nowhere_at_all", "nowhere_at_all", id="an import of it fails"),
        pytest.param("raise ValueError('postgresql://u:pw@db')", "ValueError (broken.py:1)", id="it raises"),
        pytest.param("def (:", "cannot import 'broken'", id="it is no Python"),
        pytest.param("x = 1", "has no attribute 'schema'", id="no schema"),
        pytest.param("schema = None", "has no attribute 'schema'", id="nothing in it"),
        pytest.param("schema = 5", "needs a gateway.subgraphs.SubgraphSchema", id="something else"),
        pytest.param(
            "import strawberry\n@strawberry.type\nclass Query:\n    x: int = 1\n"
            "schema = strawberry.federation.Schema(query=Query)",
            "needs a gateway.subgraphs.SubgraphSchema",
            id="Strawberry's own class",
        ),
    ],
)
async def test_a_module_that_is_no_subgraph_is_refused_by_name(modules: Path, text: str | None, says: str):
    if text is not None:
        module(modules, "broken", text)
    code, message = (await problems(subgraphs={"shop": {"schema": "broken"}}))["shop"]
    assert code == "INVALID_LOCAL_SCHEMA"
    assert says in message


async def test_a_remote_service_that_is_down_is_named_but_not_its_address(modules: Path):
    found = await problems(subgraphs={"reviews": {"url": NOWHERE}})
    code, message = found["reviews"]
    assert code == "SUBGRAPH_SCHEMA_UNAVAILABLE"
    assert "Is it running" in message
    assert "127.0.0.1" not in message


@pytest.mark.parametrize(
    "answer",
    [{"data": {}}, {"data": {"_service": {"sdl": 5}}}, {"data": None, "errors": [{"message": "no"}]}, {"x": 1}, "text"],
)
async def test_a_remote_service_that_does_not_tell_its_schema_is_named(answer: Any):
    async def handler(request: web.Request) -> web.Response:
        return web.json_response(answer)

    async with serving(handler) as url:
        found = await problems(subgraphs={"reviews": {"url": url}})
    assert found["reviews"][0] == "SUBGRAPH_SCHEMA_UNAVAILABLE"


async def test_every_subgraph_that_cannot_be_had_is_listed(modules: Path):
    module(modules, "empty", "x = 1")
    found = await problems(
        subgraphs={
            "one": {"url": NOWHERE},
            "two": {"url": NOWHERE},
            "three": {"schema": "empty"},
            "four": {"schema": "not_there"},
        }
    )
    assert {name: code for name, (code, _) in found.items()} == {
        "one": "SUBGRAPH_SCHEMA_UNAVAILABLE",
        "two": "SUBGRAPH_SCHEMA_UNAVAILABLE",
        "three": "INVALID_LOCAL_SCHEMA",
        "four": "INVALID_LOCAL_SCHEMA",
    }


async def test_subgraphs_that_do_not_compose_are_refused(modules: Path):
    one = item_module(modules, "one", "name")
    two = module(modules, "two", type="Item", field="name", root="two")
    with pytest.raises(SchemaError) as refused:
        await open_gateway(Settings(subgraphs={"one": {"schema": one}, "two": {"schema": two}}))
    assert {problem.code for problem in refused.value.problems} == {"INVALID_FIELD_SHARING"}


async def test_a_supergraph_file_without_urls_needs_them_from_the_configuration(tmp_path: Path):
    found = await problems(supergraph=supergraph_file(tmp_path))
    assert {name: code for name, (code, _) in found.items()} == {
        "items": "SUBGRAPH_WITHOUT_URL",
        "reviews": "SUBGRAPH_WITHOUT_URL",
    }
    assert "'subgraphs.items.url'" in found["items"][1]


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (None, "INVALID_GRAPHQL", "cannot read the supergraph"),
        (b"\xff\xfe", "INVALID_GRAPHQL", "not UTF-8"),
        (b"type Query {", "INVALID_GRAPHQL", "Syntax Error"),
        (b"type Query { a: Int }", "UNSUPPORTED_SUPERGRAPH", "not a supergraph"),
    ],
)
async def test_a_supergraph_file_that_cannot_be_used_is_refused(
    tmp_path: Path, content: bytes | None, code: str, says: str
):
    path = tmp_path / "supergraph.graphql"
    if content is not None:
        path.write_bytes(content)
    found = await problems(supergraph=path)
    assert found[""][0] == code
    assert says in found[""][1]


# -- what a request brings along ---------------------------------------------------------------------------------------


async def seen_context(modules: Path, headers: dict[str, str], **settings: Any) -> Any:
    items = item_module(modules, "items", "name")
    subgraph = {"schema": items, "url": "http://items.test"}
    async with opened(subgraphs={"items": subgraph}, **settings) as gateway:
        response = await answered(gateway, "{ itemsContext }", headers)
    return eval(response.data["itemsContext"])


async def test_allowed_headers_are_sent_on_and_no_others(modules: Path):
    headers = {"authorization": "me", "x-tenant": "t", "cookie": "secret"}
    seen, *_ = await seen_context(modules, headers, server={"forward_headers": ["authorization", "x-tenant"]})
    assert seen == {"authorization": "me", "x-tenant": "t"}


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        (TRACEPARENT, TRACEPARENT),
        ("", None),
        ("nonsense", None),
        (TRACEPARENT + "\r\nx: y", None),
        (TRACEPARENT.upper(), None),
    ],
)
async def test_a_well_formed_trace_is_continued(modules: Path, sent: str, taken: str | None):
    _, traceparent, *_ = await seen_context(modules, {"traceparent": sent} if sent else {})
    assert traceparent == taken


async def test_resolvers_find_their_service_the_request_and_its_options(modules: Path):
    *_, batching, request_id, has_service = await seen_context(modules, {}, execution={"batching": False})
    assert (batching, request_id, has_service) == (False, "request-1", True)


async def test_options_reach_the_pipeline(modules: Path):
    items = item_module(modules, "items", "name")
    settings = {
        "subgraphs": {"items": {"schema": items}},
        "execution": {"lookups": False, "deadline_s": 0.5},
        "server": {"introspection": False},
        "cache": {"operations": 3, "plans": 4},
        "limits": {"root_fields": 1},
    }
    async with opened(**settings) as gateway:
        options = gateway.pipeline.options
        assert (options.lookups, options.introspection, options.operations, options.plans) == (False, False, 3, 4)
        with pytest.raises(RequestError) as refused:
            await answered(gateway, "{ a: items { id } b: items { id } }")
    assert refused.value.code == "OPERATION_TOO_LARGE"


async def test_the_deadline_is_the_configured_one(tmp_path: Path, modules: Path):
    async def hanging(request: web.Request) -> web.Response:
        await asyncio.sleep(10)
        return web.json_response({})

    items = item_module(modules, "items", "name")
    async with serving(hanging) as url:
        path = supergraph_file(tmp_path, items=NOWHERE, reviews=url)
        options: dict[str, Any] = {"execution": {"deadline_s": 0.2}, "subgraphs": {"items": {"schema": items}}}
        async with opened(supergraph=path, **options) as gateway:
            response = await answered(gateway, "{ items { name review } }")
    assert response.data == {"items": {"name": "name of 1", "review": None}}
    assert [error["extensions"]["code"] for error in response.errors] == ["DEADLINE_EXCEEDED"]


async def test_a_gateway_is_ready_when_it_has_a_graph(tmp_path: Path):
    """A service that is down costs its own fields only."""
    async with opened(supergraph=supergraph_file(tmp_path, items=NOWHERE, reviews=NOWHERE)) as gateway:
        readiness = await gateway.ready()
    assert readiness.ok
    assert [(check.name, check.ok, check.detail) for check in readiness.checks] == [("graph", True, "2 subgraphs")]


async def test_hints_of_composition_are_kept(modules: Path):
    items = item_module(modules, "items", "name")
    async with opened(subgraphs={"items": {"schema": items}}) as gateway:
        assert list(gateway.hints) == []


# -- as an application -------------------------------------------------------------------------------------------------


async def test_the_application_opens_the_gateway_and_closes_it(modules: Path):
    items = item_module(modules, "items", "name")
    app = build_app(Settings(subgraphs={"items": {"schema": items}}, server={"path": "/api"}))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://gateway") as client,
    ):
        answer = await client.post("/api", json={"query": "{ items { name } }"})
        ready = await client.get("/ready")
    assert (answer.status_code, answer.json()) == (200, {"data": {"items": {"name": "name of 1"}}})
    assert ready.status_code == 200


async def test_an_application_whose_gateway_cannot_be_opened_does_not_start():
    app = build_app(Settings(subgraphs={"items": {"schema": "not_there_either"}}))
    with pytest.raises(SchemaError):
        async with app.router.lifespan_context(app):
            pass


def test_examples_are_read_before_anything_starts(tmp_path: Path):
    subgraphs = {"reviews": {"url": NOWHERE}}
    (tmp_path / "first.graphql").write_text("# First\n{ a }")
    app = build_app(Settings(subgraphs=subgraphs, server={"examples": tmp_path, "cors_origins": ["*"]}))
    assert [example.title for example in app.settings.examples] == ["First"]
    assert app.settings.cors_origins == ("*",)
    with pytest.raises(ExamplesError):
        build_app(Settings(subgraphs=subgraphs, server={"examples": tmp_path / "nowhere"}))

"""The composition root: settings -> a running gateway, over modules, remote services and a supergraph file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from gateway.app import build_app
from gateway.federation.errors import SchemaError
from gateway.operation.errors import RequestError
from gateway.server.examples import ExamplesError
from gateway.settings import Settings
from tests.unit.small_gateway import NOWHERE, answered, item_module, opened, reviews, serving, supergraph_file

pytestmark = pytest.mark.anyio

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


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

"""The composition root: what keeps a gateway from opening, all of it by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from gateway.app import open_gateway
from gateway.federation.errors import SchemaError
from gateway.settings import Settings
from tests.unit.small_gateway import NOWHERE, item_module, module, problems, serving, supergraph_file

pytestmark = pytest.mark.anyio


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


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("x = 1", "has no attribute 'decide'", id="no function"),
        pytest.param("def decide(question): ...", "is no async function", id="not async"),
        pytest.param("import nowhere_at_all", "nowhere_at_all", id="an import of it fails"),
    ],
)
async def test_a_hook_that_cannot_decide_labels_is_refused(modules: Path, text: str, says: str):
    hook = module(modules, "flags", text)
    shop = {"schema": item_module(modules, "shop", "name")}
    found = await problems(subgraphs={"shop": shop}, overrides={"decide": f"{hook}:decide"})
    assert found[""][0] == "INVALID_OVERRIDE_HOOK"
    assert says in found[""][1]


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

"""A gateway that reads projections: what it does without them, and how it tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.app import build_app, open_gateway
from gateway.live import Origin
from gateway.projections.projection import Change, ProjectionError
from gateway.projections.stores import open_store
from gateway.read_side import load_projections, open_streams
from gateway.settings import ProjectionsSection, Settings
from tests.unit.projections.shelf import Shelf, made

pytestmark = pytest.mark.anyio

READER = """
import strawberry
from sqlalchemy import select
from gateway.subgraphs import Info, SubgraphSchema
from tests.unit.projections.shelf import things

@strawberry.type
class Query:
    @strawberry.field
    async def things(self, info: Info) -> list[str] | None:
        rows = await info.context.projections["shelf"].read(lambda reading: reading.rows(select(things.c.id)))
        return [row["id"] for row in rows]

    @strawberry.field
    def healthy(self) -> str:
        return "yes"

schema = SubgraphSchema(query=Query)
"""

PROJECTION = "from tests.unit.projections.shelf import Shelf\nprojection = Shelf().projection\n"


@asynccontextmanager
async def serving(modules: Path, source: Origin | None = None, **section: Any) -> AsyncIterator[httpx.AsyncClient]:
    (modules / "shelf_reader.py").write_text(READER)
    (modules / "shelf_projection.py").write_text(PROJECTION)
    app = build_app(settings(modules, **section), source)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client,
    ):
        yield client


def settings(folder: Path, **section: Any) -> Settings:
    projections = {"store": str(folder / "store"), "modules": {"shelf": "shelf_projection"}, **section}
    return Settings.model_validate({"subgraphs": {"reader": {"schema": "shelf_reader"}}, "projections": projections})


async def ask(client: httpx.AsyncClient) -> Any:
    return (await client.post("/graphql", json={"query": "{ things healthy }"})).json()


def build(store: Path, *ids: str) -> None:
    """A generation that holds these."""
    opened, projection = open_store(store), Shelf().projection
    try:
        generation = opened.create(projection)
        writer = opened.writer(generation, projection, "test")
        handling = projection.state_of("stock")
        assert handling is not None
        with writer.transaction() as tx:
            for id in ids:
                handling.handler(Change("stock", None, id, 1, None, made()[1]), tx)
        writer.finish_build()
        writer.close()
        opened.promote(opened.mark_ready(generation))
    finally:
        opened.close()


def broken_store(folder: Path) -> str:
    folder.mkdir()
    (folder / "registry.db").write_bytes(b"nonsense" * 1000)
    return str(folder)


@pytest.mark.parametrize(("required", "status"), [(False, 200), (True, 503)])
async def test_what_is_not_built_costs_its_own_fields(modules: Path, required: bool, status: int) -> None:
    """The error says what to do; a gateway is not ready for want of it only if it is so configured."""
    async with serving(modules, readers={"required": required}) as client:
        answer = await ask(client)
        assert answer["data"] == {"things": None, "healthy": "yes"}
        (error,) = answer["errors"]
        assert error["path"] == ["things"]
        assert error["extensions"]["code"] == "PROJECTION_NOT_BUILT"
        assert "`braid projections build shelf`" in error["message"]
        ready = await client.get("/ready")
        assert ready.status_code == status
        assert {"name": "projection shelf", "ok": False, "detail": "it has not been built"} in ready.json()["checks"]


async def test_what_is_built_later_is_read_without_a_restart(modules: Path) -> None:
    async with serving(modules, readers={"look_s": 0.01}) as client:
        assert (await ask(client))["data"]["things"] is None
        await asyncio.to_thread(build, modules / "store", "t1", "t2")
        assert (await ask(client))["data"] == {"things": ["t1", "t2"], "healthy": "yes"}
        metrics = (await client.get("/metrics")).text
        assert 'braid_projection_serving_generation{projection="shelf"} 1.0' in metrics
        await asyncio.to_thread(build, modules / "store", "t3")
        assert (await ask(client))["data"]["things"] == ["t3"]


@pytest.mark.parametrize("store", ["postgresql://u:hunter2@127.0.0.1:9/none", "broken"])
async def test_a_store_that_cannot_be_read_costs_its_own_fields(modules: Path, store: str) -> None:
    if "://" not in store:
        store = await asyncio.to_thread(broken_store, modules / store)
    async with serving(modules, store=store) as client:
        answer = await ask(client)
        assert answer["data"] == {"things": None, "healthy": "yes"}
        assert answer["errors"][0]["extensions"]["code"].startswith("PROJECTION_")
        metrics, ready = await client.get("/metrics"), await client.get("/ready")
    assert "braid_projection_store_up 0.0" in metrics.text
    assert ready.status_code == 200
    assert "hunter2" not in str(answer) + metrics.text + ready.text
    assert "127.0.0.1:9" not in str(answer) + ready.text


async def test_a_change_of_the_section_is_taken_over(modules: Path) -> None:
    """While it runs: projections that were there no longer are, and come back."""
    build(modules / "store", "t1")
    file = modules / "braid.yaml"
    file.write_text("1")

    def read() -> Settings:
        text = file.read_text()
        return settings(modules, **({} if text == "1" else {"store": str(modules / text)}))

    async with serving(modules, Origin([file], read)) as client:
        assert (await ask(client))["data"]["things"] == ["t1"]
        for text, things in (("other", None), ("1", ["t1"])):
            file.write_text(text)
            async with asyncio.timeout(20):
                while (await ask(client))["data"]["things"] != things:  # noqa: ASYNC110  # nobody tells
                    await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import nothing_of_this_name", "cannot import 'shelf_wrong': No module named 'nothing_of_this_name'"),
        ("secret = 'hunter2'\nraise ValueError(secret)", "cannot import 'shelf_wrong': ValueError (shelf_wrong.py:2)"),
        ("", "module 'shelf_wrong' has no attribute 'projection'"),
        (
            "projection = 7",
            "`projection` of 'shelf_wrong' is a builtins.int; it must be a gateway.projections.projection",
        ),
        (PROJECTION.replace("Shelf()", "Shelf(name='shelves')"), "is called 'shelves'; configure it by that name"),
    ],
)
async def test_a_module_that_is_wrong_stops_the_start_and_is_named(modules: Path, text: str, message: str) -> None:
    (modules / "shelf_wrong.py").write_text(text)
    (modules / "shelf_reader.py").write_text(READER)
    with pytest.raises(ProjectionError) as caught:
        await open_gateway(settings(modules, modules={"shelf": "shelf_wrong", "more": "shelf_missing"}))
    assert message in caught.value.message
    assert "projections.modules.more: cannot import 'shelf_missing'" in caught.value.message
    assert "hunter2" not in caught.value.message


async def test_streams_are_those_of_subgraphs_or_named(modules: Path) -> None:
    """A GraphQL service's url is its endpoint's, and says nothing of its feed."""
    (modules / "shelf_projection.py").write_text(PROJECTION)
    subgraphs = {"people": {"url": "http://p", "schema": "a"}, "stock": {"url": "http://s/graphql"}}
    section = ProjectionsSection(modules={"shelf": "shelf_projection"})
    projections = tuple(load_projections(section).values())
    with pytest.raises(ProjectionError, match=r"follows 'stock'.*'projections\.streams\.stock'"):
        open_streams(Settings.model_validate({"subgraphs": subgraphs, "projections": section}), projections)
    named = section.model_copy(update={"streams": {"stock": "http://s"}})
    events = open_streams(Settings.model_validate({"subgraphs": subgraphs, "projections": named}), projections)
    (source,) = events.sources("stock")
    assert source.name == "stock"
    await source.close()
    await events.close()

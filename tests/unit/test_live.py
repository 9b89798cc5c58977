"""A change takes over without a failed request, or is refused and changes nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from starlette.applications import Starlette
from structlog.testing import capture_logs

from gateway.app import build_app, open_gateway
from gateway.live import LiveGateway, Origin
from gateway.operation.errors import RequestError
from gateway.operation.request import GraphQLRequest
from gateway.settings import Settings, load_settings
from gateway.telemetry.reloads import REFUSED, SWAPPED, UNCHANGED
from tests.unit.small_gateway import serving

pytestmark = pytest.mark.anyio


class Shelf:
    """A GraphQL service whose schema changes. held: while set, its answers wait; asked: its queries so far."""

    def __init__(self) -> None:
        self.field = "title"
        self.asked: list[str] = []
        self.held: asyncio.Event | None = None

    async def answer(self, request: web.Request) -> web.Response:
        query = (await request.json())["query"]
        if "_service" in query:
            sdl = f'type Query {{ book: Book }} type Book @key(fields: "id") {{ id: ID! {self.field}: String }}'
            return web.json_response({"data": {"_service": {"sdl": sdl}}})
        self.asked.append(query)
        if self.held is not None:
            await self.held.wait()
        return web.json_response({"data": {"book": {"title": "Emma", "name": "Emma"}}})


@asynccontextmanager
async def shop(shelf: Shelf, **settings: Any) -> AsyncIterator[tuple[LiveGateway[Any], Callable[..., None]]]:
    """A live gateway over the service, and what changes the settings that it reads again."""
    async with serving(shelf.answer) as url:
        now = {"subgraphs": {"books": {"url": url}}, **settings}

        def change(**changed: Any) -> None:
            now.update(changed)

        gateway = await open_gateway(Settings(**now))
        telemetry = gateway.pipeline.telemetry
        live = LiveGateway(
            gateway, lambda changed: open_gateway(changed, telemetry), Origin((), lambda: Settings(**now))
        )
        try:
            yield live, change
        finally:
            await live.close()


async def ask(live: LiveGateway[Any], query: str) -> Any:
    return (await live.run(GraphQLRequest(query), {}, "r")).data


async def until(condition: Callable[[], bool]) -> None:
    """Returns when it holds, a few seconds later at most."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.005)


async def test_a_changed_schema_takes_over() -> None:
    """What was renamed at the service is renamed in the graph; nothing changed is no reload."""
    shelf = Shelf()
    async with shop(shelf) as (live, _):
        assert await live.reload() == UNCHANGED
        assert await ask(live, "{ book { title } }") == {"book": {"title": "Emma"}}
        shelf.field = "name"
        assert await live.reload() == SWAPPED
        assert await ask(live, "{ book { name } }") == {"book": {"name": "Emma"}}
        assert live.reloads.counts == {UNCHANGED: 1, SWAPPED: 1, REFUSED: 0}
        assert all(check.ok for check in (await live.ready()).checks)


async def test_a_request_under_way_ends_on_the_graph_it_began_on() -> None:
    """Its connections are closed after it, not under it."""
    shelf = Shelf()
    async with shop(shelf) as (live, _):
        shelf.held = asyncio.Event()
        running = asyncio.create_task(ask(live, "{ book { title } }"))
        await until(lambda: bool(shelf.asked))
        old = live.gateway
        closed = asyncio.Event()
        closing = old.close_sources

        async def close_sources() -> None:
            closed.set()
            await closing()

        old.close_sources = close_sources
        shelf.field = "name"
        assert await live.reload() == SWAPPED
        assert live.gateway is not old
        assert not closed.is_set()
        shelf.held.set()
        assert await running == {"book": {"title": "Emma"}}
        async with asyncio.timeout(5):
            await closed.wait()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"subgraphs": {"books": {"url": "http://127.0.0.1:9/graphql"}}}, "SUBGRAPH_SCHEMA_UNAVAILABLE"),
        ({"subgraphs": {"books": {"schema": "no_such_module"}}}, "cannot import 'no_such_module'"),
    ],
)
async def test_a_bad_change_is_refused_and_told(change: dict[str, Any], said: str) -> None:
    """The old graph answers; /ready and the log tell, without an address; mended, it takes over."""
    shelf = Shelf()
    async with shop(shelf) as (live, set_settings):
        good = {"books": {"url": live.gateway.settings.subgraphs["books"].url}}
        set_settings(**change)
        with capture_logs() as logs:
            assert await live.reload() == REFUSED
        assert said in str(logs)
        assert "127.0.0.1" not in str(logs)
        assert await ask(live, "{ book { title } }") == {"book": {"title": "Emma"}}
        readiness = await live.ready()
        assert readiness.ok
        assert [check.name for check in readiness.checks if not check.ok] == ["reload"]
        set_settings(subgraphs=good)
        shelf.field = "name"
        assert await live.reload() == SWAPPED
        assert all(check.ok for check in (await live.ready()).checks)


async def test_what_can_no_longer_be_read_is_refused_without_its_text() -> None:
    """A fault of the reading code's own is ours: the log has its kind and origin, nothing of what it says."""
    shelf = Shelf()
    async with shop(shelf) as (live, _):

        def read() -> Settings:
            raise RuntimeError("secret")

        live._origin = Origin((), read)
        with capture_logs() as logs:
            assert await live.reload() == REFUSED
        assert "RuntimeError" in str(logs)
        assert "secret" not in str(logs)


async def test_the_plans_used_most_are_there_before_the_new_graph_serves() -> None:
    """Those that are no longer valid are left out."""
    shelf = Shelf()
    async with shop(shelf, reload={"warm_plans": 2}) as (live, _):
        for query, times in (("{ a: book { id } }", 3), ("{ book { title } }", 4), ("{ b: book { id } }", 1)):
            for _ in range(times):
                await ask(live, query)
        shelf.field = "name"
        with capture_logs() as logs:
            assert await live.reload() == SWAPPED
        pipeline = live.gateway.pipeline
        assert [operation.text for operation, _ in pipeline._prepared] == ["{ a: book { id } }"]
        assert [log["plans"] for log in logs if log["event"] == "graph reloaded"] == [1]


async def test_settings_of_the_listening_process_are_told_to_need_a_restart() -> None:
    """They are not taken over in silence, nor refused."""
    shelf = Shelf()
    async with shop(shelf) as (live, change):
        change(server={"port": 4001, "introspection": False}, telemetry={"sample_ratio": 0.5})
        with capture_logs() as logs:
            assert await live.reload() == SWAPPED
        assert [log["settings"] for log in logs if log["event"] == "settings need a restart"] == [
            ["server.port", "telemetry"]
        ]
        with pytest.raises(RequestError, match="Introspection is switched off"):
            await live.run(GraphQLRequest("{ __schema { types { name } } }"), {}, "r")


# -- when --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trigger", ["file", "signal", "time"])
async def test_it_reloads_when_told(trigger: str, tmp_path: Path) -> None:
    """By a changed file, by SIGHUP, or by asking the services every now and then."""
    shelf = Shelf()
    async with serving(shelf.answer) as url:
        config = tmp_path / "braid.yaml"
        seconds = {"file": ("0.02", "null"), "signal": ("null", "null"), "time": ("null", "0.05")}[trigger]
        text = "reload: {{watch_s: {}, subgraphs_s: {}}}\nsubgraphs: {{books: {{url: '{}'}}}}\n".format(*seconds, url)
        config.write_text(text)

        def read() -> Settings:
            return load_settings(config, {})

        app = build_app(read(), Origin([config], read))
        async with app.router.lifespan_context(Starlette()):
            live: LiveGateway[Any] = app._endpoint._engine.live  # type: ignore[attr-defined]
            first = live.gateway
            shelf.field = "name"
            if trigger == "file":
                config.write_text(text + "execution: {deadline_s: 1}\n")
            elif trigger == "signal":
                os.kill(os.getpid(), signal.SIGHUP)
            await until(lambda: live.gateway is not first)
            assert await ask(live, "{ book { name } }") == {"book": {"name": "Emma"}}
            metrics = {metric.name: metric for metric in live.gateway.pipeline.telemetry.metrics.collect()}
            swapped = [s.value for s in metrics["braid_reloads"].samples if s.labels == {"outcome": SWAPPED}]
            assert swapped == [1]

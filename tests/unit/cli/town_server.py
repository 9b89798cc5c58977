"""The town's services over HTTP, in a thread: for commands, which run in a loop or a process of their own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from gateway.events import EventsRewritten, Position, SnapshotPage
from tests.unit.projections.town import Town

MODULE = """
from tests.unit.projections.shelf import Shelf

shelf = Shelf(version={version})
shelf.broken = {broken!r}
projection = shelf.projection
"""

CONFIGURATION = """
subgraphs:
  books: {{schema: shelf_books}}
projections:
  modules: {{shelf: {module}}}
  streams: {{people: "{people}", stock: "{stock}"}}
  apply: {{wait_s: 0.2}}
  letters: {{backoff_s: 0.02}}
  worker: {{port: 0, look_s: 0.05}}
  readers: {{look_s: 0.05}}
"""


class TownServer:
    """A town whose services answer at `urls`, by their names."""

    def __init__(self) -> None:
        self.town = Town()
        self.urls: Mapping[str, str] = {}
        self._loop = asyncio.new_event_loop()

    def do(self, work: Callable[[Town], object]) -> None:
        """Change something, where nobody is in the middle of reading it."""

        async def run() -> None:
            work(self.town)

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    @contextmanager
    def serving(self) -> Generator[TownServer]:
        runners = self._loop.run_until_complete(self._start())
        thread = threading.Thread(target=self._loop.run_forever)
        thread.start()
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.run_until_complete(_stop(runners))
            self._loop.close()

    def configure(self, folder: Path, *, module: str, broken: str = "", version: int = 1) -> Path:
        """Write a configuration over these services, and the module of its projection, which has to be new."""
        (folder / f"{module}.py").write_text(MODULE.format(version=version, broken={broken} - {""}))
        path = folder / "braid.yaml"
        path.write_text(CONFIGURATION.format(module=module, **self.urls))
        return path

    async def _start(self) -> list[web.AppRunner]:
        runners: list[web.AppRunner] = []
        for name in self.town.services:
            application = web.Application()
            for path, handler in (("/events", self._events), ("/snapshot", self._snapshot), ("/digest", self._digest)):
                application.router.add_get(path, _named(handler, name))
            runner = web.AppRunner(application, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            runners.append(runner)
            self.urls = {**self.urls, name: f"http://127.0.0.1:{runner.addresses[0][1]}"}
        return runners

    async def _events(self, name: str, query: Mapping[str, str]) -> object:
        (source,) = self.town.sources(name)
        after = Position("", int(query["after"]))
        batch = await source.read(after, limit=int(query["limit"]), wait_s=float(query["wait"]))
        return {"feed": batch.position.history, "head": batch.head, "events": batch.events}

    async def _snapshot(self, name: str, query: Mapping[str, str]) -> object:
        state = self.town.state(name)
        if "ids" in query:
            page: SnapshotPage = await state.states(query["ids"].split(","))
        else:
            page = await state.snapshot(query.get("cursor"), limit=int(query["limit"]))
        return _placed(page.position) | {"items": page.items, "next": page.next}

    async def _digest(self, name: str, query: Mapping[str, str]) -> object:
        state = self.town.state(name)
        if "bucket" in query:
            position, versions = await state.bucket(int(query["bucket"]))
            rows = [{"subject": subject, "aggregateversion": version} for subject, version in versions.items()]
            return _placed(position) | {"rows": rows}
        digest = await state.digest()
        rows = len(self.town.services[name].data)
        digests = {str(bucket): {"sha256": text, "rows": 0} for bucket, text in digest.checksums.items()}
        if digests:
            digests[next(iter(digests))]["rows"] = rows
        return _placed(digest.position) | {"buckets": digest.buckets, "digests": digests}


def _placed(position: Position) -> dict[str, object]:
    return {"feed": position.history, "position": position.number}


def _named(handler: Any, name: str) -> Any:
    async def answer(request: web.Request) -> web.Response:
        try:
            body = msgspec.json.encode(await handler(name, request.query))
        except EventsRewritten:
            return web.json_response({"code": "POSITION_BEYOND_HEAD"}, status=409)
        return web.Response(body=body, content_type="application/json")

    return answer


async def _stop(runners: list[web.AppRunner]) -> None:
    for runner in runners:
        await runner.cleanup()

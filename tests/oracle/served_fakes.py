"""A scenario's poisoned fakes behind HTTP, one path for each: what another gateway is run over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Self

from aiohttp import web

from gateway.services.request import RequestContext
from gateway.subgraphs.subgraph import SubgraphRequest
from tests.support.fakes import FakeSubgraph, Faults
from tests.support.scenario import Scenario

TIMEOUT_S = 60.0


class ServedFakes:
    """A server on a free port. An asynchronous context manager; `base` is its address inside the block."""

    def __init__(self) -> None:
        self.base = ""
        self._scenario: Scenario | None = None
        self._fakes: Mapping[str, FakeSubgraph] = {}
        application = web.Application()
        application.router.add_post("/{name}", self._answer)
        self._runner = web.AppRunner(application)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.base = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def show(self, scenario: Scenario) -> None:
        """Serve this scenario's subgraphs, over its world as it is before anything happened in it."""
        world = scenario.start()
        if scenario is not self._scenario:
            self._scenario, self._fakes = scenario, scenario.fakes(world)
        for fake in self._fakes.values():
            fake.reset(world, Faults(), lambda: 0)

    def complaints(self) -> list[str]:
        """What the fakes were asked and should not have been."""
        return [complaint for fake in self._fakes.values() for complaint in fake.violations]

    def requests(self) -> int:
        return sum(len(fake.requests) for fake in self._fakes.values())

    async def _answer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        context = RequestContext("oracle", asyncio.get_running_loop().time() + TIMEOUT_S, batching=False)
        sent = SubgraphRequest(asked["query"], asked.get("variables") or {})
        answer = await self._fakes[request.match_info["name"]].fetch(sent, context)
        body = {"data": answer.data, **({"errors": list(answer.errors)} if answer.errors else {})}
        return web.json_response(body, dumps=json.dumps)

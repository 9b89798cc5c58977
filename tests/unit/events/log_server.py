"""A memory log as a service's feed over HTTP, as fast as a test likes."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec
from aiohttp import web

from gateway.events import MemoryLog, MemorySource, Position


@asynccontextmanager
async def serve_log(log: MemoryLog) -> AsyncGenerator[str]:
    """Gives the service's URL."""

    async def events(request: web.Request) -> web.Response:
        query = request.query
        if int(query["after"]) < log.pruned:
            return web.json_response({"code": "EVENTS_PRUNED"}, status=410)
        if int(query["after"]) > log.head:
            return web.json_response({"code": "POSITION_BEYOND_HEAD"}, status=409)
        after = Position("", int(query["after"]))
        batch = await MemorySource("log", log).read(after, limit=int(query["limit"]), wait_s=float(query["wait"]))
        page = {"feed": log.history, "head": batch.head, "events": batch.events}
        return web.Response(body=msgspec.json.encode(page), content_type="application/json")

    application = web.Application()
    application.router.add_get("/events", events)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()

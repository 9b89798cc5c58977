"""Health for load balancers and orchestrators: is the process alive, and should it get traffic?"""

from __future__ import annotations

import asyncio

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from gateway.server.engine import HasReadiness, Readiness

READY_TIMEOUT_S = 2.0

_log = structlog.get_logger(__name__)


def health_routes(engine: HasReadiness) -> list[BaseRoute]:
    """`/health` answers 200 as long as the event loop turns; `/ready` asks the engine: 200 or 503, with its checks."""

    async def health(_request: Request) -> Response:
        return _json(200, {"status": "ok"})

    async def ready(_request: Request) -> Response:
        readiness = await _ask(engine)
        checks = [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in readiness.checks]
        return _json(200 if readiness.ok else 503, {"status": "ok" if readiness.ok else "unready", "checks": checks})

    return [Route("/health", health), Route("/ready", ready)]


async def _ask(engine: HasReadiness) -> Readiness:
    """The engine's word; an engine that fails or hangs is not ready."""
    try:
        async with asyncio.timeout(READY_TIMEOUT_S):
            return await engine.ready()
    except Exception as error:
        _log.error("readiness unknown", error=type(error).__name__)
        return Readiness(ok=False)


def _json(status: int, value: object) -> Response:
    return Response(msgspec.json.encode(value), status, {"cache-control": "no-store"}, "application/json")

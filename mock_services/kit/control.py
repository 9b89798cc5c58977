"""The control routes (/healthz, /openapi.json, /_calls, /_chaos), and the middleware that counts and disturbs others.

Control routes are neither counted nor disturbed: a test must be able to look at a service that hangs. The feed is
not counted either, and disturbed only by its route's own settings: whoever keeps copies reads it all the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_services.kit.bodies import read_body
from mock_services.kit.calls import CallLog
from mock_services.kit.chaos import Chaos, ChaosSettings, ClientGone
from mock_services.kit.connection import DatabaseUnavailable
from mock_services.kit.database import Database
from mock_services.kit.problems import Problem

UNMATCHED = "unmatched"
FEED_PATHS = ("/events", "/snapshot", "/digest")


def json_response(answer: object, status: int = 200) -> Response:
    """Structs, dicts and lists as JSON."""
    return Response(msgspec.json.encode(answer), status, media_type="application/json")


class Instruments:
    """ASGI middleware: counts every request to a domain route, then lets chaos have it, then the app."""

    def __init__(self, app: ASGIApp, routes: Sequence[Route], calls: CallLog, chaos: Chaos) -> None:
        """routes: the domain's."""
        self._app = app
        self._routes = routes
        self._calls = calls
        self._feed_calls = CallLog()
        self._chaos = chaos

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_control_path(scope["path"]):
            await self._app(scope, receive, send)
            return
        route = self._route_of(scope)
        calls = self._feed_calls if scope["path"] in FEED_PATHS else self._calls
        call = calls.arrive(route, scope)

        async def noting_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                call.status = message["status"]
            await send(message)

        try:
            if scope["path"] in FEED_PATHS and not self._is_disturbed(route):
                await self._app(scope, receive, noting_send)
            else:
                await self._chaos.serve(self._app, route, scope, receive, noting_send)
        except Problem as problem:
            await problem.response()(scope, receive, noting_send)
        except ClientGone:
            pass
        finally:
            calls.leave()

    def _is_disturbed(self, route: str) -> bool:
        """Whether settings name the route. Whoever reads the feed would take draws from other routes' chaos."""
        return any(settings["route"] == route for settings in self._chaos.state()["in_force"])

    def _route_of(self, scope: Scope) -> str:
        """`METHOD /route/{template}`; also for a method that the route does not have."""
        for route in self._routes:
            if route.matches(scope)[0] is not Match.NONE:
                return f"{scope['method']} {route.path}"
        return UNMATCHED


def is_control_path(path: str) -> bool:
    """Whether a path is for looking at the service rather than for using it."""
    return path in ("/healthz", "/openapi.json") or path.startswith(("/_calls", "/_chaos", "/_feed", "/schemas/"))


def control_routes(
    service: str, document: dict[str, Any], database: Database, calls: CallLog, chaos: Chaos
) -> list[Route]:
    """The routes that every service has. document: its OpenAPI."""

    async def health(_: Request) -> Response:
        try:
            await database.read(lambda connection: connection.one("SELECT name FROM service"))
        except DatabaseUnavailable as error:
            return json_response({"status": "unavailable", "service": service, "reason": str(error)}, 503)
        return json_response({"status": "ok", "service": service})

    async def openapi(_: Request) -> Response:
        return json_response(document)

    async def counts(request: Request) -> Response:
        if request.method == "DELETE":
            return await reset(request)
        return json_response(calls.counts())

    async def reset(_: Request) -> Response:
        calls.reset()
        return Response(status_code=204)

    async def log(_: Request) -> Response:
        return json_response({"calls": calls.recent()})

    async def disturb(request: Request) -> Response:
        if request.method == "DELETE":
            chaos.clear()
            return Response(status_code=204)
        if request.method == "POST":
            chaos.set(await read_body(request, ChaosSettings))
        return json_response(chaos.state())

    return [
        Route("/healthz", health),
        Route("/openapi.json", openapi),
        Route("/_calls", counts, methods=["GET", "DELETE"]),
        Route("/_calls/reset", reset, methods=["POST"]),
        Route("/_calls/log", log),
        Route("/_chaos", disturb, methods=["GET", "POST", "DELETE"]),
    ]

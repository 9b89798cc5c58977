"""create_server: the whole HTTP side over one engine, as an ASGI application.

GraphQL takes the short way, every other path goes through Starlette's routes. What holds for both is here: bounds on
the head, request ids, errors as GraphQL errors, one access line.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from http import HTTPStatus
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.admission.admission import Admission
from gateway.errors import origin
from gateway.server.endpoint import GraphQLEndpoint
from gateway.server.engine import Engine
from gateway.server.errors import CODES, ClientDisconnected, HttpError, error_body
from gateway.server.exchange import Exchange, check_head
from gateway.server.explorer.page import ExplorerPage, explorer_routes, load_page
from gateway.server.health import health_routes
from gateway.server.settings import ServerSettings

Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]

# nginx's number for "the client closed the request"; only ever logged.
CLIENT_CLOSED_REQUEST = 499

_log = structlog.get_logger(__name__)


def create_server(
    engine: Engine,
    settings: ServerSettings | None = None,
    *,
    lifespan: Lifespan | None = None,
    routes: tuple[BaseRoute, ...] = (),
    admission: Admission | None = None,
) -> GatewayApp:
    """The application over `engine`.

    lifespan: opened before the first request and closed after the last: the engine's clients and pools.
    admission: which operations are let in; its `running` belongs into the lifespan. Other paths never ask it.
    routes:   more to serve beside GraphQL, the explorer and the health checks.
    """
    return GatewayApp(engine, settings or ServerSettings(), lifespan, routes, admission or Admission())


class GatewayApp(Starlette):
    """A Starlette application whose GraphQL path goes past the router."""

    def __init__(
        self,
        engine: Engine,
        settings: ServerSettings,
        lifespan: Lifespan | None,
        routes: tuple[BaseRoute, ...],
        admission: Admission,
    ) -> None:
        page = load_page() if settings.explorer else None
        super().__init__(
            routes=[*health_routes(engine), *_explorer_routes(settings, page), *routes],
            exception_handlers={HTTPException: _answer_http_exception},
            lifespan=lifespan,
        )
        self.settings = settings
        self._endpoint = GraphQLEndpoint(engine, settings, page, admission)
        self._http: ASGIApp = self._serve_http
        if settings.cors_origins:
            self._http = CORSMiddleware(
                self._serve_http,
                allow_origins=settings.cors_origins,
                allow_methods=["GET", "POST"],
                allow_headers=["*"],
                expose_headers=["x-request-id"],
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def answers_at_once(self, scope: Scope) -> bool:
        """Whether this request, once all of it has come, is answered without waiting for anything: it is refused."""
        return self._endpoint.is_full and self._is_graphql(scope)

    async def _serve_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = Exchange(scope, receive, send)
        try:
            await self._route(exchange)
        except HttpError as error:
            await exchange.refuse(error)
        except ClientDisconnected:
            exchange.status = CLIENT_CLOSED_REQUEST
        except asyncio.CancelledError:
            # The server has waited long enough for this request and closes down; it is still told what became of it.
            await _refuse_late(exchange, HttpError(503, "The gateway is shutting down; please try again."))
            raise
        except Exception as error:
            _log_failure(exchange, error)
            await _refuse_late(exchange, HttpError(500, "The gateway failed to answer this request."))
        if self.settings.access_log:
            _log_access(exchange, self._known_path(scope))

    async def _route(self, exchange: Exchange) -> None:
        scope = exchange.scope
        check_head(scope, exchange.headers, self.settings)
        if self._is_graphql(scope):
            await self._endpoint.handle(exchange)
        elif exchange.body_is_awaited:
            raise HttpError(400, f"Only {self.settings.path} takes a request body.")
        else:
            await super().__call__(scope, exchange.receive, exchange.send)

    def _is_graphql(self, scope: Scope) -> bool:
        path: str = scope["path"]
        return path.removeprefix(scope.get("root_path", "")) == self.settings.path

    def _known_path(self, scope: Scope) -> str:
        """The request's path if it is one of ours. Any other is the client's own text, and may hold anything."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        ours = path == self.settings.path or any(route.matches(scope)[0] != Match.NONE for route in self.routes)
        return path if ours else "unknown"


def _explorer_routes(settings: ServerSettings, page: ExplorerPage | None) -> list[BaseRoute]:
    return [] if page is None else explorer_routes(settings, page)


async def _refuse_late(exchange: Exchange, error: HttpError) -> None:
    """Answer with an error unless an answer has already begun."""
    if exchange.status == 0:
        await exchange.refuse(error)


async def _answer_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's own refusals (no such path, wrong method) look like all others."""
    assert isinstance(error, HTTPException)
    status = error.status_code
    body = error_body(f"{HTTPStatus(status).phrase}.", CODES.get(status, "BAD_REQUEST"))
    return Response(body, status, error.headers, "application/json")


def _log_failure(exchange: Exchange, error: Exception) -> None:
    """The one log entry of an unexpected failure."""
    _log.error(
        "request failed",
        request_id=exchange.request_id,
        error=type(error).__name__,
        origin=origin(error),
    )


def _log_access(exchange: Exchange, path: str) -> None:
    fields: dict[str, Any] = {
        "request_id": exchange.request_id,
        "method": exchange.scope["method"],
        "path": path,
        "status": exchange.status,
        "duration_ms": round((time.perf_counter() - exchange.started_at) * 1000, 1),
    }
    _log.info("request", **fields)

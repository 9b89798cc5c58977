"""Service: all that makes one service, and the ASGI app made of it."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mock_services.kit.calls import CallLog
from mock_services.kit.chaos import Chaos
from mock_services.kit.connection import DatabaseUnavailable
from mock_services.kit.control import Instruments, control_routes
from mock_services.kit.database import Database
from mock_services.kit.events import Stream
from mock_services.kit.feed import Waiting, feed_control_routes, feed_operations, feed_routes
from mock_services.kit.following import Follower, Learn
from mock_services.kit.openapi import openapi_document
from mock_services.kit.operations import Operation, routes_of
from mock_services.kit.problems import Problem

_log = logging.getLogger(__name__)

_CODES = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}


@dataclass(frozen=True, slots=True)
class Service:
    """name: as in ports and files. routes: its domain routes over a database. stream: what it tells of its changes.

    document: its OpenAPI, the feed included. learn: what it keeps of others, by service.
    """

    name: str
    summary: str
    routes: Callable[[Database], list[Route]]
    stream: Stream
    document: dict[str, Any]
    learn: Mapping[str, Learn] = field(default_factory=dict[str, Learn])


def rest_service(
    stream: Stream, operations: Sequence[Operation], *, summary: str, learn: Mapping[str, Learn] | None = None
) -> Service:
    """The service that offers these operations, and the feed of its stream, from which it has its name."""
    return Service(
        name=stream.service,
        summary=summary,
        routes=partial(routes_of, operations),
        stream=stream,
        document=openapi_document(stream.service.capitalize(), (*operations, *feed_operations(stream))),
        learn=learn or {},
    )


@dataclass(frozen=True, slots=True)
class App:
    """A service's ASGI app, and what holds requests: its server lets go of them when it stops."""

    asgi: Starlette
    chaos: Chaos
    waiting: Waiting


def make_app(service: Service, database: Database) -> App:
    """The service's app. It closes the database when it shuts down."""
    waiting = Waiting()
    database.on_commit(waiting.wake)
    routes = service.routes(database) + feed_routes(service.stream, database, waiting)
    calls = CallLog()
    chaos = Chaos({f"{method} {route.path}" for route in routes for method in route.methods or () if method != "HEAD"})

    follower = Follower(database, service.learn)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None, None]:
        yield
        await follower.stop()
        database.close()

    control = control_routes(service.name, service.document, database, calls, chaos)
    asgi = Starlette(
        routes=routes + control + feed_control_routes(service.stream, database, follower),
        middleware=[Middleware(Instruments, routes=routes, calls=calls, chaos=chaos)],
        exception_handlers={
            Problem: _answer_problem,
            HTTPException: _answer_http_exception,
            DatabaseUnavailable: _answer_database_error,
            Exception: _answer_unexpected,
        },
        lifespan=lifespan,
    )
    # /customers/ is nothing, rather than a redirect to /customers: callers should see their mistake.
    asgi.router.redirect_slashes = False
    return App(asgi, chaos, waiting)


def _answer_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


def _answer_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's own 404 and 405, as problems; Allow is kept."""
    assert isinstance(error, HTTPException)
    detail = f"{error.detail}: {request.method} {request.url.path}"
    response = Problem(error.status_code, _CODES.get(error.status_code, "REFUSED"), detail).response()
    response.headers.update(error.headers or {})
    return response


def _answer_database_error(_: Request, error: Exception) -> Response:
    _log.error("the database cannot be used", exc_info=error)
    return Problem(503, "DATABASE_UNAVAILABLE", f"the database cannot be used: {error}").response()


def _answer_unexpected(_: Request, error: Exception) -> Response:
    """Starlette raises the error again after this, so that the server logs it."""
    return Problem(500, "INTERNAL_ERROR", "the service failed; its log says why").response()

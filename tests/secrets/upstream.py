"""A service, a remote subgraph and a collector on one socket. The service answers as the header `x-mode` says, and
every one of its bad answers holds secrets.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.secrets.canaries import canary, dsn, password, token
from tests.unit.services.raw_server import Exchange, http, raw_server

NOTES_SDL = """
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])
    type Query { best(token: String): String }
    type Thing @key(fields: "id") { id: ID! note: String }
"""

COOKIE = f"set-cookie: session={canary('setCookie')}; Domain=localhost; Path=/"
HEADER = f"x-debug: {dsn('serviceHeader')}"


def _error(exchange: Exchange) -> bytes:
    return http(f"Traceback: {dsn('serviceBody')}".encode(), COOKIE, HEADER, status="500 " + canary("reason"))


def _not_json(exchange: Exchange) -> bytes:
    return http(f"{{'{password('serviceBody')}".encode(), HEADER)


def _not_http(exchange: Exchange) -> bytes:
    return f"HTTP/9.9 {dsn('serviceBody')}\r\n{canary('serviceHeader')}\r\n\r\n".encode()


def _broken_off(exchange: Exchange) -> bytes:
    return http(dsn("serviceBody").encode(), HEADER).replace(b"content-length: ", b"content-length: 9")


def _redirect(exchange: Exchange) -> bytes:
    return http(
        b"", f"location: http://root:{canary('location')}@elsewhere.test/?t={canary('location')}", status="302 F"
    )


def _rows(*rows: dict[str, Any]) -> Callable[[Exchange], bytes]:
    return lambda exchange: http(json.dumps({"items": rows, "missing": [canary("rowId")]}).encode(), COOKIE)


def _problem(status: str, **meant_for_clients: str) -> Callable[[Exchange], bytes]:
    members = ("type", "title", "instance", "code", "detail", "trace")
    body = {member: dsn("problem") for member in members} | meant_for_clients
    return lambda exchange: http(json.dumps(body).encode(), status=status, content_type="application/problem+json")


def _graphql(status: str, *, data: bool) -> Callable[[Exchange], bytes]:
    extensions = {
        "code": canary("graphqlCode"),
        "service": canary("graphqlService"),
        "stacktrace": [dsn("stackTrace")],
        "exception": {"sql": password("graphqlExtensions")},
    }
    error = {
        "message": f"{dsn('graphqlMessage')} {password('graphqlMessage')}",
        "path": ["_entities", 0, "note", canary("graphqlPath")],
        "locations": [{"line": 1, "column": 1, "source": canary("stackTrace")}],
        "extensions": extensions,
    }
    errors = [error, error | {"path": ["best"]}, {"message": canary("graphqlMessage")}]
    body = {"errors": errors, "extensions": {"debug": canary("graphqlExtensions")}}
    answer = body | ({"data": {"best": None, "_entities": [{"note": None}]}} if data else {"data": None})
    return lambda exchange: http(json.dumps(answer).encode(), COOKIE, status=status)


MODES: dict[str, Callable[[Exchange], bytes]] = {
    "error": _error,
    "not-json": _not_json,
    "not-http": _not_http,
    "broken-off": _broken_off,
    "redirect": _redirect,
    "wrong-type": _rows({"id": canary("rowId"), "name": {"a": dsn("serviceBody")}}),
    "wrong-enum": _rows({"id": "a", "name": "x", "colour": canary("enumValue")}),
    "unasked": _rows({"id": canary("rowId"), "name": "x"}),
    "twice": _rows({"id": "a", "name": "x"}, {"id": "a", "name": "y"}),
    # Of a command that is refused, code and detail are the service's answer to whoever gave it.
    "problem-409": _problem("409 Conflict", code="OUT_OF_STOCK", detail="Only two are left."),
    "problem-500": _problem("500 Error"),
    "unauthorized": lambda exchange: http(
        b"", f'www-authenticate: Bearer error="{token("serviceHeader")}"', status="401 U"
    ),
    "graphql": _graphql("200 OK", data=True),
    "graphql-null": _graphql("200 OK", data=False),
    "graphql-500": _graphql("500 " + canary("reason"), data=False),
}


@dataclass
class Upstream:
    """struck: how often each mode was answered. seen: all that was sent to it. collected: bytes of traces."""

    url: str = ""
    struck: Counter[str] = field(default_factory=Counter)
    seen: list[str] = field(default_factory=list)
    collected: list[bytes] = field(default_factory=list)
    collector_was_sent: list[str] = field(default_factory=list)

    async def answer(self, exchange: Exchange) -> None:
        """The script of the raw server."""
        if exchange.target.endswith("/v1/traces"):
            self.collected.append(exchange.body)
            self.collector_was_sent.append(str(exchange.headers))
            await exchange.send(http(b"", content_type="application/x-protobuf"))
            return
        mode = exchange.headers.get("x-mode", "")
        self.seen.append(f"{exchange.target} {exchange.headers} {exchange.body!r}")
        if mode in MODES:
            self.struck[mode] += 1
            await exchange.send(MODES[mode](exchange))
            if mode in ("not-http", "broken-off"):
                exchange.writer.close()
            return
        await exchange.send(http(json.dumps(_well(exchange)).encode(), COOKIE, HEADER))


def _well(exchange: Exchange) -> Any:
    if "/graphql" in exchange.target:
        asked = json.loads(exchange.body)
        if "_service" in asked["query"]:
            return {"data": {"_service": {"sdl": NOTES_SDL}}}
        representations = asked["variables"].get("representations", [])
        return {"data": {"best": "best", "_entities": [{"note": "good"} for _ in representations]}}
    keys = exchange.target.partition("ids=")[2].replace("%2C", ",").split(",")
    return {"items": [{"id": key, "name": "a name"} for key in keys if key], "missing": []}


@asynccontextmanager
async def serving_upstream() -> AsyncGenerator[Upstream]:
    upstream = Upstream()
    async with raw_server(upstream.answer) as server:
        upstream.url = server.url
        yield upstream

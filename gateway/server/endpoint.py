"""The GraphQL endpoint: GraphQL over HTTP by GET and POST, and the explorer's page for browsers.

It is a bare callable beside Starlette's routing: 55 to 70 us less per request. Media types and statuses follow the
GraphQL over HTTP specification, sections 4 to 6: under `application/graphql-response+json` the status tells whether the
operation was executed; under `application/json` every well-formed request is answered 200. Only `application/json`
bodies are read, which no page of another origin can send unasked (CSRF); a GET only reads, and not for other sites.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from time import perf_counter

from gateway.admission.admission import Admission
from gateway.admission.errors import NotAdmitted, RateLimited
from gateway.admission.rates import RateLimits
from gateway.operation.errors import MUTATION_NOT_ALLOWED, RequestError
from gateway.operation.permitted import UNAUTHORIZED_FIELD_OR_TYPE
from gateway.operation.request import GraphQLRequest, Spend
from gateway.response.response import GraphQLResponse
from gateway.server.body import read_body
from gateway.server.cross_site import refuse_cross_site_get
from gateway.server.disconnect import run_while_connected
from gateway.server.engine import Engine
from gateway.server.errors import HttpError
from gateway.server.exchange import Exchange
from gateway.server.explorer.page import ExplorerPage
from gateway.server.media_types import GRAPHQL_RESPONSE, HTML, choose_media_type, is_utf8_json
from gateway.server.params import parse_body, parse_query_string
from gateway.server.settings import ServerSettings

_ALLOW = ((b"allow", b"GET, POST"),)
_ALLOW_POST = ((b"allow", b"POST"),)
_NO_ENCODING = ((b"accept-encoding", b"identity"),)


class GraphQLEndpoint:
    """Answers one path. `page` is what browsers get there; None for nothing."""

    def __init__(
        self, engine: Engine, settings: ServerSettings, page: ExplorerPage | None, admission: Admission
    ) -> None:
        self._engine = engine
        self._admission = admission
        self._settings = settings
        self._page = page

    @property
    def is_full(self) -> bool:
        """An operation that came now would be refused: what is answered then waits for nothing but its own body."""
        return self._admission.limit.is_reached

    async def handle(self, exchange: Exchange) -> None:
        """Answer one exchange. Raises HttpError, which the caller answers, or ClientDisconnected."""
        reads = exchange.scope["method"] == "GET"
        if not reads and exchange.scope["method"] != "POST":
            raise HttpError(405, "GraphQL is served by GET and POST.", headers=_ALLOW)
        exchange.media_type = self._negotiate(exchange, html=reads and self._page is not None)
        if exchange.media_type == HTML and self._page is not None:
            await exchange.answer(200, self._page.html, self._page.headers)
            return
        # A body that has come is taken in first, since a connection can go on only behind it; nothing else is done.
        body = self._check_get(exchange) if reads else await self._read_post(exchange)
        self._enter()
        started = perf_counter()
        try:
            spend = None if self._admission.rates is None else await self._check_rate(self._admission.rates, exchange)
            request = parse_query_string(exchange.scope["query_string"]) if reads else parse_body(body)
            await self._run(request if spend is None else replace(request, spend=spend), exchange)
        except NotAdmitted as error:
            raise _refusal(error) from None
        finally:
            self._admission.limit.leave(perf_counter() - started)

    def _enter(self) -> None:
        try:
            self._admission.enter()
        except NotAdmitted as error:
            raise _refusal(error) from None

    async def _check_rate(self, rates: RateLimits, exchange: Exchange) -> Spend:
        """Count one request of the client's. Gives what takes an operation's cost from its budget."""
        peer = exchange.scope.get("client")
        client = rates.name(exchange.headers, peer[0] if peer else "")
        await rates.check(client)
        return partial(rates.spend, client)

    def _negotiate(self, exchange: Exchange, *, html: bool) -> str:
        media_type = choose_media_type(exchange.headers.get("accept", ""), html=html)
        if media_type is None:
            raise HttpError(406, f"Accept must allow {GRAPHQL_RESPONSE} or application/json, in UTF-8.")
        return media_type

    def _check_get(self, exchange: Exchange) -> bytes:
        if exchange.body_is_awaited:
            raise HttpError(400, "A GET request must not have a body; send it by POST.")
        refuse_cross_site_get(exchange.headers, self._settings.cors_origins)
        return b""

    async def _read_post(self, exchange: Exchange) -> bytes:
        headers, settings = exchange.headers, self._settings
        if not is_utf8_json(headers.get("content-type", "")):
            raise HttpError(415, "The request body must have the Content-Type application/json, in UTF-8.")
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            raise HttpError(415, "Compressed request bodies are not supported.", headers=_NO_ENCODING)
        timeout_s = None if exchange.body_is_here else settings.body_timeout_s
        body = await read_body(exchange.receive, headers, settings.max_body_bytes, timeout_s)
        exchange.body_is_awaited = False
        return body

    async def _run(self, request: GraphQLRequest, exchange: Exchange) -> None:
        work = self._engine.run(request, exchange.headers, exchange.request_id)
        try:
            response = await run_while_connected(work, exchange.receive)
        except RequestError as error:
            response = GraphQLResponse(errors=error.errors, executed=False)
            if error.code == MUTATION_NOT_ALLOWED:
                await exchange.answer(405, response.encode(), headers=_ALLOW_POST)
                return
        status = 200
        if not response.executed and exchange.media_type == GRAPHQL_RESPONSE:
            status = 403 if response.errors[0]["extensions"]["code"] == UNAUTHORIZED_FIELD_OR_TYPE else 400
        await exchange.answer(status, response.encode())


def _refusal(error: NotAdmitted) -> HttpError:
    pairs = {"retry-after": str(error.retry_after_s), **error.headers}
    headers = [(name.encode(), value.encode()) for name, value in pairs.items()]
    status = 429 if isinstance(error, RateLimited) else 503
    return HttpError(status, error.message, headers=headers, code=error.code)

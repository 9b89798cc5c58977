"""Remote subgraphs: what is posted, and what counts as an answer."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from gateway.services.direct import DirectTransport
from gateway.services.errors import (
    MalformedSourceResponse,
    SourceHttpError,
    SourceResponseTooLarge,
    SourceTimeout,
    SourceUnreachable,
)
from gateway.services.policy.options import PolicyOptions
from gateway.services.policy.policy import ServicePolicy
from gateway.services.transport import AiohttpTransport, HttpxTransport
from gateway.subgraphs.remote import RemoteSubgraph
from gateway.subgraphs.subgraph import SubgraphRequest, SubgraphResponse
from tests.unit.services.conftest import MakeContext
from tests.unit.services.raw_server import Exchange, http, raw_server

pytestmark = pytest.mark.anyio

GRAPHQL = "application/graphql-response+json"
ASK = SubgraphRequest("{a}", {})


def answering(status: int, body: Any, content_type: str = "application/json") -> RemoteSubgraph:
    """A remote subgraph that always answers this; `body` is bytes, or JSON to be."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, content=content, headers={"content-type": content_type})

    return RemoteSubgraph("reviews", "http://reviews.test/graphql", HttpxTransport(httpx.MockTransport(answer)))


async def test_document_and_variables_are_posted_as_json(make_context: MakeContext) -> None:
    """Over a real socket, with the headers of the context; the caller's variables stay as they are."""

    async def answer(exchange: Exchange) -> None:
        await exchange.send(http(b'{"data":{"a":1}}'))

    document = 'query($r:[_Any!]!){a(s:"\\"ü\\n")}'
    variables = MappingProxyType({"r": [{"__typename": "A", "id": "ü"}]})
    async with raw_server(answer) as server:
        subgraph = RemoteSubgraph("reviews", server.url + "/graphql", AiohttpTransport())
        context = make_context(traceparent="00-aa-bb-01", headers={"authorization": "t", "content-type": "x/y"})
        for _ in range(2):
            response = await subgraph.fetch(SubgraphRequest(document, variables), context)
        await subgraph.close()
    assert response == SubgraphResponse({"a": 1}, [])
    sent = server.exchanges[1]
    assert json.loads(sent.body) == {"query": document, "variables": dict(variables)}
    assert sent.target == "/graphql"
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["accept"].startswith(GRAPHQL)
    assert (sent.headers["x-request-id"], sent.headers["traceparent"]) == ("req-1", "00-aa-bb-01")
    assert sent.headers["authorization"] == "t"


ERROR = {"message": "no", "path": ["a", 0], "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
TOLD = ERROR | {"message": "Service 'reviews' reported an error."}


@pytest.mark.parametrize(
    ("status", "content_type", "body", "expected"),
    [
        (200, "application/json", {"data": {"a": 1}}, SubgraphResponse({"a": 1}, [])),
        (200, GRAPHQL, {"data": {"a": None}, "errors": [ERROR]}, SubgraphResponse({"a": None}, [TOLD])),
        (200, "application/json", {"data": None, "errors": [ERROR]}, SubgraphResponse(None, [TOLD])),
        (200, "application/json", {"errors": [ERROR]}, SubgraphResponse(None, [TOLD])),
        (200, "application/json", {"data": None}, SubgraphResponse(None, [])),
        (200, "application/json", {"data": {}, "errors": None, "extensions": 7}, SubgraphResponse({}, [])),
        (200, "text/plain", {"data": {"a": 1}}, SubgraphResponse({"a": 1}, [])),
        (400, "application/json", {"errors": [ERROR]}, SubgraphResponse(None, [TOLD])),
        (400, GRAPHQL, {"errors": [ERROR]}, SubgraphResponse(None, [TOLD])),
        (500, "application/json", {"data": {"a": 1}, "errors": [ERROR]}, SubgraphResponse({"a": 1}, [TOLD])),
    ],
)
async def test_a_graphql_response_is_an_answer_whatever_its_status(
    make_context: MakeContext, status: int, content_type: str, body: Any, expected: SubgraphResponse
) -> None:
    """The body decides: a 400 that carries GraphQL errors is the subgraph speaking."""
    assert await answering(status, body, content_type).fetch(ASK, make_context()) == expected


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b"<html>"),
        (404, {"detail": "not found"}),
        (503, {"data": None}),
        (429, {"errors": [{"reason": "slow down"}]}),
        (400, {"errors": []}),
        (302, {"data": {"a": 1}}),
        (502, b""),
    ],
)
async def test_another_status_without_a_graphql_response_is_an_http_error(
    make_context: MakeContext, status: int, body: Any
) -> None:
    """Proxies' pages and other services' JSON do not pass for answers."""
    with pytest.raises(SourceHttpError) as caught:
        await answering(status, body, GRAPHQL).fetch(ASK, make_context())
    assert caught.value.status == status
    assert "reviews.test" not in caught.value.message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b"null",
        b'{"data":[]}',
        b'{"data":"x"}',
        b'{"data":{},"errors":{}}',
        b'{"data":{},"errors":["no"]}',
        b'{"data":{},"errors":[{"message":7}]}',
        b'{"data":{},"errors":[{}]}',
        b'{"data":{"a":' + b"[" * 100_000,
        b'{"data":{"a":"\xff"}}',
        b'{"data":{"a":1}}{"data":{}}',
    ],
)
async def test_a_body_of_another_shape_is_malformed(make_context: MakeContext, body: bytes) -> None:
    """Nothing reaches the executor that it could trip over."""
    with pytest.raises(MalformedSourceResponse, match="'reviews'"):
        await answering(200, body).fetch(ASK, make_context())


async def test_paths_and_extensions_of_the_wrong_shape_are_left_out(make_context: MakeContext) -> None:
    """An odd error costs its place, not the data."""
    odd = [
        {"message": "a", "path": "a.b", "extensions": []},
        {"message": "b", "path": ["a", None]},
        {"message": "c", "path": [True]},
    ]
    response = await answering(200, {"data": {"a": 1}, "errors": odd}).fetch(ASK, make_context())
    assert response == SubgraphResponse({"a": 1}, [{"message": TOLD["message"]}] * 3)


LEAKING = {
    "message": "at db.py:12: postgresql://root:hunter2@db/shop",
    "path": ["a"],
    "locations": [{"line": 1, "column": 2}],
    "extensions": {"code": "OUT_OF_STOCK", "service": "db-1.internal", "stacktrace": ["secret"]},
    "debug": "secret",
}


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        ((), {"message": TOLD["message"], "path": ["a"]}),
        (("NOT_FOUND",), {"message": TOLD["message"], "path": ["a"]}),
        (
            ("NOT_FOUND", "OUT_OF_STOCK"),
            {"message": LEAKING["message"], "path": ["a"], "extensions": {"code": "OUT_OF_STOCK"}},
        ),
        (("*",), {"message": LEAKING["message"], "path": ["a"], "extensions": {"code": "OUT_OF_STOCK"}}),
    ],
)
async def test_what_a_service_says_of_an_error_is_told_for_the_codes_that_are_listed(
    make_context: MakeContext, shown: tuple[str, ...], told: dict[str, Any]
) -> None:
    """Of its extensions nothing but the code, and no other member, is ever told."""
    transport = HttpxTransport(httpx.MockTransport(lambda _: httpx.Response(200, json={"errors": [LEAKING]})))
    subgraph = RemoteSubgraph("reviews", "http://reviews.test/graphql", transport, shown_errors=shown)
    response = await subgraph.fetch(ASK, make_context())
    assert response.errors == [told]


@pytest.mark.parametrize("transports", [AiohttpTransport, DirectTransport])
async def test_network_faults_are_source_errors(
    make_context: MakeContext, transports: type[AiohttpTransport] | type[DirectTransport]
) -> None:
    """The same guard as the service client's: slow, broken and too large."""

    async def fault(exchange: Exchange) -> None:
        if exchange.target == "/break":
            exchange.writer.close()
        elif exchange.target == "/large":
            await exchange.send(http(b'{"data":{}}' + b" " * 2000))
        elif exchange.target == "/garbage":
            await exchange.send(b"SSH-2.0-OpenSSH\r\n\r\n")
        elif exchange.target == "/half":
            await exchange.send(http(b'{"data":{}}')[:-3])
            exchange.writer.close()

    async with raw_server(fault) as server:
        for path, expected in (
            ("/slow", SourceTimeout),
            ("/break", SourceUnreachable),
            ("/large", SourceResponseTooLarge),
            ("/garbage", MalformedSourceResponse),
            ("/half", SourceUnreachable),
        ):
            policy = ServicePolicy("reviews", PolicyOptions(timeout_s=0.1))
            subgraph = RemoteSubgraph(
                "reviews", server.url + path, transports(), policy=policy, max_response_bytes=1000
            )
            with pytest.raises(expected) as caught:
                await subgraph.fetch(ASK, make_context())
            assert str(server.port) not in str(caught.value)
            assert getattr(caught.value, "answer_began", False) == (path == "/half")
            await subgraph.close()


async def test_a_subgraph_tells_its_schema(make_context: MakeContext) -> None:
    """For composition; one that does not tell is malformed."""
    assert (
        await answering(200, {"data": {"_service": {"sdl": "type Query"}}}).subgraph_sdl(make_context()) == "type Query"
    )
    for body in ({"data": {"_service": None}}, {"data": None, "errors": [ERROR]}, {"data": {"_service": {"sdl": 7}}}):
        with pytest.raises(MalformedSourceResponse, match="schema"):
            await answering(200, body).subgraph_sdl(make_context())

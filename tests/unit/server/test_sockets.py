"""The server on a real socket: limits, slow and vanishing clients, malformed HTTP, pipelining."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Mapping

import pytest
from structlog.testing import capture_logs

from gateway.operation.request import GraphQLRequest
from gateway.response.response import GraphQLResponse
from gateway.server import body, protocol
from gateway.server.app import create_server
from gateway.server.settings import ServerSettings
from tests.unit.server.small_engine import SmallEngine
from tests.unit.server.sockets import PATIENCE_S, RawClient, connected, head, post, served

pytestmark = pytest.mark.anyio

LIMITS = ServerSettings(max_body_bytes=1000, max_url_bytes=500, max_head_bytes=2000, body_timeout_s=0.3)
HELLO = {"query": "{ hello }"}
WAIT = {"query": "{ wait }"}


@pytest.fixture
async def url(engine: SmallEngine) -> AsyncIterator[str]:
    async with served(create_server(engine, LIMITS)) as url:
        yield url


@pytest.fixture
async def raw(url: str) -> AsyncIterator[RawClient]:
    async with connected(url) as raw:
        yield raw


async def until_waiting(engine: SmallEngine) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await engine.waiting.wait()


async def until_cancelled(engine: SmallEngine) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await engine.cancelled.wait()


async def send_chunks_for_ever(raw: RawClient) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await raw.send(b"1\r\nx\r\n")
            await asyncio.sleep(0.02)


async def test_requests_follow_each_other_on_one_connection(raw: RawClient) -> None:
    for _ in range(3):
        await raw.send(post(HELLO))
        assert (await raw.answer()).body == b'{"data":{"hello":"Hello, world!"}}'


async def test_refusal_after_a_whole_body_leaves_the_connection_open(raw: RawClient) -> None:
    for request in (post({"query": 1}), post({"query": "{ boom }"}), post(HELLO)):
        await raw.send(request)
        assert "connection" not in (await raw.answer()).headers


async def test_body_of_exactly_the_limit_is_read(raw: RawClient) -> None:
    padding = "x" * (LIMITS.max_body_bytes - len('{"query": "{ hello }", "p": ""}'))
    await raw.send(post({**HELLO, "p": padding}))
    assert (await raw.answer()).status == 200


async def test_body_announced_too_large_is_refused_before_it_is_sent(raw: RawClient, engine: SmallEngine) -> None:
    await raw.send(head(content_type="application/json", content_length=str(LIMITS.max_body_bytes + 1)))
    answer = await raw.answer()
    assert (answer.status, answer.code(), answer.headers["connection"]) == (413, "PAYLOAD_TOO_LARGE", "close")
    assert engine.seen == []


async def test_body_announced_absurdly_large_is_refused(raw: RawClient) -> None:
    """More digits than Python turns into a number."""
    await raw.send(head(content_type="application/json", content_length="1" * 19))
    assert (await raw.answer()).status == 413


async def test_body_without_length_is_refused_at_the_limit(raw: RawClient, engine: SmallEngine) -> None:
    """Chunked: nothing is announced, so the bytes are counted as they come."""
    chunk = b"190\r\n" + b" " * 0x190 + b"\r\n"
    await raw.send(head(content_type="application/json", transfer_encoding="chunked"), chunk, chunk, chunk)
    answer = await raw.answer()
    assert (answer.status, answer.code()) == (413, "PAYLOAD_TOO_LARGE")
    assert engine.seen == []


async def test_chunked_body_within_the_limit_is_read(raw: RawClient) -> None:
    chunks = b"9\r\n" + b'{"query":' + b"\r\n" + b"c\r\n" + b'"{ hello }"}' + b"\r\n0\r\n\r\n"
    await raw.send(head(content_type="application/json", transfer_encoding="chunked") + chunks)
    assert (await raw.answer()).status == 200


@pytest.mark.parametrize("content_type", ["application/json", "text/plain"])
async def test_client_that_sends_all_before_it_reads_gets_the_refusal(url: str, content_type: str) -> None:
    """The answer is not lost in a connection reset, although most of the body was never wanted."""
    for _ in range(3):
        async with connected(url) as raw:
            size = 600_000
            await raw.send(head(content_type=content_type, content_length=str(size)), b" " * size)
            assert (await raw.answer()).status in (413, 415)
            assert await raw.closed() == b""


async def test_refused_client_that_goes_on_sending_is_cut_off(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "LINGER_S", 0.2)
    async with connected(url) as raw:
        await raw.send(head(content_type="text/plain", transfer_encoding="chunked"))
        assert (await raw.answer()).status == 415
        with pytest.raises(ConnectionError):
            await send_chunks_for_ever(raw)


async def test_body_that_does_not_come_is_given_up(raw: RawClient) -> None:
    await raw.send(head(content_type="application/json", content_length="20"), b'{"query"')
    answer = await raw.answer()
    assert (answer.status, answer.code()) == (408, "REQUEST_TIMEOUT")


async def test_long_url_is_refused(raw: RawClient) -> None:
    await raw.send(head("GET", "/graphql?query=" + "x" * LIMITS.max_url_bytes))
    answer = await raw.answer()
    assert (answer.status, answer.code()) == (414, "URI_TOO_LONG")


@pytest.mark.parametrize("path", ["/graphql?query={hello}", "/health", "/explorer/settings.json"])
async def test_large_headers_are_refused_on_every_path(raw: RawClient, path: str) -> None:
    await raw.send(head("GET", path, x_large="x" * LIMITS.max_head_bytes))
    answer = await raw.answer()
    assert (answer.status, answer.code()) == (431, "HEADERS_TOO_LARGE")


async def test_head_without_end_is_cut_off(raw: RawClient) -> None:
    """A header that never ends must not be kept: the parser alone would take all of it."""
    await raw.send(b"GET /health HTTP/1.1\r\nHost: gateway\r\nX-Large: ")
    for _ in range(5):
        await asyncio.sleep(0.02)
        await raw.send(b"x" * 500)
    answer = await raw.answer()
    assert (answer.status, answer.code()) == (431, "HEADERS_TOO_LARGE")
    assert await raw.closed() == b""


async def test_body_before_it_does_not_count_as_head(raw: RawClient) -> None:
    """A large body and the begin of the next head may arrive in one read."""
    body = {**HELLO, "p": "x" * 900}
    await raw.send(post(body) + post(body) + post(body) + head("GET", "/health")[:-2])
    for _ in range(3):
        assert (await raw.answer()).status == 200
    await raw.send(b"\r\n")
    assert (await raw.answer()).body == b'{"status":"ok"}'


@pytest.mark.parametrize(("sent", "status"), [(b"", b""), (b"GET /health HT", b"HTTP/1.1 408 "), (b"\r\n", b"")])
async def test_client_that_never_asks_is_let_go(
    engine: SmallEngine, monkeypatch: pytest.MonkeyPatch, sent: bytes, status: bytes
) -> None:
    """Idle connections and half heads hold a place each; they are few only because this ends them."""
    monkeypatch.setattr(protocol, "HEAD_TIMEOUT_S", 0.2)
    async with served(create_server(engine)) as url, connected(url) as raw:
        await raw.send(sent)
        rest = await raw.closed()
        assert rest[: len(status) or 1] == status


@pytest.mark.parametrize(("begin", "drop", "status"), [(b"GET /health?", b"G", b"HTTP/1.1 408 "), (b"", b"\r\n", b"")])
async def test_client_that_drips_is_let_go(
    engine: SmallEngine, monkeypatch: pytest.MonkeyPatch, begin: bytes, drop: bytes, status: bytes
) -> None:
    """The time counts from the head's begin, or from the first of the empty lines that may come before it."""
    monkeypatch.setattr(protocol, "HEAD_TIMEOUT_S", 0.3)
    async with served(create_server(engine)) as url, connected(url) as raw:
        await raw.send(post(HELLO))
        assert (await raw.answer()).status == 200

        async def drip() -> None:
            while True:
                await raw.send(drop)
                await asyncio.sleep(0.05)

        await raw.send(begin)
        dripping = asyncio.create_task(drip())
        rest = await raw.closed()
        dripping.cancel()
        assert rest[: len(status) or 1] == status


async def test_slow_answer_is_not_taken_for_a_slow_head(engine: SmallEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next request's half head waits behind an operation that takes longer than a head may."""
    monkeypatch.setattr(protocol, "HEAD_TIMEOUT_S", 0.1)
    async with served(create_server(engine)) as url, connected(url) as raw:
        await raw.send(post(WAIT), b"GET /hea")
        await until_waiting(engine)
        await asyncio.sleep(0.35)
        engine.release.set()
        assert (await raw.answer()).body == b'{"data":{"wait":"released"}}'


@pytest.mark.parametrize(
    "hosts",
    [b"", b"Host: a\r\nHost: b\r\n", b"Host: a\r\nHost: a\r\n", b"Host: \r\n"],
    ids=["none", "two", "twice", "empty"],
)
async def test_request_has_exactly_one_host(raw: RawClient, hosts: bytes) -> None:
    await raw.send(b"GET /health HTTP/1.1\r\n" + hosts + b"\r\n")
    answer = await raw.answer()
    assert (answer.status, answer.code()) == (400, "BAD_REQUEST")


SMUGGLED = b"GET /health HTTP/1.1\r\nHost: gateway\r\n\r\n"


BEGIN = b"POST /graphql HTTP/1.1\r\nHost: gateway\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"NONSENSE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /health HTTP/9.9\r\nHost: gateway\r\n\r\n",
        b"POST /graphql HTTP/1.1\r\nHost : gateway\r\n\r\n",
        BEGIN + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}" + SMUGGLED,
        BEGIN + b"Content-Length: +2\r\n\r\n{}" + SMUGGLED,
        BEGIN + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
        BEGIN + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n" + SMUGGLED,
        BEGIN + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n" + SMUGGLED,
    ],
)
async def test_malformed_http_gets_one_refusal_and_no_second_answer(raw: RawClient, request_bytes: bytes) -> None:
    """Where proxies and servers could read different requests, nothing after the doubt is answered."""
    await raw.send(request_bytes)
    rest = await raw.closed()
    assert rest.startswith(b"HTTP/1.1 4")
    assert rest.count(b"HTTP/1.1 ") == 1


async def test_expecting_client_is_asked_for_its_body_only_when_it_is_wanted(url: str) -> None:
    content = b'{"query":"{ hello }"}'
    async with connected(url) as raw:
        length = str(len(content))
        await raw.send(head(content_type="application/json", content_length=length, expect="100-continue"))
        assert await raw.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await raw.send(content)
        assert (await raw.answer()).status == 200
    async with connected(url) as raw:
        await raw.send(head(content_type="application/json", content_length="9999", expect="100-continue"))
        assert (await raw.answer()).status == 413


async def test_client_that_goes_away_stops_its_operation(url: str, engine: SmallEngine) -> None:
    async with connected(url) as raw:
        await raw.send(post(WAIT))
        await until_waiting(engine)
        assert not engine.cancelled.is_set()
    await until_cancelled(engine)


async def test_vanished_client_is_not_an_error(engine: SmallEngine) -> None:
    """Clients close pages all day long: one access line, no failure."""
    with capture_logs() as logs:
        async with served(create_server(engine, ServerSettings(access_log=True))) as url:
            async with connected(url) as raw:
                await raw.send(head(content_type="application/json", content_length="20"), b"{")
                await asyncio.sleep(0.05)
            async with connected(url) as raw:
                await raw.send(post(WAIT))
                await until_waiting(engine)
            await until_cancelled(engine)
    assert [(line["log_level"], line["status"]) for line in logs] == [("info", 499), ("info", 499)]


async def test_pipelined_requests_are_answered_in_order(raw: RawClient, engine: SmallEngine) -> None:
    engine.release.set()
    await raw.send(post(WAIT) + post(HELLO) + head("GET", "/health"))
    bodies = [(await raw.answer()).body for _ in range(3)]
    assert bodies == [b'{"data":{"wait":"released"}}', b'{"data":{"hello":"Hello, world!"}}', b'{"status":"ok"}']


async def test_context_of_one_request_is_not_seen_by_the_next_pipelined_one() -> None:
    """Identity kept in a context variable would otherwise pass from one user to another behind the same proxy."""
    user: contextvars.ContextVar[str] = contextvars.ContextVar("user", default="nobody")
    seen: list[str] = []

    class Remembering(SmallEngine):
        async def run(self, request: GraphQLRequest, headers: Mapping[str, str], request_id: str) -> GraphQLResponse:
            seen.append(user.get())
            user.set(headers["x-user"])
            await asyncio.sleep(0.01)
            return await super().run(request, headers, request_id)

    async with served(create_server(Remembering())) as url, connected(url) as raw:
        await raw.send(post(HELLO, x_user="ann") + post(HELLO, x_user="bob") + post(HELLO, x_user="cyd"))
        for _ in range(3):
            assert (await raw.answer()).status == 200
    assert seen == ["nobody"] * 3

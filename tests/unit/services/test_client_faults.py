"""What the service client makes of every kind of fault, over real sockets."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from gateway.services.client import ServiceClient
from gateway.services.errors import (
    DeadlineExceeded,
    MalformedSourceResponse,
    SourceError,
    SourceResponseTooLarge,
    SourceTimeout,
    SourceUnreachable,
)
from gateway.services.transport import AiohttpTransport
from tests.unit.services.calling import Row, answer, client_of
from tests.unit.services.conftest import MakeContext
from tests.unit.services.raw_server import Exchange, Script, http, raw_server

pytestmark = pytest.mark.anyio


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


DRIP = [piece for _ in range(200) for piece in (b" ", 0.05)]


FAULTS = {
    "silence": (answer(60.0), SourceTimeout),
    "dripped headers": (
        answer(b"HTTP/1.1 200 OK\r\n", *[p for _ in range(200) for p in (b"x: y\r\n", 0.05)]),
        SourceTimeout,
    ),
    "dripped body": (answer(HEAD + b"content-length: 900\r\n\r\n", *DRIP), SourceTimeout),
    "half a body, then silence": (answer(HEAD + b"content-length: 9\r\n\r\n{", 60.0), SourceTimeout),
    "not HTTP": (answer(b"\x00\x01 nonsense\r\n\r\n"), MalformedSourceResponse),
    "not JSON": (answer(http(b"<html>hello</html>", content_type="text/html")), MalformedSourceResponse),
    "nothing": (answer(http(b"")), MalformedSourceResponse),
    "deep JSON": (answer(http(b"[" * 100_000)), MalformedSourceResponse),
    "not UTF-8": (answer(http(b'"\xff\xfe"')), MalformedSourceResponse),
    "wrong type": (answer(http(b'{"id":7,"count":"x"}')), MalformedSourceResponse),
    "unknown encoding": (answer(http(b"{}", "content-encoding: br")), MalformedSourceResponse),
    "broken gzip": (answer(http(b"abc", "content-encoding: gzip")), MalformedSourceResponse),
    "cut gzip": (answer(http(gzip.compress(b"{}" * 99)[:-9], "content-encoding: gzip")), MalformedSourceResponse),
    "huge body": (answer(http(b" " * 200_000)), SourceResponseTooLarge),
    "gzip bomb": (answer(http(gzip.compress(b" " * 50_000_000), "content-encoding: gzip")), SourceResponseTooLarge),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_fault_has_its_error(make_context: MakeContext, fault: str) -> None:
    """Coded, naming the service and never its address, and well before a fault that goes on for 10 s is over."""
    script, expected = FAULTS[fault]
    started = asyncio.get_running_loop().time()
    timeout_s = 0.3 if expected is SourceTimeout else 20
    async with client_of(script, timeout_s=timeout_s, max_response_bytes=150_000) as (client, server):
        with pytest.raises(SourceError) as caught:
            await client.get_json("/x", context=make_context(20), decode_as=Row)
        assert type(caught.value) is expected
        assert "'stock'" in caught.value.message
        assert str(server.port) not in caught.value.message
        assert "127.0.0.1" not in caught.value.message
    assert asyncio.get_running_loop().time() - started < 5


@pytest.mark.parametrize(
    ("body", "says"), [(b"[" * 100_000, "too deeply"), (b'"\xff\xfe"', "not answer with JSON"), (b"", "with JSON")]
)
async def test_what_is_not_json_is_malformed_where_any_would_do(
    make_context: MakeContext, body: bytes, says: str
) -> None:
    """Without a type to decode to."""
    async with client_of(answer(http(body))) as (client, _):
        with pytest.raises(MalformedSourceResponse, match=says):
            await client.get_json("/x", context=make_context())


async def hang_up(exchange: Exchange) -> None:
    exchange.writer.close()


async def half_close(exchange: Exchange) -> None:
    await exchange.send(HEAD + b"content-length: 9\r\n\r\n{")
    exchange.writer.close()


async def reset(exchange: Exchange) -> None:
    exchange.writer.transport.abort()


@pytest.mark.parametrize("script", [hang_up, half_close, reset])
async def test_a_connection_that_breaks_is_unreachable_not_slow(make_context: MakeContext, script: Script) -> None:
    """A broken connection is told from a slow service, whatever the library calls it."""
    async with client_of(script) as (client, _):
        with pytest.raises(SourceUnreachable):
            await client.get_json("/x", context=make_context())


async def test_nobody_there_is_unreachable(make_context: MakeContext) -> None:
    """A refused connection, for instance of a killed service, is known at once."""
    async with raw_server(hang_up) as server:
        pass
    client = ServiceClient("stock", server.url, AiohttpTransport())
    with pytest.raises(SourceUnreachable) as caught:
        await client.get_json("/x", context=make_context())
    assert str(server.port) not in str(caught.value)
    await client.close()


async def test_the_requests_deadline_beats_the_services_timeout(make_context: MakeContext) -> None:
    """With less left of the request than the service may take, the error comes then, and says that it was the
    deadline."""
    started = asyncio.get_running_loop().time()
    async with client_of(answer(60.0), timeout_s=10) as (client, _):
        with pytest.raises(DeadlineExceeded):
            await client.get_json("/x", context=make_context(0.1))
        with pytest.raises(DeadlineExceeded):
            await client.get_json("/x", context=make_context(-1.0))
    assert asyncio.get_running_loop().time() - started < 5

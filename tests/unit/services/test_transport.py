"""The transport's direct view, which remote subgraphs use, and the counting of bodies."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib

import pytest

from gateway.services.body import BodyReader, BodyTooLarge, UnreadableBody
from gateway.services.direct import DirectTransport
from gateway.services.transport import AiohttpTransport
from tests.unit.services.raw_server import Exchange, http, raw_server

pytestmark = pytest.mark.anyio

Transports = type[AiohttpTransport] | type[DirectTransport]


@pytest.fixture(params=[AiohttpTransport, DirectTransport])
def transports(request: pytest.FixtureRequest) -> Transports:
    """Both kinds of connections, which are held to the same."""
    return request.param


async def echo(exchange: Exchange) -> None:
    await exchange.send(http(exchange.body, "x-seen: " + exchange.target, "set-cookie: who=alice; path=/"))


async def test_status_headers_and_body_come_back(transports: Transports) -> None:
    """Header names are matched whatever their case."""
    async with raw_server(echo) as server:
        transport = transports()
        sent = await transport.send("POST", server.url + "/graphql?x=1", {"content-type": "a/b"}, b"hello", 5)
        await transport.close()
    assert (sent.status, sent.headers["X-SEEN"], sent.body) == (200, "/graphql?x=1", b"hello")
    assert server.exchanges[0].headers["content-type"] == "a/b"


async def test_no_cookie_no_redirect_no_proxy(transports: Transports, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that a service or the environment says changes where the next call goes and what it carries."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    async def move(exchange: Exchange) -> None:
        await exchange.send(http(b"", "location: /other", "set-cookie: who=alice; path=/", status="302 Found"))

    async with raw_server(move) as server:
        transport = transports()
        url = f"http://localhost:{server.port}/graphql"
        statuses = [(await transport.send("POST", url, {}, b"", 100)).status for _ in range(2)]
        await transport.close()
    assert statuses == [302, 302]
    assert [(exchange.target, exchange.headers.get("cookie")) for exchange in server.exchanges] == [
        ("/graphql", None)
    ] * 2


async def test_an_answer_never_reaches_another_caller(transports: Transports) -> None:
    """One answer too many, arriving later, closes the connection."""
    sent = asyncio.Event()

    async def twice(exchange: Exchange) -> None:
        await exchange.send(http(exchange.body))
        await asyncio.sleep(0.01)
        await exchange.send(http(b"secret"))
        sent.set()

    async with raw_server(twice) as server:
        transport = transports()
        for number in range(5):
            body = b"%d" % number
            assert (await transport.send("POST", server.url, {}, body, 100)).body == body
            await sent.wait()
            sent.clear()
        await transport.close()


async def answer_twice(exchange: Exchange) -> None:
    """Says who asked, and says it again a moment later."""
    await exchange.send(http(exchange.target.encode()))
    await asyncio.sleep(0.01)
    await exchange.send(http(exchange.target.encode()))


async def test_a_service_seen_to_answer_twice_loses_its_kept_connections(transports: Transports) -> None:
    """A surplus answer that comes during the next call would be taken for its answer, so there is no next call."""
    async with raw_server(answer_twice) as server:
        transport = transports()
        for number in range(4):
            answer = await transport.send("GET", f"{server.url}/{number}", {}, None, 100)
            assert answer.body == f"/{number}".encode()
            await asyncio.sleep(0.03 if number == 0 else 0)
        await transport.close()
    assert server.connections == 4


async def test_without_kept_connections_no_answer_has_a_second_caller(transports: Transports) -> None:
    """Twenty callers at a time, whose surplus answers come while others ask: kept connections mix them up."""

    async def crossed(*, keep: bool) -> int:
        async with raw_server(answer_twice) as server:
            transport = transports(5, keep=keep)
            answers = await asyncio.gather(
                *(transport.send("GET", f"{server.url}/{number}", {}, None, 100) for number in range(60))
            )
            await transport.close()
        return sum(answer.body != f"/{number}".encode() for number, answer in enumerate(answers))

    assert await crossed(keep=True) > 0
    assert await crossed(keep=False) == 0


async def test_closing_twice_is_as_closing_once_and_leaves_no_connection(transports: Transports) -> None:
    """After close nothing is open; an unused transport closes too."""
    async with raw_server(echo) as server:
        transport = transports()
        await transport.close()
        await transport.send("POST", server.url, {}, b"", 100)
        assert server.open == 1
        await transport.close()
        await transport.close()
        await asyncio.sleep(0.02)
        assert server.open == 0


async def test_memory_stays_small_whatever_is_sent(transports: Transports) -> None:
    """A gzip bomb and an endless body cost little more than what is allowed."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    bomb = b"".join(deflate.compress(bytes(1_000_000)) for _ in range(200)) + deflate.flush()

    async def script(exchange: Exchange) -> None:
        if exchange.target == "/bomb":
            await exchange.send(http(bomb, "content-encoding: gzip"))
        else:
            await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n")
            for _ in range(100):
                await exchange.send(bytes(1_000_000))

    async with raw_server(script) as server:
        transport = transports()
        tracemalloc.start()
        for path in ("/bomb", "/endless"):
            with pytest.raises(BodyTooLarge):
                await transport.send("GET", server.url + path, {}, None, 1_000_000)
        peak_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        await transport.close()
    assert peak_bytes < 10_000_000


def test_a_body_may_be_exactly_as_long_as_allowed() -> None:
    """The limit is inclusive, plain and compressed."""
    for encoding, wire in (("", b"12345"), ("identity", b"12345"), ("GZIP", gzip.compress(b"12345"))):
        reader = BodyReader(encoding, 5)
        reader.feed(wire)
        assert reader.finish() == b"12345"
        with pytest.raises(BodyTooLarge):
            BodyReader(encoding, 4).feed(wire)


def test_compressed_bodies_may_come_in_any_pieces() -> None:
    """Byte by byte as well as at once; what follows the end of the compressed data is ignored."""
    wire = gzip.compress(b"12345" * 100) + b"tail"
    reader = BodyReader("gzip", 1000)
    for byte in wire:
        reader.feed(bytes([byte]))
    assert reader.finish() == b"12345" * 100


def test_compressed_data_that_ends_too_early_is_unreadable() -> None:
    """Half of an answer is not an answer, even where it happens to be well formed."""
    reader = BodyReader("gzip", 1000)
    reader.feed(gzip.compress(b"12345")[:-4])
    with pytest.raises(UnreadableBody):
        reader.finish()


def test_an_empty_compressed_body_is_empty() -> None:
    """As sent with a 204 or a 304."""
    assert BodyReader("gzip", 10).finish() == b""


def test_encodings_on_top_of_each_other_are_refused() -> None:
    """Two layers multiply what a bomb can do, and nobody asked for one."""
    with pytest.raises(UnreadableBody):
        BodyReader("gzip, gzip", 10)

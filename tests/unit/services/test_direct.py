"""Connections of our own: what counts as an answer, whatever a service sends and in whatever pieces; and their pool."""

from __future__ import annotations

import asyncio
import gzip
import ssl
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.services.body import BodyTooLarge
from gateway.services.direct import DirectTransport
from gateway.services.http1 import MAX_HEAD_BYTES, BrokenOff, NotHttp
from tests.unit.services.raw_server import Exchange, Script, http, raw_server

pytestmark = pytest.mark.anyio

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.1 200 OK\r\nserver: old\r\n\r\nhello"

ANSWERS = {
    "by length": http(b"hello"),
    "in chunks": CHUNKED + b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    "in chunks with extensions and trailers": CHUNKED + b"2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nx: y\r\nstatus: 500\r\n\r\n",
    "compressed": http(gzip.compress(b"hello"), "content-encoding: gzip"),
    "after informational ones": b"HTTP/1.1 100 Continue\r\nx: y\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"
    + http(b"hello"),
}


async def until(came: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not came():  # noqa: ASYNC110 - what is waited for happens in the server under test, which tells nobody
            await asyncio.sleep(0.01)


def in_pieces(wire: bytes, size: int, *, close: bool = False) -> Script:
    async def script(exchange: Exchange) -> None:
        for start in range(0, len(wire), size):
            await exchange.send(wire[start : start + size])
            if size < len(wire):
                await asyncio.sleep(0)
        if close:
            exchange.writer.close()

    return script


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("kind", ANSWERS)
async def test_an_answer_is_read_in_whatever_pieces_it_comes(kind: str, size: int) -> None:
    """And its connection serves the next call."""
    async with raw_server(in_pieces(ANSWERS[kind], size)) as server:
        transport = DirectTransport()
        for _ in range(3):
            answer = await transport.send("POST", server.url, {}, b"{}", 100)
            assert (answer.status, answer.body) == (200, b"hello")
            assert "x" not in answer.headers
        await transport.close()
    assert server.connections == 1


@pytest.mark.parametrize(
    "wire", [UNTIL_CLOSED, http(b"hello", "connection: close"), UNTIL_CLOSED.replace(b".1", b".0")]
)
async def test_an_answer_that_ends_its_connection_is_read_and_the_next_call_takes_another(wire: bytes) -> None:
    """An answer without a length ends where the connection does, which no other answer may."""
    async with raw_server(in_pieces(wire, 10_000, close=True)) as server:
        transport = DirectTransport()
        for _ in range(2):
            assert (await transport.send("GET", server.url, {}, None, 100)).body == b"hello"
        await transport.close()
    assert server.connections == 2


async def test_an_answer_without_a_body() -> None:
    """204 has none, whatever follows."""
    async with raw_server(in_pieces(b"HTTP/1.1 204 No Content\r\n\r\n", 10_000)) as server:
        transport = DirectTransport()
        answers = [await transport.send("POST", server.url, {}, b"", 100) for _ in range(2)]
        await transport.close()
    assert [(answer.status, answer.body) for answer in answers] == [(204, b"")] * 2
    assert server.connections == 1


@pytest.mark.parametrize(
    ("wire", "began"),
    [
        (b"", False),
        (http(b"hello")[:20], False),
        (http(b"hello")[:-1], True),
        (CHUNKED + b"2\r\nhe\r\n", True),
        (http(gzip.compress(b"hello"), "content-encoding: gzip")[:-1], True),
        (http(bytes(200_000))[:-1], True),
    ],
)
@pytest.mark.parametrize("size", [1000, 1_000_000])
async def test_an_answer_that_breaks_off_is_none(wire: bytes, began: bool, size: int) -> None:
    """Whether its head had come decides whether the call may be made again."""
    async with raw_server(in_pieces(wire, size, close=True)) as server:
        transport = DirectTransport()
        with pytest.raises(BrokenOff) as caught:
            await transport.send("POST", server.url, {}, b"{}", 1_000_000)
        await transport.close()
    assert caught.value.began == began


@pytest.mark.parametrize(
    "wire",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        CHUNKED + b"zz\r\nhe",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 2 * MAX_HEAD_BYTES,
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * MAX_HEAD_BYTES,
        b"HTTP/1.1 100 Continue\r\n\r\n" * MAX_HEAD_BYTES,
        CHUNKED + b"1\r\nh\r\n0\r\n" + b"x: y\r\n" * MAX_HEAD_BYTES,
        CHUNKED + b"1;" + b"x" * 2 * MAX_HEAD_BYTES,
    ],
)
async def test_what_is_not_http_is_refused(wire: bytes) -> None:
    """Nor is a head, a trailer or a chunk's extension without end; the connection stays open, and nobody waits."""
    async with raw_server(in_pieces(wire, 100_000)) as server:
        transport = DirectTransport()
        with pytest.raises(NotHttp):
            await asyncio.wait_for(transport.send("POST", server.url, {}, b"{}", 1_000_000), 5)
        await transport.close()


async def test_a_large_answer_comes_whole_and_its_connection_is_used_again() -> None:
    """Reading is paused and goes on, several times."""
    body = bytes(range(256)) * 8_000
    async with raw_server(in_pieces(http(body), len(body) * 2)) as server:
        transport = DirectTransport()
        for _ in range(3):
            assert (await transport.send("POST", server.url, {}, b"{}", len(body))).body == body
        with pytest.raises(BodyTooLarge):
            await transport.send("POST", server.url, {}, b"{}", len(body) - 1)
        await transport.close()
    assert server.connections == 1


async def test_what_a_service_says_unasked_is_nobodys_answer() -> None:
    """It speaks between two calls: the second one gets its own answer, over another connection."""

    async def chatter(exchange: Exchange) -> None:
        await exchange.send(http(exchange.body))
        await asyncio.sleep(0.01)
        await exchange.send(http(b"secret") if exchange.body == b"0" else b"")

    async with raw_server(chatter) as server:
        transport = DirectTransport()
        for number in range(3):
            assert (await transport.send("POST", server.url, {}, b"%d" % number, 100)).body == b"%d" % number
            await asyncio.sleep(0.05)
        await transport.close()
    assert server.connections == 3


@pytest.mark.parametrize("value", ["a\r\nx-admin: yes", "a\nx-admin: yes", "a\rb", "a\0b"])
async def test_a_header_cannot_become_two(value: str) -> None:
    """Nothing is sent then."""
    async with raw_server(in_pieces(http(b"{}"), 10_000)) as server:
        transport = DirectTransport()
        with pytest.raises(ValueError, match="line break"):
            await transport.send("POST", server.url, {"x": value, "y": "z"}, b"{}", 100)
        await transport.close()
    assert server.exchanges == []


async def test_a_urls_user_and_query_are_sent() -> None:
    """As basic authentication, unless the call brings its own."""
    async with raw_server(in_pieces(http(b"{}"), 10_000)) as server:
        transport = DirectTransport()
        url = server.url.replace("//", "//user:pass@") + "/a b?c=ü#d"
        await transport.send("GET", url, {}, None, 100)
        await transport.send("GET", url, {"authorization": "own"}, None, 100)
        await transport.close()
    assert [exchange.target for exchange in server.exchanges] == ["/a%20b?c=%C3%BC"] * 2
    assert [exchange.headers["authorization"] for exchange in server.exchanges] == ["basic dxnlcjpwyxnz", "own"]
    assert server.exchanges[0].headers["host"] == f"127.0.0.1:{server.port}"


async def gate() -> tuple[Script, asyncio.Event]:
    opened = asyncio.Event()

    async def wait(exchange: Exchange) -> None:
        await opened.wait()
        await exchange.send(http(exchange.body))

    return wait, opened


async def test_calls_beyond_the_pool_wait_their_turn_and_one_that_gives_up_costs_nobody_his() -> None:
    """Two connections, ten calls, two of which are cancelled: one while it waits, one while it is asked."""
    script, opened = await gate()
    async with raw_server(script) as server:
        transport = DirectTransport(2)
        calls = [asyncio.create_task(transport.send("POST", server.url, {}, b"%d" % n, 100)) for n in range(10)]
        await until(lambda: len(server.exchanges) == 2)
        assert server.connections == 2
        calls[0].cancel()
        calls[5].cancel()
        opened.set()
        answers = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 5)
        await transport.close()
    bodies = [None if isinstance(answer, BaseException) else answer.body for answer in answers]
    assert bodies == [None if n in (0, 5) else b"%d" % n for n in range(10)]
    assert server.connections == 3


async def test_when_no_connection_can_be_made_whoever_waits_is_told(unused: Callable[[], int]) -> None:
    """Each call fails by itself."""
    transport = DirectTransport(1)
    calls = (transport.send("POST", f"http://127.0.0.1:{unused()}", {}, b"", 100) for _ in range(5))
    outcomes = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 5)
    await transport.close()
    assert all(isinstance(outcome, OSError) for outcome in outcomes)


@pytest.fixture
def unused() -> Callable[[], int]:
    """A port that nobody listens on."""
    import socket

    def find() -> int:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            return listener.getsockname()[1]

    return find


async def test_a_connection_that_nobody_uses_is_closed_by_us() -> None:
    """Each in its own time; then the next call makes a new one."""
    async with raw_server(in_pieces(http(b"{}"), 10_000)) as server:
        transport = DirectTransport(idle_s=0.05)
        for _ in range(2):
            await transport.send("POST", server.url, {}, b"", 100)
            assert server.open == 1
            await until(lambda: server.open == 0)
        await transport.close()


@pytest.fixture
def certificate_and_key(tmp_path: Path) -> tuple[Path, Path]:
    """Of localhost, signed by nobody else."""
    found = tmp_path / "certificate", tmp_path / "key"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    files = ["-addext", "subjectAltName=DNS:localhost", "-out", found[0], "-keyout", found[1]]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return found


async def test_certificates_are_verified(
    certificate_and_key: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that nobody vouches for is not talked to; one that somebody does is."""
    certificate, key = certificate_and_key
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(http(b"hello"))
        writer.close()

    listener = await asyncio.start_server(answer, "localhost", 0, ssl=context)
    url = f"https://localhost:{listener.sockets[0].getsockname()[1]}"
    stranger = DirectTransport()
    with pytest.raises(ssl.SSLCertVerificationError):
        await stranger.send("GET", url, {}, None, 100)
    await stranger.close()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    transport = DirectTransport()
    for _ in range(2):
        assert (await transport.send("GET", url, {}, None, 100)).body == b"hello"
    await transport.close()
    listener.close()

"""Clients that hold connections and give nothing for it: in the issue's time, 200 of them are gone."""

from __future__ import annotations

import asyncio
import time

import pytest

from gateway.server import protocol
from gateway.server.app import create_server
from tests.unit.server.small_engine import SmallEngine
from tests.unit.server.sockets import connected, head, post, served

pytestmark = pytest.mark.anyio

ANSWER_BYTES = 8_000_000
WITHIN_S = 15.0
DRIP_S = 0.5
KINDS = {
    "silent": (b"", b""),
    "dripping a head": (b"GET /health HTTP/1.1\r\nHost: gateway\r\n", b"X"),
    "dripping empty lines": (b"", b"\r\n"),
    "dripping a body": (head(content_type="application/json", content_length="9999"), b" "),
    "dripping chunks": (head(content_type="application/json", transfer_encoding="chunked"), b"1\r\n \r\n"),
    "dripping a refused body": (head(content_type="text/plain", content_length="9999"), b" "),
    "idle after an answer": (post({"query": "{ hello }"}), b""),
}


async def hold(url: str, begin: bytes, drip: bytes) -> float:
    """Keep a connection as long as the server lets us; gives the seconds."""
    started = time.monotonic()
    async with connected(url) as raw:
        await raw.send(begin)
        reading = asyncio.create_task(raw.reader.read(-1))
        try:
            while not reading.done():
                await raw.send(drip)
                await asyncio.wait({reading}, timeout=DRIP_S)
            await reading
        except ConnectionError:
            reading.cancel()
        return time.monotonic() - started


async def test_200_slow_connections_are_gone_within_15_seconds() -> None:
    """Of every kind, at the limits as they are by default; an honest client is answered meanwhile."""
    kinds = list(KINDS.values())
    async with served(create_server(SmallEngine())) as url:
        holding = [asyncio.create_task(hold(url, *kinds[index % len(kinds)])) for index in range(200)]
        await asyncio.sleep(0.5)
        held = sum(not task.done() for task in holding)
        async with connected(url) as raw:
            await raw.send(post({"query": "{ hello }"}))
            assert (await raw.answer()).status == 200
        seconds = await asyncio.gather(*holding)
    assert held == 200
    assert max(seconds) < WITHIN_S


class Verbose(SmallEngine):
    """Says far more than sockets can hold."""

    def _roots(self) -> dict[str, object]:
        return {**super()._roots(), "hello": lambda _info, name: "x" * ANSWER_BYTES}


@pytest.mark.parametrize("close", [False, True])
async def test_client_that_does_not_take_its_answer_loses_it(monkeypatch: pytest.MonkeyPatch, close: bool) -> None:
    """Otherwise the answer stays in memory as long as the client likes."""
    monkeypatch.setattr(protocol, "READ_INTERVAL_S", 0.2)
    monkeypatch.setattr(protocol, "CLOSE_TIMEOUT_S", 0.2)
    headers = {"connection": "close"} if close else {}
    async with served(create_server(Verbose())) as url, connected(url) as raw:
        raw.writer.transport.pause_reading()
        await raw.send(post({"query": "{ hello }"}, **headers))
        await asyncio.sleep(1.0)
        raw.writer.transport.resume_reading()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await raw.reader.readexactly(ANSWER_BYTES)


async def test_client_that_takes_its_answer_slowly_gets_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow is not stuck: several intervals pass while it reads."""
    monkeypatch.setattr(protocol, "READ_INTERVAL_S", 0.4)
    async with served(create_server(Verbose())) as url, connected(url) as raw:
        started = time.monotonic()
        await raw.send(post({"query": "{ hello }"}))
        taken = 0
        while data := await raw.reader.read(60_000):
            taken += len(data)
            if taken > ANSWER_BYTES:
                break
            await asyncio.sleep(0.008)
    assert taken > ANSWER_BYTES
    assert time.monotonic() - started > 2 * protocol.READ_INTERVAL_S

"""The TCP proxy passes everything on, unless told; then each fault is what it is called, seen from a bare socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from mock_services.faults import FaultProxy, Proxies, ProxyError, ProxyFault, running_proxies
from tests.unit.services.raw_server import Exchange, RawServer, http, raw_server

pytestmark = pytest.mark.anyio

REQUEST = b"GET /orders HTTP/1.1\r\nHost: x\r\n\r\n"
ANSWER = http(b'{"items":[]}')
SECOND = 5.0

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def answer_well(exchange: Exchange) -> None:
    """In two pieces, as servers do."""
    await exchange.send(ANSWER[:-12])
    await asyncio.sleep(0.02)
    await exchange.send(ANSWER[-12:])


@pytest.fixture
async def service() -> AsyncIterator[RawServer]:
    async with raw_server(answer_well) as server:
        yield server


@pytest.fixture
async def proxy(service: RawServer) -> AsyncIterator[FaultProxy]:
    proxy = FaultProxy("127.0.0.1", service.port)
    await proxy.open()
    yield proxy
    await proxy.close()


@pytest.fixture
async def caller(proxy: FaultProxy) -> AsyncIterator[Streams]:
    """A connection that has carried one undisturbed request already."""
    streams = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await ask(streams) == ANSWER
    yield streams
    streams[1].close()


async def ask(streams: Streams, length: int = len(ANSWER), timeout_s: float = 10.0) -> bytes:
    """The next `length` bytes of what is answered."""
    streams[1].write(REQUEST)
    async with asyncio.timeout(timeout_s):
        return await streams[0].readexactly(length)


async def test_everything_passes(proxy: FaultProxy, caller: Streams) -> None:
    """On one connection, again and again, and nothing is counted."""
    for _ in range(3):
        assert await ask(caller) == ANSWER
    assert not proxy.strikes


async def test_latency_delays_each_answer_once(proxy: FaultProxy, caller: Streams) -> None:
    await proxy.set(ProxyFault("latency", pause_ms=200))
    started = time.monotonic()
    assert await ask(caller) == ANSWER
    assert 0.2 <= time.monotonic() - started < 2 * 0.2 + SECOND
    assert proxy.strikes == {"latency": 1}


async def test_drip_sends_the_head_too_byte_by_byte(proxy: FaultProxy, caller: Streams) -> None:
    """Cleared, the rest comes at once."""
    await proxy.set(ProxyFault("drip", pause_ms=50))
    caller[1].write(REQUEST)
    started = time.monotonic()
    async with asyncio.timeout(SECOND):
        assert [await caller[0].read(100) for _ in range(3)] == [b"H", b"T", b"T"]
    assert time.monotonic() - started >= 0.1
    await proxy.clear()
    async with asyncio.timeout(SECOND):
        assert await caller[0].readexactly(len(ANSWER) - 3) == ANSWER[3:]
    assert proxy.strikes == {"drip": 1}


async def test_reset_is_a_reset(proxy: FaultProxy, caller: Streams, service: RawServer) -> None:
    """Not an orderly end, and the service never hears of the request."""
    await proxy.set(ProxyFault("reset"))
    with pytest.raises(ConnectionResetError):
        await ask(caller)
    assert (proxy.strikes, len(service.exchanges)) == ({"reset": 1}, 1)


async def test_half_close_ends_the_stream_within_the_answer_and_keeps_reading(
    proxy: FaultProxy, caller: Streams
) -> None:
    await proxy.set(ProxyFault("half_close"))
    caller[1].write(REQUEST)
    received = await asyncio.wait_for(caller[0].read(), SECOND)
    assert received
    assert ANSWER.startswith(received)
    assert received != ANSWER
    for _ in range(3):  # Would be refused by a reset if the other end were closed.
        caller[1].write(REQUEST)
        await caller[1].drain()
        await asyncio.sleep(0.05)
    assert proxy.strikes == {"half_close": 1}


async def test_not_http_is_another_protocol(proxy: FaultProxy, caller: Streams) -> None:
    await proxy.set(ProxyFault("not_http"))
    caller[1].write(REQUEST)
    assert (await asyncio.wait_for(caller[0].read(), SECOND)).startswith(b"SSH-2.0")
    assert proxy.strikes == {"not_http": 1}


async def test_an_extra_response_lies_in_the_same_segment(proxy: FaultProxy, caller: Streams) -> None:
    """One read finds both."""
    await proxy.set(ProxyFault("extra_response"))
    caller[1].write(REQUEST)
    assert await asyncio.wait_for(caller[0].read(65536), SECOND) == ANSWER + ANSWER
    assert proxy.strikes == {"extra_response": 1}


async def test_a_late_response_comes_after_the_right_one(proxy: FaultProxy, caller: Streams) -> None:
    await proxy.set(ProxyFault("late_response", pause_ms=100))
    caller[1].write(REQUEST)
    assert await asyncio.wait_for(caller[0].read(65536), SECOND) == ANSWER
    started = time.monotonic()
    assert await asyncio.wait_for(caller[0].read(65536), SECOND) == ANSWER
    assert time.monotonic() - started > 0.05


async def test_a_black_hole_swallows_requests(proxy: FaultProxy, caller: Streams, service: RawServer) -> None:
    await proxy.set(ProxyFault("black_hole"))
    with pytest.raises(TimeoutError):
        await ask(caller, timeout_s=0.2)
    assert (proxy.strikes, len(service.exchanges)) == ({"black_hole": 1}, 1)


async def test_refuse_refuses_and_resets(proxy: FaultProxy, caller: Streams) -> None:
    """On the same port it listens again when it is cleared."""
    await proxy.set(ProxyFault("refuse"))
    with pytest.raises(ConnectionResetError):
        await ask(caller)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", proxy.port)
    assert proxy.strikes == {"refuse": 1}
    await proxy.clear()
    again = await asyncio.open_connection("127.0.0.1", proxy.port)
    assert await ask(again) == ANSWER
    again[1].close()


async def test_a_caller_of_a_dead_service_is_reset(proxy: FaultProxy) -> None:
    """As nearly as a proxy can be dead itself."""
    lonely = FaultProxy("127.0.0.1", 1)
    await lonely.open()
    streams = await asyncio.open_connection("127.0.0.1", lonely.port)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await ask(streams)
    streams[1].close()
    await lonely.close()


async def test_faults_strike_at_their_probability_the_same_each_time(proxy: FaultProxy, caller: Streams) -> None:
    async def struck(seed: int) -> list[bool]:
        await proxy.set(ProxyFault("latency", probability=0.5, seed=seed, pause_ms=0))
        outcomes: list[bool] = []
        for _ in range(20):
            before = proxy.strikes["latency"]
            assert await ask(caller) == ANSWER
            outcomes.append(proxy.strikes["latency"] > before)
        return outcomes

    first = await struck(seed=1)
    assert set(first) == {True, False}
    assert await struck(seed=1) == first
    assert await struck(seed=2) != first


async def test_a_fault_can_be_meant_for_a_number_of_requests(proxy: FaultProxy, caller: Streams) -> None:
    await proxy.set(ProxyFault("latency", times=2, pause_ms=0))
    for _ in range(4):
        assert await ask(caller) == ANSWER
    assert proxy.strikes == {"latency": 2}


@pytest.fixture
def proxies(service: RawServer) -> Iterator[Proxies]:
    """In a process of their own, before two names of the same service."""
    with running_proxies({"orders": service.url, "catalog": service.url}) as proxies:
        yield proxies


async def test_proxies_in_a_process_are_told_apart(proxies: Proxies) -> None:
    """One resets, the other passes on; counters tell which. Cleared, both pass on."""
    callers = {name: await _connect(url) for name, url in proxies.urls().items()}
    proxies.set("orders", fault="reset")
    assert await ask(callers["catalog"]) == ANSWER
    with pytest.raises(ConnectionResetError):
        await ask(callers["orders"])
    assert (proxies.strikes("orders"), proxies.strikes("catalog")) == ({"reset": 1}, {})
    proxies.clear("orders")
    again = await _connect(proxies.url("orders"))
    assert await ask(again) == ANSWER
    for _, writer in (again, *callers.values()):
        writer.close()


@pytest.mark.parametrize(
    ("service_name", "fault", "says"),
    [
        ("orders", {"fault": "earthquake"}, "earthquake"),
        ("orders", {"fault": "reset", "probability": 2}, "probability"),
        ("orders", {"fault": "reset", "often": True}, "often"),
        ("nobody", {"fault": "reset"}, "nobody"),
    ],
)
async def test_wrong_faults_are_refused(
    service_name: str, fault: dict[str, object], says: str, proxies: Proxies
) -> None:
    with pytest.raises(ProxyError, match=says):
        proxies.set(service_name, **fault)
    streams = await _connect(proxies.url("orders"))
    assert await ask(streams) == ANSWER
    streams[1].close()


async def _connect(url: str) -> Streams:
    return await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))

"""The service client's connections: used again, given up, bounded; whose answer comes over them."""

from __future__ import annotations

import asyncio

import pytest

from gateway.services.client import ServiceClient
from gateway.services.errors import DeadlineExceeded, SourceTimeout
from gateway.services.transport import AiohttpTransport
from tests.unit.services.calling import answer, client_of, policy_of
from tests.unit.services.conftest import MakeContext
from tests.unit.services.raw_server import Exchange, Script, http, raw_server

pytestmark = pytest.mark.anyio


async def test_connections_are_used_again(make_context: MakeContext) -> None:
    """Ten calls one after the other need one connection."""
    async with client_of(answer(http(b"{}"))) as (client, server):
        for _ in range(10):
            await client.get_json("/x", context=make_context())
    assert (len(server.exchanges), server.connections) == (10, 1)


async def test_cancellation_passes_through_and_closes_the_connection(make_context: MakeContext) -> None:
    """A caller that goes away takes its call with it; the connection with the pending answer is not used again."""
    async with client_of(answer(5.0)) as (client, server):
        task = asyncio.create_task(client.get_json("/x", context=make_context()))
        await asyncio.sleep(0.1)
        assert len(server.exchanges) == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.02)
        assert server.connections == 1
        with pytest.raises(DeadlineExceeded):
            await client.get_json("/x", context=make_context(0.05))
        assert server.connections == 2


def surplus(where: str, sent: asyncio.Event) -> Script:
    """Answers each request with its own number and sends one more answer, with a secret, that nobody asked for. Sets
    `sent` when all has been sent."""
    numbers = iter(range(1_000))

    async def script(exchange: Exchange) -> None:
        number = next(numbers)
        mine, extra = http(b'{"n":%d}' % number), http(b'{"secret":%d}' % number)
        if where == "same piece":
            await exchange.send(mine + extra)
        elif where == "with the end of the body":
            await exchange.send(mine[:-4])
            await asyncio.sleep(0.01)
            await exchange.send(mine[-4:] + extra)
        else:
            await exchange.send(mine)
            await asyncio.sleep(0.01)
            await exchange.send(extra)
        sent.set()

    return script


@pytest.mark.parametrize("read", [True, False])
@pytest.mark.parametrize("where", ["same piece", "with the end of the body", "later"])
async def test_an_answer_never_reaches_another_caller(make_context: MakeContext, where: str, read: bool) -> None:
    """A service that sends one answer too many spoils its own connection, not the next caller's answer: whether or not
    the surplus has been read from the socket when the next call starts."""
    sent = asyncio.Event()
    async with client_of(surplus(where, sent), timeout_s=10) as (client, _):
        for number in range(20):
            assert await client.get_json("/x", context=make_context(10)) == {"n": number}
            await sent.wait()
            sent.clear()
            if read:
                await asyncio.sleep(0.005)


async def test_a_connection_that_the_service_closed_is_not_used_again(make_context: MakeContext) -> None:
    """Services close idle connections; the next call, also a POST that must not be sent twice, takes a new one."""
    closed = asyncio.Event()

    async def answer_and_close(exchange: Exchange) -> None:
        await exchange.send(http(b"{}"))
        await asyncio.sleep(0.01)
        exchange.writer.transport.close()
        closed.set()

    async with client_of(answer_and_close) as (client, server):
        for _ in range(5):
            await client.post_json("/x", {}, context=make_context())
            await closed.wait()
            closed.clear()
    assert (len(server.exchanges), server.connections) == (5, 5)


async def test_the_pool_is_bounded(make_context: MakeContext) -> None:
    """Calls beyond the pool wait for a connection."""
    arrived, gate = asyncio.Semaphore(0), asyncio.Event()

    async def wait_at_gate(exchange: Exchange) -> None:
        arrived.release()
        await gate.wait()
        await exchange.send(http(b"{}"))

    async with raw_server(wait_at_gate) as server:
        client = ServiceClient("stock", server.url, AiohttpTransport(connections=2), policy=policy_of(10))
        calls = asyncio.gather(*(client.get_json("/x", context=make_context(10)) for _ in range(6)))
        for _ in range(2):
            await arrived.acquire()
        await asyncio.sleep(0.05)
        assert len(server.exchanges) == 2
        gate.set()
        assert await calls == [{}] * 6
        await client.close()
    assert server.connections == 2


async def test_waiting_for_a_connection_counts_as_time(make_context: MakeContext) -> None:
    """Behind a call that never ends, the next one times out all the same."""
    async with raw_server(answer(60.0)) as server:
        client = ServiceClient("stock", server.url, AiohttpTransport(connections=1), policy=policy_of(0.1))
        calls = (client.get_json("/x", context=make_context()) for _ in range(3))
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        await client.close()
    assert [type(outcome) for outcome in outcomes] == [SourceTimeout] * 3

"""Policies over real sockets, with everything counted at the service, which is where it counts."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from time import perf_counter
from typing import Any

import pytest

from gateway.services.client import ServiceClient
from gateway.services.errors import SourceError
from gateway.services.policy.breaker import CLOSED, OPEN
from gateway.services.policy.options import BreakerOptions, HedgeOptions, PolicyOptions, RetryOptions
from gateway.services.policy.policy import ServicePolicy
from gateway.services.transport import AiohttpTransport
from gateway.subgraphs.remote import RemoteSubgraph
from gateway.subgraphs.subgraph import SubgraphRequest
from tests.unit.services.conftest import MakeContext
from tests.unit.services.raw_server import Exchange, RawServer, Script, http, raw_server

pytestmark = pytest.mark.anyio

NO_BREAKER = BreakerOptions(enabled=False)
EAGER = RetryOptions(max_retries=3, backoff_s=0.001, max_backoff_s=0.002)
LONG_S = 30.0

Call = Callable[[], Awaitable[Any]]


@asynccontextmanager
async def client_of(
    script: Script, options: PolicyOptions
) -> AsyncGenerator[tuple[ServiceClient, ServicePolicy, RawServer]]:
    async with raw_server(script) as server:
        policy = ServicePolicy("stock", options)
        client = ServiceClient("stock", server.url, AiohttpTransport(options.max_connections), policy=policy)
        try:
            yield client, policy, server
        finally:
            await client.close()


async def outcome(call: Awaitable[Any]) -> str:
    try:
        await call
    except SourceError as error:
        return error.code
    return "OK"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONG_S):
        while not condition():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0)


async def well(exchange: Exchange) -> None:
    await exchange.send(http(b"{}"))


async def hang(exchange: Exchange) -> None:
    await asyncio.sleep(LONG_S)


async def answer_503(exchange: Exchange) -> None:
    await exchange.send(http(b"{}", status="503 Unavailable"))


async def hang_up(exchange: Exchange) -> None:
    exchange.writer.close()


async def reset(exchange: Exchange) -> None:
    exchange.writer.transport.abort()


async def break_off(exchange: Exchange) -> None:
    await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{")
    exchange.writer.close()


# Retries


@pytest.mark.parametrize("fault", [answer_503, hang_up, reset])
async def test_a_flapping_service_gets_at_most_a_fifth_more_calls(make_context: MakeContext, fault: Script) -> None:
    """It fails half of the time, in turns of twenty calls. Reads are tried again, and most of the calls that are paid
    for are made; no command arrives twice. What aiohttp would send again by itself would be seen here, too."""
    count = 0

    async def flap(exchange: Exchange) -> None:
        nonlocal count
        count += 1
        await (fault if count // 20 % 2 else well)(exchange)

    options = PolicyOptions(timeout_s=LONG_S, retry=EAGER, breaker=NO_BREAKER)
    async with client_of(flap, options) as (client, policy, server):

        async def one(number: int) -> str:
            context, path = make_context(LONG_S), f"/{number}"
            if number % 3:
                return await outcome(client.get_json(path, context=context))
            method = ("POST", "PUT", "DELETE")[number // 3 % 3]
            return await outcome(client.command(method, path, {}, context=context))

        outcomes: Counter[str] = Counter()
        for first in range(0, 600, 10):
            outcomes.update(await asyncio.gather(*map(one, range(first, first + 10))))
    arrived = Counter(int(exchange.target[1:]) for exchange in server.exchanges)
    assert 600 * 1.1 < len(server.exchanges) <= 600 * 1.2 + 3  # the reserve; it is paid back, but for the last of it
    assert len(server.exchanges) == 600 + policy.retries
    assert {arrived[number] for number in range(0, 600, 3)} == {1}
    assert outcomes["OK"] > 300
    assert len(outcomes) == 2, "some calls must have met the fault, or nothing was tried"


@pytest.mark.parametrize(("fault", "calls"), [(answer_503, 2), (hang_up, 2), (reset, 2), (break_off, 1), (hang, 1)])
async def test_a_fault_looks_the_same_from_a_client_and_from_a_remote_subgraph(
    make_context: MakeContext, fault: Script, calls: int
) -> None:
    """The same code, as many calls for a read, one for what changes something, the same state of the breaker."""
    options = PolicyOptions(
        timeout_s=0.2, retry=replace(EAGER, max_retries=1), breaker=BreakerOptions(failures_in_row=calls + 1)
    )
    seen: list[tuple[Any, ...]] = []
    async with raw_server(fault) as server:
        policies = [ServicePolicy("stock", options) for _ in range(2)]
        client = ServiceClient("stock", server.url, AiohttpTransport(), policy=policies[0])
        remote = RemoteSubgraph("stock", server.url, AiohttpTransport(), policy=policies[1])

        def fetch(document: str) -> Call:
            return lambda: remote.fetch(SubgraphRequest(document, {}), make_context())

        asked: list[tuple[Call, Call, ServicePolicy]] = [
            (
                lambda: client.get_json("/x", context=make_context()),
                lambda: client.post_json("/x", {}, context=make_context()),
                policies[0],
            ),
            (fetch("query ($a: Int) { x(a: $a) }"), fetch("mutation { x }"), policies[1]),
        ]
        for read, change, policy in asked:
            codes = await outcome(read()), policy.breaker.state
            reads = len(server.exchanges)
            codes += await outcome(change()), policy.breaker.state
            seen.append((*codes, reads, len(server.exchanges)))
            server.exchanges.clear()
        await client.close()
        await remote.close()
    assert seen[0] == seen[1]
    code, after_read, _, after_change, reads, all_calls = seen[0]
    assert code != "OK"
    assert (after_read, after_change, reads, all_calls) == (CLOSED, OPEN, calls, calls + 1)


async def test_a_service_that_is_restarted_is_reached_again_within_one_call(make_context: MakeContext) -> None:
    """Nobody listens when the call begins; the retry finds the service, and its caller notices nothing."""
    async with raw_server(well) as server:
        port = server.port
    policy = ServicePolicy("stock", PolicyOptions(retry=RetryOptions(max_retries=9, backoff_s=0.1, max_backoff_s=0.1)))
    policy.jitter = lambda: 1.0
    for _ in range(45):
        policy.retry_budget.earn()
    client = ServiceClient("stock", f"http://127.0.0.1:{port}", AiohttpTransport(), policy=policy)
    call = asyncio.create_task(client.get_json("/x", context=make_context()))
    await asyncio.sleep(0.15)
    assert policy.retries > 0
    listener = await asyncio.start_server(answer_raw, "127.0.0.1", port)
    assert await call == {}
    listener.close()
    await client.close()


async def answer_raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(http(b"{}"))
    writer.close()


# Breaker


async def test_a_service_that_is_down_gets_one_probe_per_half_open_period(make_context: MakeContext) -> None:
    """Twenty callers without pause, reads and commands: from the opening on it is called once for each time that the
    breaker has opened, until it is well; then at once by everybody."""
    down = True

    async def flap(exchange: Exchange) -> None:
        await asyncio.sleep(0.002)
        await (answer_503 if down else well)(exchange)

    breaker = BreakerOptions(failures_in_row=10, open_s=0.05, max_open_s=0.2)
    async with client_of(flap, PolicyOptions(timeout_s=LONG_S, retry=EAGER, breaker=breaker)) as (
        client,
        policy,
        server,
    ):
        refused, calling = 0, True

        async def caller(number: int) -> None:
            nonlocal refused
            while calling:
                context = make_context(LONG_S)
                call = client.get_json if number % 2 else client.post_json
                arguments = () if number % 2 else ({},)
                refused += await outcome(call("/x", *arguments, context=context)) == "CIRCUIT_OPEN"
                await asyncio.sleep(0.001)

        callers = [asyncio.create_task(caller(number)) for number in range(20)]
        await until(lambda: policy.breaker.openings > 0 and not policy.bulkhead.in_flight)
        before, openings = len(server.exchanges), policy.breaker.openings
        await asyncio.sleep(1.0)
        await until(lambda: not policy.bulkhead.in_flight)
        probes, periods = len(server.exchanges) - before, policy.breaker.openings - openings
        down = False
        await until(lambda: policy.breaker.state == CLOSED)
        calling = False
        await asyncio.gather(*callers)
    assert probes == periods
    assert 4 <= probes <= 20  # of 0.05, 0.1, 0.2, 0.2, ... s, give or take a fifth
    assert refused > 10 * probes


async def test_fifty_callers_at_once_make_one_probe(make_context: MakeContext) -> None:
    """Counted at the service, which takes its time to answer."""
    ending = answer_503

    async def slowly(exchange: Exchange) -> None:
        await asyncio.sleep(0.05)
        await ending(exchange)

    options = PolicyOptions(max_connections=50, breaker=BreakerOptions(failures_in_row=3, open_s=0.05))
    async with client_of(slowly, options) as (client, policy, server):
        while policy.breaker.state == CLOSED:
            await outcome(client.post_json("/x", {}, context=make_context()))
        await asyncio.sleep(0.07)
        before, ending = len(server.exchanges), well
        calls = (outcome(client.get_json("/x", context=make_context())) for _ in range(50))
        outcomes = Counter(await asyncio.gather(*calls))
    assert len(server.exchanges) - before == 1
    assert outcomes == {"OK": 1, "CIRCUIT_OPEN": 49}
    assert policy.breaker.state == CLOSED


async def test_clients_that_go_away_open_nothing_and_leave_nothing(make_context: MakeContext) -> None:
    """Thirty calls to a service that hangs, each cancelled by its caller: it got all of them, and saw all of them end
    their connection; the breaker, which opens after three failures, is closed."""
    came = gone = 0

    async def hang_until_hung_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal came, gone
        await reader.readuntil(b"\r\n\r\n")
        came += 1
        await reader.read()
        gone += 1
        writer.close()

    options = PolicyOptions(timeout_s=LONG_S, max_connections=50, breaker=BreakerOptions(failures_in_row=3))
    policy = ServicePolicy("stock", options)
    async with await asyncio.start_server(hang_until_hung_up, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        client = ServiceClient("stock", url, AiohttpTransport(50), policy=policy)
        calls = [asyncio.create_task(client.get_json("/x", context=make_context(LONG_S))) for _ in range(30)]
        await until(lambda: came == 30)
        assert policy.bulkhead.in_flight == 30
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        assert all(call.cancelled() for call in calls)
        assert (policy.breaker.state, policy.bulkhead.in_flight) == (CLOSED, 0)
        await until(lambda: gone == 30)
        await client.close()


async def test_short_deadlines_do_not_open_the_breaker_of_a_slow_service_and_hanging_does(
    make_context: MakeContext,
) -> None:
    """A service of 400 ms, with a timeout of 800 ms, is left 300 ms: each call fails, the breaker stays closed. When it
    hangs and has its time, it opens."""
    hangs = False

    async def slowly(exchange: Exchange) -> None:
        await asyncio.sleep(LONG_S if hangs else 0.4)
        await well(exchange)

    options = PolicyOptions(timeout_s=0.8, max_connections=50, breaker=BreakerOptions(failures_in_row=10))
    async with client_of(slowly, options) as (client, policy, server):
        calls = (outcome(client.get_json("/x", context=make_context(0.3))) for _ in range(30))
        assert Counter(await asyncio.gather(*calls)) == {"DEADLINE_EXCEEDED": 30}
        assert len(server.exchanges) == 30
        assert policy.breaker.state == CLOSED
        hangs = True
        calls = (outcome(client.get_json("/x", context=make_context())) for _ in range(30))
        assert Counter(await asyncio.gather(*calls)) == {"SUBREQUEST_TIMEOUT": 30}
        assert policy.breaker.state == OPEN


# Hedging


async def tail_of(make_context: MakeContext, hedge: HedgeOptions, reads: int) -> tuple[float, float, ServicePolicy]:
    """p99 in seconds of so many reads, twenty at a time, of a service that takes 20 ms, and 400 ms for one call in
    fifty; the calls that it got per read; the policy."""
    slow = random.Random(4)

    async def sometimes_slow(exchange: Exchange) -> None:
        await asyncio.sleep(0.4 if slow.random() < 0.02 else 0.02)
        await well(exchange)

    took: list[float] = []
    options = PolicyOptions(timeout_s=LONG_S, max_connections=40, hedge=hedge)
    async with client_of(sometimes_slow, options) as (client, policy, server):

        async def caller() -> None:
            for _ in range(reads // 20):
                started = perf_counter()
                await client.get_json("/x", context=make_context(LONG_S))
                took.append(perf_counter() - started)

        await asyncio.gather(*(caller() for _ in range(20)))
    return sorted(took)[int(0.99 * reads)], len(server.exchanges) / reads, policy


async def test_hedging_halves_the_tail_for_a_twentieth_more_calls(make_context: MakeContext) -> None:
    """With 2 % of the calls twenty times slower, p99 falls by half at least.

    What else the machine does can only make a tail longer, so the best of three runs counts; the calls count in each.
    """
    plain_s, plain_calls, _ = await tail_of(make_context, HedgeOptions(enabled=False), 2000)
    assert plain_s > 0.35, "the service must have been slow, or there was nothing to mend"
    assert plain_calls == 1.0
    tails_s: list[float] = []
    while len(tails_s) < 3 and not any(tail_s < plain_s / 2 for tail_s in tails_s):
        hedged_s, hedged_calls, policy = await tail_of(make_context, HedgeOptions(enabled=True), 2000)
        tails_s.append(hedged_s)
        assert 1.0 < hedged_calls <= 1.05
        assert policy.hedging is not None
        assert policy.hedging.won > 0
    assert min(tails_s) < plain_s / 2


async def test_a_service_that_becomes_slow_as_a_whole_is_spared(make_context: MakeContext) -> None:
    """All reads are late then, and nearly all would be sent twice; a twentieth is."""
    slow = False

    async def answer(exchange: Exchange) -> None:
        await asyncio.sleep(0.3 if slow else 0.0)
        await well(exchange)

    options = PolicyOptions(timeout_s=LONG_S, max_connections=200, hedge=HedgeOptions(enabled=True))
    async with client_of(answer, options) as (client, policy, server):
        for _ in range(100):
            await client.get_json("/x", context=make_context(LONG_S))
        slow = True
        await asyncio.gather(*(client.get_json("/x", context=make_context(LONG_S)) for _ in range(100)))
    assert 200 < len(server.exchanges) <= 200 * 1.05
    assert policy.hedging is not None
    assert policy.hedging.hedges == len(server.exchanges) - 200


async def test_commands_are_never_hedged(make_context: MakeContext) -> None:
    """However slow, with all the samples and the budget that reads have brought."""
    async with client_of(well, PolicyOptions(hedge=HedgeOptions(enabled=True, min_samples=20))) as (client, _, server):
        for _ in range(100):
            await client.get_json("/x", context=make_context())

        async def slowly(exchange: Exchange) -> None:
            await asyncio.sleep(0.1)
            await well(exchange)

    policy = client.policy
    async with raw_server(slowly) as server:
        client = ServiceClient("stock", server.url, AiohttpTransport(), policy=policy)
        await client.post_json("/x", {}, context=make_context())
        commands = len(server.exchanges)
        await client.get_json("/x", context=make_context())
        await client.close()
    assert (commands, len(server.exchanges)) == (1, 3)

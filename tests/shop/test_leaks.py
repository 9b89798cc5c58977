"""Nothing is left of a request once it is over, however it ended: no descriptor, no thread, no task, no context."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest

from gateway.app import Gateway, open_gateway
from gateway.operation.errors import RequestError
from gateway.operation.request import GraphQLRequest
from gateway.services.request import RequestContext
from gateway.settings import load_settings
from mock_services.estate import Estate
from mock_services.kit.ports import PORTS
from tests.shop.gateway_process import REPOSITORY, GatewayProcess, environment_of
from tests.shop.queries import BUSY_CUSTOMER, DASHBOARD, UNKNOWN_CUSTOMER, WIDE, WIDE_VARIABLES
from tests.shop.waiting import wait_until

REQUESTS = 200
HURRY_S = 0.05
"""For clients that do not wait for what hangs."""

# (query, variables). Under chaos, below, support fails every other time and inventory hangs.
MIXED: list[tuple[str, dict[str, object]]] = [
    (DASHBOARD, {"id": BUSY_CUSTOMER}),
    (DASHBOARD, {"id": UNKNOWN_CUSTOMER}),
    (DASHBOARD, {}),
    ("{ orders(first: 100) { total customer { name } items { product { name } } } }", {}),
    ("{ orders(first: 100000) { total } }", {}),
    ("{ nobody { knows } }", {}),
    ("{ orders(", {}),
    ("{ latestReviews { title author { name } product { name } } }", {}),
    ('mutation { cancelOrder(id: "o-0000014") { id } }', {}),
    ("{ __schema { types { name } } }", {}),
]
HANGING = (
    "{ orders(first: 5) { items { product { name stock { available } } } customer { openTickets { id } } } }",
    {},
)


def disturb(estate: Estate) -> None:
    estate.chaos("support", error_rate=0.5)
    estate.chaos("inventory", hang=True)


def nothing_in_flight(estate: Estate) -> bool:
    return all(estate.call_counts(service)["in_flight"] == 0 for service in PORTS)


def ask_one(gateway: GatewayProcess, number: int) -> None:
    """Every eighth client goes away, from a query that hangs; the others take what they get."""
    if number % 8 == 0:
        query, variables = HANGING
        body = {"query": query, "variables": variables}
        with pytest.raises(httpx.TimeoutException):
            httpx.post(f"{gateway.url}/graphql", json=body, timeout=HURRY_S, trust_env=False)
        return
    query, variables = MIXED[number % len(MIXED)]
    gateway.ask(query, **variables)


def test_a_process_keeps_no_descriptors_and_threads(
    gateway: GatewayProcess, estate: Estate, background: ThreadPoolExecutor
) -> None:
    """200 mixed requests, several at a time, and 200 more: the few descriptors that came are connections kept open."""
    process = psutil.Process(gateway.pid)

    def ask_many(count: int) -> tuple[int, int]:
        list(background.map(lambda number: ask_one(gateway, number), range(count)))
        wait_until(lambda: nothing_in_flight(estate))
        return process.num_fds(), process.num_threads()

    gateway.ask(WIDE, **WIDE_VARIABLES).whole()
    log = gateway.log()
    disturb(estate)
    descriptors, threads = ask_many(REQUESTS)
    more_descriptors, more_threads = ask_many(REQUESTS)
    assert more_descriptors <= descriptors + REQUESTS // 40
    assert more_threads == threads
    # What the operator is told of the disturbed services, and no complaint of the event loop's.
    told = gateway.log().removeprefix(log).splitlines()
    assert [line for line in told if '"event": "source failed"' not in line] == []
    assert told
    estate.clear_chaos()
    gateway.ask(WIDE, **WIDE_VARIABLES).whole()


@pytest.fixture
async def engine(estate: Estate) -> AsyncIterator[Gateway]:
    """The same gateway in this process, over the same services, where its tasks can be counted."""
    settings = load_settings(REPOSITORY / "braid.yaml", environment_of(estate.urls()))
    gateway = await open_gateway(settings)
    yield gateway
    await gateway.close()


def live(kind: type) -> int:
    gc.collect()
    return sum(type(found) is kind for found in gc.get_objects())


@pytest.mark.anyio
async def test_requests_leave_no_task_and_no_context(engine: Gateway, estate: Estate) -> None:
    """Answered, refused, failed and given up in the middle: as many tasks as before, and nothing of any request."""

    async def ask(query: str, variables: dict[str, object], timeout_s: float) -> None:
        with contextlib.suppress(RequestError, TimeoutError):
            async with asyncio.timeout(timeout_s):
                await engine.run(GraphQLRequest(query, None, variables), {}, "leak-check")

    async def ask_many(count: int) -> None:
        for start in range(0, count, 10):
            pending = [ask(*MIXED[number % len(MIXED)], 5) for number in range(start, start + 9)]
            await asyncio.gather(*pending, ask(*HANGING, HURRY_S))

    disturb(estate)
    await ask_many(20)
    tasks, contexts = asyncio.all_tasks(), live(RequestContext)
    await ask_many(REQUESTS)
    assert asyncio.all_tasks() == tasks
    assert live(RequestContext) == contexts
    await asyncio.to_thread(wait_until, lambda: nothing_in_flight(estate))


@pytest.mark.parametrize("leak", ["task", "context"])
@pytest.mark.anyio
async def test_a_leak_would_be_seen(leak: str) -> None:
    """The check above is one: it sees what is left."""
    tasks, contexts = asyncio.all_tasks(), live(RequestContext)
    kept: Callable[[], object] | None = None
    if leak == "task":
        left = asyncio.create_task(asyncio.sleep(60))
        assert asyncio.all_tasks() != tasks
        left.cancel()
    else:
        kept = RequestContext("kept", 0.0).remaining_s
        assert live(RequestContext) == contexts + 1
    del kept

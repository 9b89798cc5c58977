"""Deadlines over sockets, with every part a process of its own: in time, with all that arrived, and nothing left over.

How the time is split is proved in exact time, in tests/unit/execution/test_split.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import msgspec
import psutil
import pytest

from mock_services.estate import Estate
from mock_services.generator import Sizes, generate
from mock_services.kit.ports import PORTS
from tests.chaos.asking import Asker, leave_early
from tests.chaos.deadlines import (
    BOUND_S,
    DEADLINE_MS,
    HURRIED,
    UNGUARDED,
    VICTIM,
    Hurried,
    asked_of_victim,
    customers,
)
from tests.shop.gateway_process import GatewayProcess
from tests.shop.queries import DASHBOARD
from tests.shop.waiting import wait_until

pytestmark = pytest.mark.anyio

REQUESTS = 300
AT_ONCE = 10

# A path of three services: support's tickets name orders, whose items name products.
CHAIN = """
query Chain($id: ID!) {
  customer(id: $id) {
    email
    openTickets { subject order { status items { product { sku stock { available } } } } }
    reviews(first: 2) { title }
  }
}
"""


@pytest.fixture(scope="module")
def running_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    home = tmp_path_factory.mktemp("shop") / "data"
    generate(home, 7, Sizes(customers=300, products=200, orders=3000))
    with Estate(home) as estate:
        yield estate


@pytest.fixture
def estate(running_shop: Estate) -> Iterator[Estate]:
    """With nothing counted and nothing disturbed, before and after."""
    running_shop.clear_chaos()
    running_shop.reset_calls()
    yield running_shop
    running_shop.clear_chaos()


@pytest.fixture(scope="module")
def gateway(running_shop: Estate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """One in which a call may take long, so that only clients limit it."""
    patient = {"BRAID_EXECUTION__DEADLINE_S": "20", "BRAID_SERVICE_DEFAULTS__TIMEOUT_S": "20"}
    log = tmp_path_factory.mktemp("gateway") / "stderr"
    with GatewayProcess(running_shop.urls(), log, UNGUARDED | patient) as serving:
        yield serving


def tasks(gateway: GatewayProcess) -> int:
    """Of the gateway's event loop, as its metrics say."""
    lines = gateway.get("/metrics").text.splitlines()
    return int(float(next(line.split()[1] for line in lines if line.startswith("braid_tasks "))))


def pids_of(gateway: GatewayProcess, estate: Estate) -> list[int]:
    return [gateway.pid, *(estate.pid(service) for service in estate.services)]


def nothing_in_flight(estate: Estate) -> bool:
    return all(estate.call_counts(service)["in_flight"] == 0 for service in PORTS)


def connections_to(gateway: GatewayProcess, estate: Estate, service: str) -> int:
    """Open connections of the gateway's process to a service."""
    port = int(estate.url(service).rsplit(":", 1)[1])
    found = psutil.Process(gateway.pid).net_connections("tcp")
    return sum(bool(each.raddr) and each.raddr.port == port and each.status == "ESTABLISHED" for each in found)


async def test_a_client_gets_what_there_is_by_its_deadline(gateway: GatewayProcess, estate: Estate) -> None:
    """Of 300 dashboards, ten at a time, 99 % within 340 ms while support hangs; each complete but for the tickets."""
    async with Asker(gateway.url, pids_of(gateway, estate)) as asker:
        hurried = await Hurried.prepare(asker, customers(20))
        idle = tasks(gateway)
        estate.chaos(VICTIM, hang=True)
        estate.reset_calls()
        await hurried.run(REQUESTS, AT_ONCE)
    assert hurried.telling() > REQUESTS / 2, "this machine is too busy to measure anything"
    assert asked_of_victim(estate) >= hurried.telling()
    assert estate.call_counts(VICTIM)["max_in_flight"] > 1
    assert all(answer.seconds > 0.8 * DEADLINE_MS / 1000 for answer in hurried.answers)
    assert hurried.seconds(0.99) < BOUND_S
    wait_until(lambda: nothing_in_flight(estate))
    wait_until(lambda: tasks(gateway) == idle)


async def test_services_are_told_of_less_and_less_time(gateway: GatewayProcess, estate: Estate) -> None:
    """Along a path of three services, REST services and the remote subgraph alike; also those that hang."""
    estate.chaos("inventory", hang=True)
    async with Asker(gateway.url) as asker:
        for number, id in enumerate(customers(300)):
            answer = await asker.ask(CHAIN, {"id": id}, HURRIED | {"X-Request-Id": f"chain-{number}"})
            assert answer.status == 200
            if answer.body["data"]["customer"]["openTickets"] and asked_of(estate, "inventory"):
                break
    told = {service: told_of(estate, service, f"chain-{number}") for service in PORTS}
    first = [*told["customers"], *told["support"], *told["reviews"]]
    assert len(first) == 3
    assert all(0.8 * DEADLINE_MS < each < DEADLINE_MS for each in first)
    assert min(first) > max(told["orders"])
    assert min(told["orders"]) > max(told["inventory"])


def asked_of(estate: Estate, service: str) -> int:
    return estate.call_counts(service)["total"]


def told_of(estate: Estate, service: str, request_id: str) -> list[int]:
    """What one request's calls to a service said in Braid-Deadline-Ms."""
    return [int(call["deadline_ms"]) for call in estate.call_log(service) if call["request_id"] == request_id]


async def test_a_client_that_goes_takes_its_calls_with_it(gateway: GatewayProcess, estate: Estate) -> None:
    """Down to the socket: the connection to the hanging service is closed at once, though the call had 20 s."""
    gateway.ask(DASHBOARD, id="c-000001").whole()
    idle = tasks(gateway)
    estate.chaos(VICTIM, hang=True)
    wait_until(lambda: connections_to(gateway, estate, VICTIM) == 0, 10)
    body = msgspec.json.encode({"query": DASHBOARD, "variables": {"id": "c-000001"}})
    leaving = asyncio.create_task(leave_early(gateway.url, body, after_s=1.0))
    await asyncio.to_thread(wait_until, lambda: estate.call_counts(VICTIM)["in_flight"] == 1, 0.9)
    assert connections_to(gateway, estate, VICTIM) == 1
    assert tasks(gateway) > idle
    await leaving
    wait_until(lambda: estate.call_counts(VICTIM)["in_flight"] == 0, 2.0)
    assert connections_to(gateway, estate, VICTIM) == 0
    wait_until(lambda: tasks(gateway) == idle, 2.0)


async def test_a_malformed_timeout_reaches_no_service(gateway: GatewayProcess, estate: Estate) -> None:
    """It is refused as the request is read."""
    async with Asker(gateway.url) as asker:
        answer = await asker.ask(DASHBOARD, {"id": "c-000001"}, {"Braid-Timeout-Ms": "soon"})
    assert (answer.status, answer.body["errors"][0]["extensions"]) == (400, {"code": "BAD_REQUEST"})
    assert estate.calls() == {}

"""Support is replaced by a server that answers as no service should. It costs the dashboard its tickets, nothing else.

The server is real, on a socket, and scripted byte by byte; the six others are the shop's.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import anyio
import pytest
from anyio import to_thread

from mock_services.estate import Estate
from tests.shop.conftest import MakeGateway
from tests.shop.discretion import indiscretions
from tests.shop.gateway_process import GatewayProcess
from tests.shop.queries import BUSY_CUSTOMER, DASHBOARD
from tests.unit.services.raw_server import Exchange, RawServer, http, raw_server

pytestmark = pytest.mark.anyio

LARGEST = 8 * 1024 * 1024
SECRET = "hunter2"
EMPTY = json.dumps({"lists": {BUSY_CUSTOMER: {"items": [], "next": None}}}).encode()
TICKET = {
    "id": "t-1",
    "customer_id": BUSY_CUSTOMER,
    "order_id": None,
    "subject": SECRET,
    "body": "",
    "status": "open",
    "priority": "very",
    "created_at": "2026-01-20T08:00:00Z",
    "closed_at": None,
}


@dataclass
class Impostor:
    """In support's place. answer: sent for every request; then the connection is closed if it must be."""

    server: RawServer = field(default_factory=RawServer)
    answer: bytes = http(EMPTY)
    closes: bool = False
    drips: bool = False

    async def play(self, exchange: Exchange) -> None:
        pieces = [self.answer[n : n + 1] for n in range(len(self.answer))] if self.drips else [self.answer]
        for piece in pieces:
            await exchange.send(piece)
            if self.drips:
                await anyio.sleep(0.1)
        if self.closes:
            exchange.writer.close()


@pytest.fixture(scope="module")
async def running_impostor() -> AsyncIterator[Impostor]:
    impostor = Impostor()
    async with raw_server(impostor.play) as impostor.server:
        yield impostor


@pytest.fixture
async def impostor(running_impostor: Impostor, estate: Estate) -> Impostor:
    """Answering well, for now. Counts of the others begin at nothing."""
    running_impostor.answer, running_impostor.closes, running_impostor.drips = http(EMPTY), False, False
    return running_impostor


@pytest.fixture(scope="module")
def deceived(make_gateway: MakeGateway, running_impostor: Impostor) -> Iterator[GatewayProcess]:
    """The gateway over the shop with that support."""
    with make_gateway(services={"support": running_impostor.server.url}) as serving:
        yield serving


def lists(value: object) -> bytes:
    return http(json.dumps(value).encode())


PAGE = b"<html><body>Sign in to the hotel's network, " + SECRET.encode() + b"</body></html>"
CASES: dict[str, tuple[str, bytes]] = {
    "a web page": ("SUBREQUEST_MALFORMED_RESPONSE", http(PAGE, content_type="text/html")),
    "nothing": ("SUBREQUEST_MALFORMED_RESPONSE", http(b"")),
    "half a document": ("SUBREQUEST_MALFORMED_RESPONSE", http(EMPTY[:-3])),
    "bytes": ("SUBREQUEST_MALFORMED_RESPONSE", http(b"\x00\xff\xfe" * 50)),
    "another shape": ("SUBREQUEST_MALFORMED_RESPONSE", lists({"lists": [SECRET]})),
    "null": ("SUBREQUEST_MALFORMED_RESPONSE", lists(None)),
    "nesting without end": ("SUBREQUEST_MALFORMED_RESPONSE", http(b'{"lists":' + b"[" * 100_000)),
    "no list for the customer": ("SUBREQUEST_MALFORMED_RESPONSE", lists({"lists": {}})),
    "another customer's list": (
        "SUBREQUEST_MALFORMED_RESPONSE",
        lists({"lists": {BUSY_CUSTOMER: {"items": [], "next": None}, "c-1": {"items": [], "next": None}}}),
    ),
    "a row with an unknown priority": (
        "SUBREQUEST_MALFORMED_RESPONSE",
        lists({"lists": {BUSY_CUSTOMER: {"items": [TICKET], "next": None}}}),
    ),
    "another protocol": ("SUBREQUEST_MALFORMED_RESPONSE", b"SSH-2.0-OpenSSH_9.2 hunter2\r\n\r\n"),
    "a redirect": ("SUBREQUEST_HTTP_ERROR", http(b"", "location: http://127.0.0.1:1/x", status="302 Found")),
    "a traceback": (
        "SUBREQUEST_HTTP_ERROR",
        http(b'Traceback (most recent call last):\n  File "x.py"\nKeyError: hunter2', status="500 Oops"),
    ),
    "a problem of its own": (
        "SUBREQUEST_HTTP_ERROR",
        http(
            b'{"code": "FORBIDDEN", "detail": "hunter2 is no longer valid"}',
            status="403 Forbidden",
            content_type="application/problem+json",
        ),
    ),
    "too much": ("SUBREQUEST_RESPONSE_TOO_LARGE", http(b" " * LARGEST + EMPTY)),
    "too much, compressed": (
        "SUBREQUEST_RESPONSE_TOO_LARGE",
        http(gzip.compress(b" " * (20 * LARGEST)), "content-encoding: gzip"),
    ),
}


async def check_tickets_missing(gateway: GatewayProcess, code: str) -> float:
    """All but the tickets is there, with one discreet error. Seconds that it took."""
    log = gateway.log()
    answer = await to_thread.run_sync(lambda: gateway.ask(DASHBOARD, id=BUSY_CUSTOMER))
    customer = answer.data["customer"]
    assert (answer.status, customer.pop("openTickets")) == (200, None)
    assert len(customer.pop("recentOrders")) == 5
    assert all(customer.values())
    (error,) = answer.errors
    assert error["path"] == ["customer", "openTickets"]
    assert error["extensions"] == {"code": code, "service": "support"}
    assert "support" in error["message"]
    said = json.dumps(answer.errors) + gateway.log().removeprefix(log)
    assert indiscretions(said) == []
    assert SECRET not in said
    return answer.seconds


async def check_whole(gateway: GatewayProcess) -> None:
    answer = await to_thread.run_sync(lambda: gateway.ask(DASHBOARD, id=BUSY_CUSTOMER))
    assert answer.whole()["customer"]["openTickets"] == []


@pytest.mark.parametrize("name", CASES)
async def test_garbage_costs_its_own_field(name: str, deceived: GatewayProcess, impostor: Impostor) -> None:
    """It answers well, then so; asked once each time, and nothing of the answer is told. Then it answers well again."""
    code, answer = CASES[name]
    await check_whole(deceived)
    asked = len(impostor.server.exchanges)
    impostor.answer, impostor.closes = answer, True
    await check_tickets_missing(deceived, code)
    assert len(impostor.server.exchanges) == asked + 1
    impostor.answer = http(EMPTY)
    await check_whole(deceived)


async def test_an_answer_broken_off_costs_its_own_field(deceived: GatewayProcess, impostor: Impostor) -> None:
    """The head promises more than comes before the connection closes."""
    whole = http(EMPTY)
    for end in (len(whole) - 5, 20, 0):
        impostor.answer, impostor.closes = whole[:end], True
        await check_tickets_missing(deceived, "SUBREQUEST_CONNECTION_ERROR")


async def test_an_answer_that_drips_is_not_waited_for(deceived: GatewayProcess, impostor: Impostor) -> None:
    """A byte every 100 ms is no pause long enough to give up for; the time for the whole call is."""
    impostor.drips = True
    seconds = await check_tickets_missing(deceived, "SUBREQUEST_TIMEOUT")
    assert 1.5 <= seconds < 2.0


async def test_the_limit_on_answers_can_be_set(make_gateway: MakeGateway, estate: Estate) -> None:
    """The shop's own support answers more than 100 bytes."""
    with make_gateway(BRAID_SUBGRAPHS__SUPPORT__MAX_RESPONSE_BYTES="100") as strict:
        await check_tickets_missing(strict, "SUBREQUEST_RESPONSE_TOO_LARGE")
    assert estate.calls("support") == {"GET /tickets": 1}

"""A full gateway refuses requests while it reads them. However they come, each gets what the application would answer,
on a connection that goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway.admission.admission import Admission
from gateway.admission.limit import LimitSettings
from gateway.server.app import GatewayApp, create_server
from gateway.server.settings import ServerSettings
from tests.unit.server.small_engine import SmallEngine
from tests.unit.server.sockets import PATIENCE_S, RawClient, connected, head, post, served

pytestmark = pytest.mark.anyio

HELLO = {"query": "{ hello }"}


@pytest.fixture
def app(engine: SmallEngine) -> GatewayApp:
    """With room for one operation."""
    settings = ServerSettings(cors_origins=["https://shop.example"])
    return create_server(engine, settings, admission=Admission(LimitSettings(ceiling=1, floor=1)))


@pytest.fixture
async def url(app: GatewayApp, engine: SmallEngine) -> AsyncIterator[str]:
    """Full: another client's operation waits."""
    async with served(app) as url, connected(url) as other:
        await other.send(post({"query": "{ wait }"}))
        async with asyncio.timeout(PATIENCE_S):
            await engine.waiting.wait()
        yield url


@pytest.fixture
async def raw(url: str) -> AsyncIterator[RawClient]:
    async with connected(url) as raw:
        yield raw


async def test_refusal_is_made_without_a_task(raw: RawClient, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[object] = []
    loop = asyncio.get_running_loop()
    make = loop.create_task
    monkeypatch.setattr(loop, "create_task", lambda work, **more: (begun.append(work), make(work, **more))[1])
    await raw.send(post(HELLO))
    assert (await raw.answer()).status == 503
    assert [work for work in begun if "run_asgi" in repr(work)] == []
    await raw.send(head("GET", "/health"))
    assert (await raw.answer()).status == 200
    assert len([work for work in begun if "run_asgi" in repr(work)]) == 1


async def test_refusal_carries_what_every_answer_does(raw: RawClient) -> None:
    await raw.send(post(HELLO, x_request_id="abc", origin="https://shop.example"))
    answer = await raw.answer()
    assert (answer.status, answer.code()) == (503, "GATEWAY_OVERLOADED")
    assert answer.headers["x-request-id"] == "abc"
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert answer.headers["retry-after"] == "1"


async def test_what_is_wrong_besides_is_told_first(raw: RawClient) -> None:
    """And the connection goes on: the body has come, whether or not it was looked at."""
    for request, status in (
        (post(HELLO, accept="text/css"), 406),
        (head("DELETE"), 405),
        (head(content_type="text/plain", content_length="2") + b"{}", 415),
        (head("GET", "/graphql", accept="text/html"), 200),
        (post(HELLO), 503),
    ):
        await raw.send(request)
        answer = await raw.answer()
        assert answer.status == status
        assert "connection" not in answer.headers


@pytest.mark.parametrize("cut", [20, 60, -1])
async def test_request_that_comes_in_two_parts(raw: RawClient, cut: int) -> None:
    request = post(HELLO)
    await raw.send(request[:cut])
    await asyncio.sleep(0.05)
    await raw.send(request[cut:])
    assert (await raw.answer()).status == 503
    await raw.send(post(HELLO))
    assert (await raw.answer()).status == 503


async def test_body_that_comes_when_there_is_room_again(raw: RawClient, engine: SmallEngine) -> None:
    request = post(HELLO)
    await raw.send(request[:-1])
    await asyncio.sleep(0.05)
    engine.release.set()
    await asyncio.sleep(0.05)
    await raw.send(request[-1:])
    assert (await raw.answer()).status == 200


async def test_pipelined_requests_are_answered_in_their_order(raw: RawClient) -> None:
    await raw.send(post(HELLO) + head("GET", "/health") + post(HELLO) + post(HELLO))
    assert [(await raw.answer()).status for _ in range(4)] == [503, 200, 503, 503]


async def test_garbage_behind_a_refused_request_is_refused_once(raw: RawClient) -> None:
    await raw.send(post(HELLO) + b"GARBAGE\r\n\r\n")
    assert [(await raw.answer()).status for _ in range(2)] == [503, 400]
    assert await raw.closed() == b""


async def test_client_that_wants_its_connection_closed(raw: RawClient) -> None:
    await raw.send(post(HELLO, connection="close"))
    assert (await raw.answer()).status == 503
    assert await raw.closed() == b""

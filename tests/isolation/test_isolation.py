"""Nobody sees another's data: 40 identities with 10 requests each against a gateway process, over real sockets.

Each test that finds nothing has a twin in which the protection is taken out, and there it must find something.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.isolation.crowd import PEOPLE, REQUESTS, SAME, Tally, ask_all, words_in
from tests.isolation.upstream import Upstream, serving_upstream
from tests.shop.gateway_process import GatewayProcess

pytestmark = pytest.mark.anyio

GRAPH = Path(__file__).parent / "graph"
ALL = PEOPLE * REQUESTS
PIPELINED = 10

CONFIG = """
server: {{explorer: false}}
execution: {{deadline_s: 20, share_queries: {sharing}}}
overload: {{adaptive: false}}
service_defaults: {{max_connections: 40, queue: 1000, breaker: {{enabled: false}}}}
python_path: {graph}
subgraphs:
  things: {{url: "{url}", schema: isolated_things, timeout_s: 15}}
  notes: {{url: "{url}/graphql", timeout_s: 15}}
"""


class IsolatedGateway(GatewayProcess):
    """A gateway over the upstream. plant: which protection is taken out, if any."""

    def __init__(self, folder: Path, upstream: Upstream, *, sharing: bool, plant: str | None) -> None:
        config = folder / "braid.yaml"
        config.write_text(CONFIG.format(sharing=str(sharing).lower(), graph=GRAPH, url=upstream.url))
        super().__init__({}, folder / "log", {"BRAID_TEST_PLANT": plant or ""}, config)
        if plant in ("headers", "connections"):
            self._command[1:3] = ["-m", "tests.isolation.planted", plant]


@asynccontextmanager
async def gateway_over(
    upstream: Upstream, folder: Path, *, sharing: bool, plant: str | None = None
) -> AsyncGenerator[GatewayProcess]:
    gateway = IsolatedGateway(folder, upstream, sharing=sharing, plant=plant)
    try:
        await asyncio.to_thread(gateway.start)
        yield gateway
    finally:
        gateway.kill()


@pytest.fixture
async def upstream() -> AsyncGenerator[Upstream]:
    async with serving_upstream() as serving:
        yield serving


async def shared_queries(gateway: GatewayProcess, what: str = "") -> int:
    text = (await asyncio.to_thread(gateway.get, "/metrics")).text
    found = re.search(rf"^braid_shared_queries{what}_total (\S+)", text, re.MULTILINE)
    return int(float(found[1])) if found else 0


# -- loaders, caches, sharing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sharing", [False, True])
async def test_nobody_sees_what_another_was_answered(sharing: bool, upstream: Upstream, tmp_path: Path) -> None:
    async with gateway_over(upstream, tmp_path, sharing=sharing) as gateway:
        assert await ask_all(gateway.url) == Tally(ALL, crossed=0)
        shared = await shared_queries(gateway)
    assert set(upstream.asked) == {f"person-{number}" for number in range(PEOPLE)}
    # The proof that sharing was at work, or was not.
    assert (shared > PEOPLE) == sharing


async def test_a_loader_for_everybody_is_noticed(upstream: Upstream, tmp_path: Path) -> None:
    async with gateway_over(upstream, tmp_path, sharing=False, plant="loader") as gateway:
        tally = await ask_all(gateway.url)
    assert tally.crossed > ALL // 2


async def test_sharing_that_looks_at_no_header_is_noticed(upstream: Upstream, tmp_path: Path) -> None:
    async with gateway_over(upstream, tmp_path, sharing=True, plant="headers") as gateway:
        tally = await ask_all(gateway.url)
    assert tally.crossed > ALL // 10


# -- connections -------------------------------------------------------------------------------------------------------


async def test_an_answer_too_many_reaches_nobody(upstream: Upstream, tmp_path: Path) -> None:
    """A service sends each of its answers twice. The second lies on a connection that would be used again.

    It comes together with the end of the first. HTTP/1.1 has no means to tell one that comes after the next request.
    """
    async with gateway_over(upstream, tmp_path, sharing=False) as gateway:
        upstream.surplus = True
        tally = await ask_all(gateway.url)
    assert upstream.surplus_sent > ALL
    assert tally == Tally(ALL, crossed=0)


async def test_an_answer_too_many_is_noticed_where_connections_are_kept(upstream: Upstream, tmp_path: Path) -> None:
    async with gateway_over(upstream, tmp_path, sharing=False, plant="connections") as gateway:
        upstream.surplus = True
        tally = await ask_all(gateway.url)
    assert tally.crossed > 0


@pytest.mark.parametrize("sharing", [False, True])
async def test_people_that_use_one_connection_in_turn_get_their_own_answers(
    sharing: bool, upstream: Upstream, tmp_path: Path
) -> None:
    """As behind a proxy that keeps its connections open for whoever comes."""
    async with gateway_over(upstream, tmp_path, sharing=sharing) as gateway:
        connector = aiohttp.TCPConnector(limit=1)
        async with aiohttp.ClientSession(connector=connector) as session:
            for number in range(PEOPLE):
                headers = {"authorization": f"Bearer person-{number}"}
                async with session.post(f"{gateway.url}/graphql", json={"query": SAME}, headers=headers) as response:
                    assert people_in(await response.json()) == {f"person-{number}"}


@pytest.mark.parametrize("sharing", [False, True])
async def test_people_pipelined_on_one_connection_get_their_own_answers(
    sharing: bool, upstream: Upstream, tmp_path: Path
) -> None:
    """All requests are sent before the first answer is read; the answers come in the order of the requests."""
    async with gateway_over(upstream, tmp_path, sharing=sharing) as gateway:
        host, port = gateway.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        body = json.dumps({"query": SAME}).encode()
        for first in range(0, PEOPLE, PIPELINED):
            for number in range(first, first + PIPELINED):
                head = f"POST /graphql HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
                head += f"authorization: Bearer person-{number}\r\ncontent-length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)
            await writer.drain()
            for number in range(first, first + PIPELINED):
                answer = await read_answer(reader)
                assert people_in(answer) == {f"person-{number}"}
        writer.close()
        await writer.wait_closed()


def people_in(answer: object) -> set[str]:
    return {word for word in words_in(answer) if "person" in word}


async def read_answer(reader: asyncio.StreamReader) -> object:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    assert head.startswith("http/1.1 200"), head
    length = re.search(r"content-length: (\d+)", head)
    assert length is not None
    return json.loads(await reader.readexactly(int(length[1])))


# -- the clients that come and go --------------------------------------------------------------------------------------


async def test_who_goes_takes_nothing_from_those_who_share_with_them(upstream: Upstream, tmp_path: Path) -> None:
    """The first of two identical requests hangs up while its loads are under way; the second gets its answer."""
    async with (
        gateway_over(upstream, tmp_path, sharing=True) as gateway,
        aiohttp.ClientSession(headers={"authorization": "Bearer person-1"}) as session,
    ):
        await (await session.post(f"{gateway.url}/graphql", json={"query": SAME})).read()
        for _ in range(20):
            first = asyncio.create_task(session.post(f"{gateway.url}/graphql", json={"query": SAME}))
            await asyncio.sleep(0.004)
            second = asyncio.create_task(session.post(f"{gateway.url}/graphql", json={"query": SAME}))
            await asyncio.sleep(0.004)
            first.cancel()
            answer = await (await second).json()
            assert "errors" not in answer
        assert await shared_queries(gateway) > 10
        assert await shared_queries(gateway, "_repeated") == 0

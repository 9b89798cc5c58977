"""Raw bytes on real sockets: no request gets a second answer, none a 5xx, none leaves a traceback."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from gateway.server.app import create_server
from tests.hostile.raw_cases import CHUNKED, END, HEALTH, ONE_CHUNK, RAW_CASES, SMUGGLED, RawCase
from tests.unit.server.small_engine import SmallEngine
from tests.unit.server.sockets import PATIENCE_S, RawClient, connected, head, post, served

pytestmark = pytest.mark.anyio

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
# A second answer would come with the first or within microseconds: nothing in between waits for anything.
QUIET_S = 0.05


@pytest.fixture
def engine() -> SmallEngine:
    return SmallEngine()


@pytest.fixture
async def url(engine: SmallEngine) -> AsyncIterator[str]:
    async with served(create_server(engine)) as url:
        yield url


async def send_in_parts(raw: RawClient, parts: tuple[bytes, ...]) -> None:
    """Each in a read of its own, until the server has had enough."""
    for part in parts:
        try:
            await raw.send(part)
        except ConnectionError:
            return
        if len(parts) > 1:
            await asyncio.sleep(0.002)


async def receive_all(raw: RawClient, case: RawCase) -> tuple[bytes, bool]:
    """Everything that is answered, and whether the server closed. Waits for as many answers as the case wants."""
    got = b""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_S
    while loop.time() < end:
        enough = len(_STATUS.findall(got)) >= len(case.statuses) and not case.closes
        try:
            async with asyncio.timeout(QUIET_S if enough else PATIENCE_S):
                data = await raw.reader.read(65_536)
        except TimeoutError:
            return got, False
        except ConnectionError:
            return got, True
        if not data:
            return got, True
        got += data
    return got, False


@pytest.mark.parametrize("case", RAW_CASES, ids=lambda case: case.name)
async def test_raw_request_gets_its_own_answers_and_nothing_more(
    case: RawCase, url: str, engine: SmallEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """The smuggled mutation counts itself: it is neither answered nor executed. Refusals are GraphQL errors."""
    with capture_logs() as logs, caplog.at_level(logging.ERROR):
        async with connected(url) as raw:
            await send_in_parts(raw, case.sent)
            got, closed = await receive_all(raw, case)
    assert tuple(int(status) for status in _STATUS.findall(got)) == case.statuses
    assert (closed, engine.touched) == (case.closes, 0)
    assert (logs, caplog.records) == ([], [])
    for status, body in zip(case.statuses, bodies(got), strict=True):
        assert status == 200 or json.loads(body)["errors"][0]["extensions"]["code"]


def bodies(got: bytes) -> list[bytes]:
    """The bodies of all answers, taken apart by their Content-Length, with nothing left over."""
    found: list[bytes] = []
    while got:
        head, _, rest = got.partition(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head)[1])  # type: ignore[index]
        found.append(rest[:length])
        got = rest[length:]
    return found


def test_table_holds_enough_cases_and_smuggles_in_most() -> None:
    """The issue asks for 30. Names are unique, since they are the tests' ids."""
    assert len(RAW_CASES) >= 30
    assert len({case.name for case in RAW_CASES}) == len(RAW_CASES)
    assert sum(SMUGGLED in b"".join(case.sent) for case in RAW_CASES) >= 30


async def test_smuggled_request_is_executed_when_it_is_nobodys(url: str, engine: SmallEngine) -> None:
    """What the table says is not executed would be: behind an honest request it is one itself."""
    async with connected(url) as raw:
        await raw.send(HEALTH + SMUGGLED)
        assert [(await raw.answer()).status for _ in range(2)] == [200, 200]
    assert engine.touched == 1


async def test_trailer_is_not_taken_for_a_header(url: str, engine: SmallEngine) -> None:
    """A proxy checks and strips headers, not trailers: one that counted would be a way around it."""
    async with connected(url) as raw:
        await raw.send(CHUNKED + b"\r\n" + ONE_CHUNK + END[:-2] + b"Authorization: admin\r\n\r\n")
        assert (await raw.answer()).status == 200
    assert "authorization" not in engine.seen[0][1]


async def test_doubt_behind_a_running_request_waits_for_its_answer(url: str, engine: SmallEngine) -> None:
    """The client gets what it asked for before, not the refusal in its place; then the connection ends."""
    async with connected(url) as raw:
        await raw.send(post({"query": "{ wait }"}) + b"NONSENSE\r\n\r\n" + SMUGGLED)
        async with asyncio.timeout(PATIENCE_S):
            await engine.waiting.wait()
        engine.release.set()
        assert (await raw.answer()).body == b'{"data":{"wait":"released"}}'
        assert await raw.closed() == b""
    assert engine.touched == 0


async def test_endless_pipeline_is_cut_off_behind_what_is_waiting(url: str, engine: SmallEngine) -> None:
    """uvicorn alone would queue any number of requests for one connection."""
    async with connected(url) as raw:
        await raw.send(post({"query": "{ wait }"}) + SMUGGLED * 500)
        async with asyncio.timeout(PATIENCE_S):
            await engine.waiting.wait()
        engine.release.set()
        got = await raw.closed()
    assert len(_STATUS.findall(got)) == 33
    assert engine.touched == 32


async def test_upgrade_with_a_body_is_told_why_it_is_refused(url: str) -> None:
    """The parser takes the body for the other protocol's; it would otherwise be said to be empty."""
    async with connected(url) as raw:
        await raw.send(head(content_type="application/json", content_length="2", connection="upgrade", upgrade="h2c"))
        answer = await raw.answer()
    assert (answer.status, b"Upgrade" in answer.body) == (400, True)

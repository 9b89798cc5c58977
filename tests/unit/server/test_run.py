"""Starting and stopping, in a process of its own, by real signals."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.server.run import YOUNG_OBJECTS, CannotListen, open_listener, url_of
from tests.unit.server.sockets import PATIENCE_S, connected, head, post

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
FOREVER = {"query": "{ wait }"}


@dataclass(slots=True)
class Server:
    """A gateway process, and what it has said so far."""

    process: asyncio.subprocess.Process
    said: list[str]

    async def says(self) -> str:
        """Its next line."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_S):
            line = (await self.process.stdout.readline()).decode().strip()
        self.said.append(line)
        return line

    async def ends(self) -> tuple[int, list[str], str]:
        """Its exit status, its last words, and what it complained of."""
        async with asyncio.timeout(PATIENCE_S):
            out, err = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, out.decode().split(), err.decode()


@asynccontextmanager
async def start(*arguments: str) -> AsyncIterator[Server]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.unit.server.small_server",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield Server(process, [])
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@asynccontextmanager
async def running(grace_s: float) -> AsyncIterator[tuple[Server, str]]:
    """A server on a free port, and the URL it told."""
    async with start("0", str(grace_s)) as server:
        assert await server.says() == "opened"
        url = await server.says()
        assert url.startswith("http://127.0.0.1:")
        yield server, url


async def test_what_start_up_made_is_out_of_garbage_collection() -> None:
    """Else every request stands still now and then, while the whole graph is looked through for garbage."""
    async with start("0", "1", "counting") as server:
        assert await server.says() == "opened"
        await server.says()
        server.process.send_signal(signal.SIGTERM)
        _, words, _ = await server.ends()
    assert words[:-2] == ["closed", "returned"]
    frozen, young = map(int, words[-2:])
    assert frozen > 10_000
    assert young == YOUNG_OBJECTS


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_idle_server_stops_at_once_and_well(number: signal.Signals) -> None:
    """Port 0 gives a real port, a connection left open keeps nobody, and the exit status is 0."""
    async with running(grace_s=30) as (server, url), connected(url) as raw:
        await raw.send(head("GET", "/health"))
        assert (await raw.answer()).status == 200
        began = time.perf_counter()
        server.process.send_signal(number)
        assert await server.ends() == (0, ["closed", "returned"], "")
        assert time.perf_counter() - began < 3


async def test_running_request_is_finished_and_new_ones_are_refused() -> None:
    async with running(grace_s=30) as (server, url), connected(url) as raw:
        await raw.send(post({"query": "{ pause(seconds: 1.2) }"}))
        assert await server.says() == "begun"
        server.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.5)
        with pytest.raises(ConnectionRefusedError):
            async with connected(url):
                pass
        answer = await raw.answer()
        assert (answer.body, answer.headers["connection"]) == (b'{"data":{"pause":"over"}}', "close")
        assert await server.ends() == (0, ["ended", "closed", "returned"], "")


async def test_request_that_outlasts_the_grace_is_told_so() -> None:
    """It is cancelled, tidies up before the engine's clients close, and its client gets an answer."""
    async with running(grace_s=0.5) as (server, url), connected(url) as raw:
        await raw.send(post(FOREVER))
        assert await server.says() == "begun"
        server.process.send_signal(signal.SIGTERM)
        answer = await raw.answer()
        assert (answer.status, answer.code()) == (503, "SERVICE_UNAVAILABLE")
        status, said, complaints = await server.ends()
        assert (status, said) == (0, ["ended", "closed", "returned"])
        assert "Traceback" not in complaints


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
async def test_second_signal_stops_at_once(second: signal.Signals) -> None:
    async with running(grace_s=30) as (server, url), connected(url) as raw:
        await raw.send(post(FOREVER))
        assert await server.says() == "begun"
        server.process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.5)
        assert server.process.returncode is None
        began = time.perf_counter()
        server.process.send_signal(second)
        status, said, complaints = await server.ends()
        assert (status, said) == (0, ["ended", "closed", "returned"])
        assert "Traceback" not in complaints
        assert time.perf_counter() - began < 2


async def test_taken_port_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        async with start(str(port), "1") as server:
            status, said, complaints = await server.ends()
    assert (status, said) == (1, [])
    assert complaints == (
        f"Cannot listen on port {port} on 127.0.0.1: it is already in use."
        " Choose another port, or 0 for any free one.\n"
    )


async def test_failure_at_the_start_is_raised_to_the_caller() -> None:
    """Not wrapped, not logged with a traceback: the caller prints it as it likes."""
    async with start("0", "1", "broken") as server:
        assert await server.ends() == (1, [], "The supergraph does not compose.\n")


@pytest.mark.parametrize(("host", "port"), [("no.such.host.invalid", 4000), ("192.0.2.1", 4000), ("127.0.0.1", 70_000)])
def test_addresses_that_cannot_be_are_refused_in_a_sentence(host: str, port: int) -> None:
    with pytest.raises(CannotListen) as caught:
        open_listener(host, port)
    assert caught.value.message.startswith("Cannot listen on ")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")])
def test_url_is_one_that_works_here(host: str, shown: str) -> None:
    try:
        listener = open_listener(host, 0)
    except CannotListen:
        pytest.skip(f"this machine has no {host}")
    with listener:
        assert url_of(listener) == f"http://{shown}:{listener.getsockname()[1]}"

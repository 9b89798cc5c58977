"""Twenty clients of one gateway, in a process of their own: `python -m tests.chaos.clients URL`.

The first line of standard input is a list of request bodies, one for each client; each further line says for how long
they ask, and is answered by a line with all answers and with how late the event loop itself was. Nothing is looked
into here: what would take time takes it from the measurement.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Sequence

import aiohttp
import msgspec
import uvloop

HEADERS = {"content-type": "application/json", "accept": "application/json"}
GIVE_UP_S = 10.0
TICK_S = 0.005


class Order(msgspec.Struct, frozen=True):
    """Ask for `seconds`: each client again `period_s` after it last began, or when it has its answer if that is later.

    The clients begin spread over one period. seconds 0: each asks once, all at the same time.
    """

    seconds: float
    period_s: float


class Asked(msgspec.Struct, array_like=True):
    """One answer. client: whose. seconds: from sending to the last byte. status: 0 for none; body: then, why."""

    client: int
    seconds: float
    status: int
    body: str


class Report(msgspec.Struct):
    """lag_s: how late this process's event loop came to do something at worst: if it was, times are its own."""

    answers: list[Asked]
    lag_s: float


class Clients:
    """One connection for each client, kept."""

    def __init__(self, session: aiohttp.ClientSession, url: str, bodies: Sequence[bytes]) -> None:
        self._session = session
        self._url = url
        self._bodies = bodies

    async def carry_out(self, order: Order) -> Report:
        answers: list[Asked] = []
        lag = asyncio.create_task(_watch_lag())
        end = time.perf_counter() + order.seconds
        async with asyncio.TaskGroup() as group:
            for client in range(len(self._bodies)):
                group.create_task(self._keep_asking(client, order, end, answers))
        lag.cancel()
        (lag_s,) = await asyncio.gather(lag)
        return Report(answers, lag_s)

    async def _keep_asking(self, client: int, order: Order, end: float, answers: list[Asked]) -> None:
        if order.seconds:
            await asyncio.sleep(order.period_s * client / len(self._bodies))
        while True:
            began = time.perf_counter()
            answers.append(await self._ask(client))
            await asyncio.sleep(max(0.0, began + order.period_s - time.perf_counter()))
            if time.perf_counter() >= end:
                return

    async def _ask(self, client: int) -> Asked:
        began = time.perf_counter()
        try:
            async with self._session.post(self._url, data=self._bodies[client], headers=HEADERS) as response:
                body = await response.read()
                return Asked(client, time.perf_counter() - began, response.status, body.decode())
        except (aiohttp.ClientError, TimeoutError) as error:
            return Asked(client, time.perf_counter() - began, 0, type(error).__name__)


async def _watch_lag() -> float:
    """Until cancelled; then the most by which a short sleep was too long."""
    worst = 0.0
    try:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(TICK_S)
            worst = max(worst, time.perf_counter() - began - TICK_S)
    except asyncio.CancelledError:
        return worst


async def main(url: str) -> None:
    bodies = msgspec.json.decode(sys.stdin.buffer.readline(), type=list[str])
    gc.disable()  # The garbage of one run is little, and collecting it takes longer than an answer.
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=len(bodies)),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=GIVE_UP_S),
    ) as session:
        clients = Clients(session, url, [body.encode() for body in bodies])
        while line := await asyncio.to_thread(sys.stdin.buffer.readline):
            report = await clients.carry_out(msgspec.json.decode(line, type=Order))
            sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))

"""Many requests at once from one event loop, each timed, with a witness of whether the machine had CPU for them."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec

PROBE_S = 0.005
LATE_S = 0.010
MOST_PRESSURE = 0.75
REQUEST_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Timed:
    """One answer. seconds: from sending to having read it. starved_s, pressure: see Asker."""

    status: int
    body: Any
    seconds: float
    starved_s: float
    pressure: float

    @property
    def tells(self) -> bool:
        """Whether its time, and what it lacks, tell something of the gateway."""
        return self.starved_s <= LATE_S and self.pressure <= MOST_PRESSURE


@dataclass(slots=True)
class Asker:
    """Asks one gateway; an async context manager.

    pids: the processes that answer: the gateway's and its services'.

    A probe looks every 5 ms whether it woke late, and how long each of these processes has been ready to run without
    getting a CPU. An answer's `starved_s` is the longest such wait that ended while the request was under way; its
    `pressure` is the share of its time in which anything on this machine waited for a CPU, as the kernel counts it.
    Beyond LATE_S and MOST_PRESSURE other programs have taken the CPU, and the answer tells nothing of the gateway.
    """

    url: str
    pids: Sequence[int] = ()
    _session: aiohttp.ClientSession = field(init=False)
    _probe: asyncio.Task[None] = field(init=False)
    _late: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_S),
            trust_env=False,
        )
        self._probe = asyncio.create_task(self._watch_loop())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._probe.cancel()
        await self._session.close()

    async def ask(
        self, query: str, variables: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> Timed:
        """POST one query."""
        body = msgspec.json.encode({"query": query, "variables": variables or {}})
        return await self.post(body, {"content-type": "application/json", **(headers or {})})

    async def post(self, body: bytes, headers: Mapping[str, str]) -> Timed:
        """POST these bytes."""
        started, pressed_s = time.perf_counter(), _pressed_s()
        async with self._session.post(f"{self.url}/graphql", data=body, headers=headers) as response:
            text = await response.read()
        seconds, pressed_s = time.perf_counter() - started, _pressed_s() - pressed_s
        starved_s = self._latest_since(started)
        return Timed(response.status, msgspec.json.decode(text), seconds, starved_s, pressed_s / seconds)

    async def _watch_loop(self) -> None:
        while True:
            before, waited = time.perf_counter(), [_waited_s(pid) for pid in self.pids]
            await asyncio.sleep(PROBE_S)
            now, waits = time.perf_counter(), [_waited_s(pid) for pid in self.pids]
            starved = max((later - earlier for earlier, later in zip(waited, waits, strict=True)), default=0.0)
            self._late.append((now, max(starved, now - before - PROBE_S)))
            del self._late[:-1000]  # five seconds

    def _latest_since(self, started: float) -> float:
        return max((late for at, late in reversed(self._late) if at >= started), default=0.0)


def _waited_s(pid: int) -> float:
    """How long a process's main thread has been ready to run without running, since it began. 0 where nobody knows."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0


def _pressed_s() -> float:
    """How long something on this machine has waited for a CPU, since it started. 0 where nobody knows."""
    try:
        return int(Path("/proc/pressure/cpu").read_text().split()[4].removeprefix("total=")) / 1e6
    except OSError:
        return 0.0


async def leave_early(url: str, body: bytes, after_s: float) -> None:
    """POST a request over a connection of its own, and close it without having waited for the answer."""
    host, port = url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /graphql HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    writer.write(head.encode() + b"\r\n\r\n" + body)
    await asyncio.sleep(after_s)
    writer.close()
    await writer.wait_closed()


async def ask_many(count: int, at_once: int, ask: Callable[[int], Awaitable[None]], *, spread_s: float = 0.0) -> None:
    """Call `ask` with 0, 1, ... count - 1, so many at once. The first exception ends all.

    spread_s: over how long the first ones are spread: clients do not all ask in the same millisecond.
    """
    numbers = itertools.count()

    async def ask_on(after_s: float) -> None:
        await asyncio.sleep(after_s)
        while (number := next(numbers)) < count:
            await ask(number)

    async with asyncio.TaskGroup() as group:
        for index in range(at_once):
            group.create_task(ask_on(spread_s * index / at_once))


def quantile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed; infinity of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.inf

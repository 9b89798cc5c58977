"""Load: closed (each client waits for its answer) and open (requests come when they come), over raw connections.

An open load's times count from when a request was due, not from when it was sent: a client that is late itself must
not hide what its user waited.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

QUERY = {"query": "{ products { id name price stars reviews { title text } } }"}
_LENGTH = re.compile(rb"content-length: (\d+)")
_BODY = json.dumps(QUERY).encode()
REQUEST = (
    b"POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    % len(_BODY)
    + _BODY
)


@dataclass(slots=True)
class Outcome:
    """What came of a load. Seconds from due to answered, by whether it was accepted with whole data, or refused.

    odd: answers that were neither, by their status line or error; retry_after: refusals that carried the header.
    """

    seconds: float
    accepted: list[float] = field(default_factory=list[float])
    refused: list[float] = field(default_factory=list[float])
    odd: list[str] = field(default_factory=list[str])
    retry_after: int = 0

    @property
    def goodput(self) -> float:
        """Whole answers per second."""
        return len(self.accepted) / self.seconds


def percentile(values: Sequence[float], share: float) -> float:
    """0 for no values."""
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1] if len(values) > 1 else 0.0


class Client(asyncio.Protocol):
    """One connection, one request at a time."""

    def __init__(self) -> None:
        self._got = bytearray()
        self._size = 0
        self._answer: asyncio.Future[bytes] | None = None
        self.open = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("closed"))

    def data_received(self, data: bytes) -> None:
        self._got += data
        if not self._size:
            end = self._got.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._got)
            assert length is not None
            self._size = end + 4 + int(length[1])
        if len(self._got) >= self._size and self._answer is not None:
            answer, self._got, self._size = bytes(self._got), bytearray(), 0
            self._answer.set_result(answer)

    async def ask(self) -> bytes:
        """Head and body of one answer."""
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(REQUEST)
        return await self._answer


class Load:
    """Requests to one port. Connections are kept and used again."""

    def __init__(self, port: int, seed: int = 1) -> None:
        self._port = port
        self._random = random.Random(seed)
        self._idle: list[Client] = []

    async def closed(self, clients: int, seconds: float) -> Outcome:
        """As many at once as there are clients."""
        loop = asyncio.get_running_loop()
        outcome, end = Outcome(seconds), loop.time() + seconds

        async def client() -> None:
            while loop.time() < end:
                await self._ask(loop.time(), outcome)

        await asyncio.gather(*(client() for _ in range(clients)))
        return outcome

    async def opened(self, per_second: float, seconds: float) -> Outcome:
        """Arrivals at random (Poisson), whatever becomes of earlier ones."""
        loop = asyncio.get_running_loop()
        outcome, tasks = Outcome(seconds), set[asyncio.Task[None]]()
        due, end = loop.time(), loop.time() + seconds
        while (due := due + self._random.expovariate(per_second)) < end:
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            task = asyncio.create_task(self._ask(due, outcome))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        return outcome

    def close(self) -> None:
        for client in self._idle:
            client.transport.close()

    async def _ask(self, due: float, outcome: Outcome) -> None:
        loop = asyncio.get_running_loop()
        try:
            client = await self._client()
            answer = await client.ask()
        except OSError as error:
            outcome.odd.append(type(error).__name__)
            return
        self._idle.append(client)
        took = loop.time() - due
        if answer.startswith(b"HTTP/1.1 503 ") and b'"code":"GATEWAY_OVERLOADED"' in answer:
            outcome.refused.append(took)
            outcome.retry_after += b"\r\nretry-after: " in answer
        elif answer.startswith(b"HTTP/1.1 200 ") and b'"errors"' not in answer:
            outcome.accepted.append(took)
        else:
            outcome.odd.append(answer[:60].decode("latin-1"))

    async def _client(self) -> Client:
        while self._idle:
            client = self._idle.pop()
            if client.open:
                return client
        _, client = await asyncio.get_running_loop().create_connection(Client, "127.0.0.1", self._port)
        return client

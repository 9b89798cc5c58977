"""FeedClient: JSON over HTTP from one service's feed, with every fault as one of ours."""

from __future__ import annotations

import asyncio
from typing import TypeVar

import aiohttp
import httpx
import msgspec

from gateway.events.errors import EventsError, EventsMalformed, EventsPruned, EventsRewritten, EventsUnavailable
from gateway.services.body import BodyTooLarge, UnreadableBody
from gateway.services.transport import AiohttpTransport, Transport, TransportResponse

T = TypeVar("T")

TIMEOUT_S = 10.0
"""For an answer, beside what it was asked to wait."""
MAX_BYTES = 64 * 1024 * 1024

_UNREACHABLE = (aiohttp.ClientError, httpx.HTTPError, OSError, TimeoutError)
_HEADERS = {"accept": "application/json", "accept-encoding": "gzip", "user-agent": "braid-gateway"}


class _Problem(msgspec.Struct):
    code: str = ""


_problem = msgspec.json.Decoder(_Problem)


class FeedClient:
    """Asks one service. `name`: as in the configuration; errors tell it, and never the address."""

    def __init__(
        self, name: str, url: str, transport: Transport | None = None, *, timeout_s: float = TIMEOUT_S
    ) -> None:
        """url: of the service. transport: this client closes it."""
        self.name = name
        self._url = url.rstrip("/")
        # Each reader asks one thing at a time.
        self._transport = transport or AiohttpTransport(connections=4)
        self._timeout_s = timeout_s

    async def get(self, target: str, decoder: msgspec.json.Decoder[T], wait_s: float = 0.0) -> T:
        """GET `target` (path and query) and decode the answer. wait_s: what the service may take beside the timeout.

        Raises EventsUnavailable, EventsMalformed; EventsRewritten, EventsPruned when the service says so.
        """
        answer = await self._send(self._url + target, wait_s)
        if answer.status != 200:
            raise self._refusal(answer)
        try:
            return decoder.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise EventsMalformed(self.name, f"The feed of '{self.name}' answered something else: {error}.") from error

    async def close(self) -> None:
        """Close its connections; calling it again does nothing."""
        await self._transport.close()

    async def _send(self, url: str, wait_s: float) -> TransportResponse:
        try:
            async with asyncio.timeout(wait_s + self._timeout_s):
                return await self._transport.send("GET", url, _HEADERS, None, MAX_BYTES)
        except _UNREACHABLE as error:
            raise EventsUnavailable(self.name, f"The feed of '{self.name}' does not answer.") from error
        except (BodyTooLarge, UnreadableBody) as error:
            raise EventsMalformed(self.name, f"The feed of '{self.name}' answered what cannot be read.") from error

    def _refusal(self, answer: TransportResponse) -> EventsError:
        try:
            code = _problem.decode(answer.body).code
        except (msgspec.DecodeError, UnicodeDecodeError):
            code = ""
        if (answer.status, code) == (410, "EVENTS_PRUNED"):
            return EventsPruned(self.name, f"The feed of '{self.name}' no longer keeps the next events.")
        if (answer.status, code) == (409, "POSITION_BEYOND_HEAD"):
            return EventsRewritten(self.name, f"The feed of '{self.name}' ends before this position.")
        return EventsUnavailable(self.name, f"The feed of '{self.name}' answered with HTTP status {answer.status}.")

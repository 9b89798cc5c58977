"""FeedSource: the events of a service that tells them itself, by `GET /events?after=&limit=&wait=`.

    {"feed": "9f...", "head": 1742, "events": [{"specversion": "1.0", "position": 1742, ...}]}

The answer is not trusted further than it can be checked: events must be CloudEvents, at exactly the positions that
follow the one asked for.
"""

from __future__ import annotations

import asyncio
from typing import Annotated

import aiohttp
import httpx
import msgspec

from gateway.events.errors import EventsMalformed, EventsPruned, EventsRewritten, EventsUnavailable
from gateway.events.event import Event
from gateway.events.source import EventBatch, Position
from gateway.services.body import BodyTooLarge, UnreadableBody
from gateway.services.transport import AiohttpTransport, Transport, TransportResponse

TIMEOUT_S = 10.0
"""For an answer, beside what it was asked to wait."""
MAX_BYTES = 64 * 1024 * 1024

_UNREACHABLE = (aiohttp.ClientError, httpx.HTTPError, OSError, TimeoutError)
_HEADERS = {"accept": "application/json", "accept-encoding": "gzip", "user-agent": "braid-gateway"}


class _Page(msgspec.Struct):
    feed: Annotated[str, msgspec.Meta(min_length=1)]
    head: Annotated[int, msgspec.Meta(ge=0)]
    events: list[Event]


class _Problem(msgspec.Struct):
    code: str = ""


_page = msgspec.json.Decoder(_Page)
_problem = msgspec.json.Decoder(_Problem)


class FeedSource:
    """One service's feed. It asks one thing at a time for each reader, so a few connections are enough."""

    def __init__(
        self, name: str, url: str, transport: Transport | None = None, *, timeout_s: float = TIMEOUT_S
    ) -> None:
        """url: of the service, without `/events`. transport: this source closes it."""
        self.name = name
        self._url = url.rstrip("/") + "/events"
        self._transport = transport or AiohttpTransport(connections=4)
        self._timeout_s = timeout_s

    async def read(self, after: Position, *, limit: int, wait_s: float) -> EventBatch:
        answer = await self._get(f"{self._url}?after={after.number}&limit={limit}&wait={wait_s:.3f}", wait_s)
        if answer.status != 200:
            raise self._refusal(answer, after)
        page = self._decode(answer.body)
        if after.history not in ("", page.feed) or after.number > page.head:
            raise EventsRewritten(self.name, f"The feed of '{self.name}' has begun anew.")
        self._check(page, after, limit)
        return EventBatch(page.events, Position(page.feed, after.number + len(page.events)), page.head)

    async def close(self) -> None:
        await self._transport.close()

    async def _get(self, url: str, wait_s: float) -> TransportResponse:
        try:
            async with asyncio.timeout(wait_s + self._timeout_s):
                return await self._transport.send("GET", url, _HEADERS, None, MAX_BYTES)
        except _UNREACHABLE as error:
            raise EventsUnavailable(self.name, f"The feed of '{self.name}' does not answer.") from error
        except (BodyTooLarge, UnreadableBody) as error:
            raise EventsMalformed(self.name, f"The feed of '{self.name}' answered what cannot be read.") from error

    def _refusal(self, answer: TransportResponse, after: Position) -> Exception:
        try:
            code = _problem.decode(answer.body).code
        except (msgspec.DecodeError, UnicodeDecodeError):
            code = ""
        if (answer.status, code) == (410, "EVENTS_PRUNED"):
            message = f"The feed of '{self.name}' no longer has what follows position {after.number}."
            return EventsPruned(self.name, message)
        if (answer.status, code) == (409, "POSITION_BEYOND_HEAD"):
            return EventsRewritten(self.name, f"The feed of '{self.name}' ends before position {after.number}.")
        return EventsUnavailable(self.name, f"The feed of '{self.name}' answered with HTTP status {answer.status}.")

    def _decode(self, body: bytes) -> _Page:
        try:
            return _page.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise EventsMalformed(self.name, f"The feed of '{self.name}' answered something else: {error}.") from error

    def _check(self, page: _Page, after: Position, limit: int) -> None:
        """Raises EventsMalformed when events are missing, repeated, out of order, or more than there are."""
        positions = [event.position for event in page.events]
        first = after.number + 1
        due = range(first, first + len(positions))
        if positions != list(due) or len(positions) > limit or (positions and positions[-1] > page.head):
            message = f"The feed of '{self.name}' answered other positions than those that follow {after.number}."
            raise EventsMalformed(self.name, message)
        if not positions and after.number < page.head:
            message = f"The feed of '{self.name}' has {page.head} events, but gave none behind {after.number}."
            raise EventsMalformed(self.name, message)

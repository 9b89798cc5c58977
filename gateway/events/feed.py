"""FeedSource: the events of a service that tells them itself, by `GET /events?after=&limit=&wait=`.

    {"feed": "9f...", "head": 1742, "events": [{"specversion": "1.0", "position": 1742, ...}]}

The answer is not trusted further than it can be checked: events must be CloudEvents, at exactly the positions that
follow the one asked for.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from gateway.events.client import FeedClient
from gateway.events.errors import EventsMalformed, EventsRewritten
from gateway.events.event import Event
from gateway.events.source import EventBatch, Position
from gateway.events.state import FeedState


class _Page(msgspec.Struct):
    feed: Annotated[str, msgspec.Meta(min_length=1)]
    head: Annotated[int, msgspec.Meta(ge=0)]
    events: list[Event]


_page = msgspec.json.Decoder(_Page)


class FeedSource:
    """One service's feed."""

    def __init__(self, client: FeedClient) -> None:
        """client: this source closes it."""
        self.name = client.name
        self._client = client

    async def read(self, after: Position, *, limit: int, wait_s: float) -> EventBatch:
        target = f"/events?after={after.number}&limit={limit}&wait={wait_s:.3f}"
        page = await self._client.get(target, _page, wait_s)
        if after.history not in ("", page.feed) or after.number > page.head:
            raise EventsRewritten(self.name, f"The feed of '{self.name}' has begun anew.")
        self._check(page, after, limit)
        return EventBatch(page.events, Position(page.feed, after.number + len(page.events)), page.head)

    async def head(self) -> Position:
        return (await FeedState(self._client).snapshot(limit=1)).position

    async def close(self) -> None:
        await self._client.close()

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

"""Following: a service keeps its own copies of what it needs of others, fed by their events.

What was learned and how far the other's feed was read are committed together, so an event is applied once. A feed that
no longer has the next events, or has begun anew, is taken up again with its snapshot. A service that does not answer is
asked again a little later; until then the copies are as old as they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import msgspec

from mock_services.kit.connection import Connection, DatabaseUnavailable
from mock_services.kit.database import Database
from mock_services.kit.outbox import EventPage

WAIT_S = 20
PAUSE_S = 0.5
LIMIT = 500
_GONE = (409, 410)

# One row for each service that is followed.
TABLES = """
CREATE TABLE followed (service TEXT PRIMARY KEY, feed TEXT NOT NULL, position INTEGER NOT NULL) WITHOUT ROWID;
"""

Learn = Callable[[Connection, str | None, Any], None]


class _SnapshotItem(msgspec.Struct):
    data: Any


class _SnapshotPage(msgspec.Struct):
    feed: str
    position: int
    items: list[_SnapshotItem]
    next: str | None


class Follower:
    """Follows other services' feeds, in tasks of its own. learn: by service, what to make of an event's type and data.

    For an item of a snapshot the type is None.
    """

    def __init__(self, database: Database, learn: Mapping[str, Learn]) -> None:
        self._database = database
        self._learn = learn
        self._tasks: list[asyncio.Task[None]] = []

    async def follow(self, urls: Mapping[str, str]) -> None:
        """From now on, follow these services, by name, and no others."""
        await self.stop()
        followed = [(name, urls[name]) for name in self._learn if name in urls]
        self._tasks = [asyncio.create_task(self._follow(name, url)) for name, url in followed]

    async def stop(self) -> None:
        """Follow nobody."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, service: str, url: str) -> None:
        async with httpx.AsyncClient(base_url=url, timeout=WAIT_S + 10, trust_env=False) as client:
            while True:
                try:
                    await self._read_on(service, client)
                except (httpx.HTTPError, msgspec.MsgspecError, UnicodeDecodeError, DatabaseUnavailable):
                    await asyncio.sleep(PAUSE_S)

    async def _read_on(self, service: str, client: httpx.AsyncClient) -> None:
        feed, position = await self._database.read(_position, service)
        answer = await client.get("/events", params={"after": position, "limit": LIMIT, "wait": WAIT_S})
        if answer.status_code in _GONE:
            await self._begin_anew(service, client)
            return
        page = msgspec.json.decode(answer.raise_for_status().content, type=EventPage)
        if feed not in ("", page.feed):
            await self._begin_anew(service, client)
        elif page.events or not feed:
            await self._database.write(self._apply, service, page, position)

    async def _begin_anew(self, service: str, client: httpx.AsyncClient) -> None:
        """All pages of the snapshot; then the events behind the first page's position, some of which it had."""
        first: _SnapshotPage | None = None
        cursor: str | None = ""
        while cursor is not None:
            params: dict[str, Any] = {"limit": LIMIT} | ({"cursor": cursor} if cursor else {})
            answer = await client.get("/snapshot", params=params)
            page = msgspec.json.decode(answer.raise_for_status().content, type=_SnapshotPage)
            await self._database.write(self._apply_snapshot, service, page)
            first, cursor = first or page, page.next
        if first is not None:
            await self._database.write(_set_position, service, first.feed, first.position)

    def _apply(self, db: Connection, service: str, page: EventPage, position: int) -> None:
        for event in page.events:
            self._learn[service](db, event.type, msgspec.json.decode(event.data))
            position = event.position
        _set_position(db, service, page.feed, position)

    def _apply_snapshot(self, db: Connection, service: str, page: _SnapshotPage) -> None:
        for item in page.items:
            self._learn[service](db, None, item.data)


def _position(db: Connection, service: str) -> tuple[str, int]:
    row = db.one("SELECT feed, position FROM followed WHERE service = :service", {"service": service})
    return ("", 0) if row is None else (row[0], row[1])


def _set_position(db: Connection, service: str, feed: str, position: int) -> None:
    db.run(
        "INSERT INTO followed VALUES (:service, :feed, :position)"
        " ON CONFLICT (service) DO UPDATE SET feed = excluded.feed, position = excluded.position",
        {"service": service, "feed": feed, "position": position},
    )

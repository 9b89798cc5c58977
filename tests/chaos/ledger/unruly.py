"""UnrulyFeed: a service's feed as a bad broker would bring it: again, late, before what came first.

It is a feed of its own, with positions of its own without gaps, so that readers take it for an honest one; events keep
the versions that the service gave them. Snapshots and digests come from the service, at the position from which on
everything that they do not hold yet is told.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections import Counter
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec
from aiohttp import web

REMEMBERED = 100
"""How many of the last events may be told again."""
HELD_BACK_S = 0.05
LATE_S = 0.4
TIMEOUT_S = 10.0

Event = dict[str, Any]


class UnrulyFeed:
    """In front of one service; an async context manager. `faults` counts what it did.

    again: told once more. swapped: told before others that came first. late: told behind the next one of its subject,
    which so came too early; or, when there is none for a moment, just late.
    """

    def __init__(self, upstream: str, draws: random.Random, share: float = 0.1) -> None:
        """upstream: url of the service. share: of events to which each fault happens."""
        self.url = ""
        self.faults: Counter[str] = Counter()
        self._upstream = upstream
        self._draws = draws
        self._share = share
        self._feed = f"unruly-{uuid.uuid4().hex}"
        self._events: list[Event] = []
        self._positions: list[int] = []
        self._read = 0
        self._held: list[Event] = []
        self._late: dict[str, tuple[Event, float]] = {}
        self._appended = asyncio.Event()

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(TIMEOUT_S)
        self._session = aiohttp.ClientSession(timeout=timeout, trust_env=False, auto_decompress=True)
        app = web.Application()
        app.add_routes(
            [web.get("/events", self._answer_events), web.get("/{state:snapshot|digest}", self._answer_state)]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._following = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._following.cancel()
        await asyncio.wait([self._following])
        self._wake()
        await self._runner.cleanup()
        await self._session.close()

    def has_told(self, position: int) -> bool:
        """Whether everything up to this position of the service has been told at least once."""
        return self._read >= position and not self._held and not self._late

    def position_at(self, number: int) -> int:
        """The service's last position that is told up to this one of ours."""
        return max(self._positions[:number], default=0)

    async def _follow(self) -> None:
        while True:
            wait_s = HELD_BACK_S if self._held or self._late else 1
            try:
                page = await self._get(f"/events?after={self._read}&limit=100&wait={wait_s}")
            except (aiohttp.ClientError, OSError, TimeoutError):
                await asyncio.sleep(0.02)
                continue
            events: list[Event] = page["events"]
            self._read += len(events)
            self._tell(events)
            self._tell_late()

    def _tell(self, events: list[Event]) -> None:
        """In some order, some of them again; those that are held back come with the next ones, or at the next look."""
        waiting = self._held + events
        may_hold, self._held = bool(events), []
        while waiting:
            drawn = self._draws.random() / self._share
            if drawn < 1 and self._events:
                self.faults["again"] += 1
                self._append([self._draws.choice(self._events[-REMEMBERED:])])
            elif drawn < 2 and may_hold:
                self._held = waiting
                return
            elif drawn < 3 and len(waiting) > 1:
                later = waiting[self._draws.randrange(1, min(len(waiting), 5))]
                self.faults["swapped"] += 1
                waiting.remove(later)
                self._tell_one(later)
            elif drawn < 4 and waiting[0]["subject"] not in self._late:
                event = waiting.pop(0)
                self._late[event["subject"]] = (event, asyncio.get_running_loop().time() + LATE_S)
            else:
                self._tell_one(waiting.pop(0))

    def _tell_one(self, event: Event) -> None:
        """And then the one before, if that is late."""
        self._append([event])
        if event["subject"] in self._late:
            self.faults["late"] += 1
            self._append([self._late.pop(event["subject"])[0]])

    def _tell_late(self) -> None:
        """Those whose time has come."""
        now = asyncio.get_running_loop().time()
        for subject in [subject for subject, (_, until) in self._late.items() if until <= now]:
            self._append([self._late.pop(subject)[0]])

    def _append(self, events: list[Event]) -> None:
        for event in events:
            self._positions.append(event.get("told_at", event["position"]))
            self._events.append(event | {"position": len(self._events) + 1, "told_at": self._positions[-1]})
        if events:
            self._wake()

    def _wake(self) -> None:
        self._appended.set()
        self._appended = asyncio.Event()

    async def _answer_events(self, request: web.Request) -> web.Response:
        after, limit = int(request.query["after"]), int(request.query["limit"])
        deadline = asyncio.get_running_loop().time() + float(request.query.get("wait", 0))
        while len(self._events) <= after and not self._following.done():
            appended = self._appended
            try:
                async with asyncio.timeout_at(deadline):
                    await appended.wait()
            except TimeoutError:
                break
        if after > len(self._events):
            return _json({"code": "POSITION_BEYOND_HEAD"}, 409)
        return _json({"feed": self._feed, "head": len(self._events), "events": self._events[after : after + limit]})

    async def _answer_state(self, request: web.Request) -> web.Response:
        try:
            answer = await self._get(request.raw_path)
        except (aiohttp.ClientError, OSError, TimeoutError):
            return _json({"code": "UNAVAILABLE"}, 503)
        return _json(answer | {"feed": self._feed, "position": self._position_of(answer["position"])})

    def _position_of(self, position: int) -> int:
        """The last of ours behind which is everything that was told after this position of the service."""
        return next((n for n, each in enumerate(self._positions) if each > position), len(self._positions))

    async def _get(self, target: str) -> Any:
        async with self._session.get(self._upstream + target) as answer:
            answer.raise_for_status()
            return msgspec.json.decode(await answer.read())


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")

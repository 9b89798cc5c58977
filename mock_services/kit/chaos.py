"""Chaos: faults on demand, for all routes or for one: requests that wait, fail, or are answered as none should be.

What happens to a request is drawn when it arrives, from a generator with the settings' seed: the n-th request after
setting chaos has the same fate each time. Every strike is counted, so that a test can prove that its fault happened.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mock_services.kit.faults import ANSWERS, prepare
from mock_services.kit.problems import Fault, Problem
from mock_services.kit.rewriting import REWRITINGS, collect_answer, rewrite_batch

SLOW, DRIP = "slow", "drip"
FAULTS = (SLOW, DRIP, *ANSWERS, *REWRITINGS)

# A hanging request's body is kept for its later answer; more than this is a client that never ends.
MAX_HELD_BYTES = 1_000_000

Milliseconds = Annotated[float, msgspec.Meta(ge=0, le=600_000)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


class ChaosSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to requests, in this order: hang, latency, failure, fault.

    error_rate:  share of the requests that fail with `status`.
    fault:       one of FAULTS, for the share `probability` of the requests.
    pause_ms:    `slow` waits so long once, `drip` before each byte of the body.
    size_bytes:  of the body of `huge` and, decompressed, of `gzip_bomb`.
    times:       the settings are over when they have struck so many requests; None: when they are cleared.
    route:       `METHOD /route/{template}`; None: all routes without settings of their own.
    """

    latency_ms: Milliseconds = 0
    hang: bool = False
    error_rate: Share = 0
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] = 503
    fault: str | None = None
    probability: Share = 1
    pause_ms: Milliseconds = 1000
    size_bytes: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)] = 300_000_000
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None
    seed: int = 0
    route: str | None = None


class ClientGone(Exception):
    """The client went away while its request was held."""


@dataclass(slots=True, eq=False)
class _Running:
    """Settings in force, and how many requests they have struck."""

    settings: ChaosSettings
    draws: random.Random
    struck: int = 0

    def draw(self) -> set[str]:
        """What happens to the next request: `hang`, `latency`, `failure`, and the fault."""
        settings, fate = self.settings, set[str]()
        if settings.hang or settings.latency_ms:
            fate.add("hang" if settings.hang else "latency")
        if settings.error_rate and self.draws.random() < settings.error_rate:
            fate.add("failure")
        elif settings.fault is not None and self.draws.random() < settings.probability:
            fate.add(settings.fault)
        return fate

    @property
    def is_over(self) -> bool:
        return self.settings.times is not None and self.struck >= self.settings.times


class Chaos:
    """The settings in force, and what they do to requests."""

    def __init__(self, routes: Collection[str]) -> None:
        """routes: those that settings may name."""
        self._routes = routes
        self._running: dict[str | None, _Running] = {}
        self._strikes: Counter[str] = Counter()
        self._changed = asyncio.Event()
        self._stopping = False

    def set(self, settings: ChaosSettings) -> None:
        """Put settings in force for their route. Raises Problem when there is no such route or fault."""
        for name, value, known in (("route", settings.route, self._routes), ("fault", settings.fault, FAULTS)):
            if value is not None and value not in known:
                message = f"must be one of {', '.join(sorted(known))}"
                raise Problem(422, "INVALID_BODY", f"{name} {message}", [Fault("body", message, name)])
        if settings.fault is not None:
            prepare(settings.fault, settings.size_bytes)
        self._running[settings.route] = _Running(settings, random.Random(settings.seed))
        self._let_go()

    def clear(self) -> None:
        """No faults any more; whatever is held goes on to be answered."""
        self._running.clear()
        self._let_go()

    def stop(self) -> None:
        """The service stops: whatever is held is refused."""
        self._stopping = True
        self._let_go()

    def state(self) -> dict[str, Any]:
        """in_force: the settings in the order in which they were made, each with the requests that it has `struck`.

        strikes: requests struck since the service started, by what happened to them; clearing chaos keeps them.
        """
        in_force = [msgspec.structs.asdict(each.settings) | {"struck": each.struck} for each in self._running.values()]
        return {"in_force": in_force, "strikes": dict(sorted(self._strikes.items()))}

    async def serve(self, app: ASGIApp, route: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the app answer one request, after or instead of what the settings do to it.

        Raises Problem when it is to fail, ClientGone when nobody waits for it any more.
        """
        running = self._running.get(route) or self._running.get(None)
        fate = set[str]() if running is None or running.is_over else running.draw()
        if running is None or not fate:
            await app(scope, receive, send)
            return
        # What rewrites batches strikes when there is something to rewrite.
        self._count(running, fate - REWRITINGS.keys())
        receive = await self._hold_by_fate(fate, running.settings, receive)
        if self._stopping:
            raise Problem(503, "CHAOS", "the service stopped while it held this request")
        if running not in self._running.values():
            await app(scope, receive, send)
        elif "failure" in fate:
            raise Problem(running.settings.status, "CHAOS", "failed as asked for by POST /_chaos")
        else:
            await self._answer(fate, running, app, (scope, receive, send))

    def _count(self, running: _Running, struck: set[str]) -> None:
        running.struck += bool(struck)
        self._strikes.update(struck)

    async def _hold_by_fate(self, fate: set[str], settings: ChaosSettings, receive: Receive) -> Receive:
        if "hang" in fate:
            return await self._hold(receive, None)
        held_ms = settings.latency_ms * ("latency" in fate) + settings.pause_ms * (SLOW in fate)
        return await self._hold(receive, held_ms / 1000) if held_ms else receive

    async def _answer(self, fate: set[str], running: _Running, app: ASGIApp, asgi: tuple[Scope, Receive, Send]) -> None:
        """The fault's answer, or the app's own: changed, dripped, or as it is."""
        scope, receive, send = asgi
        fault = running.settings.fault or ""
        if fault in fate & ANSWERS.keys():
            await ANSWERS[fault](running.settings.size_bytes, running.draws)(scope, receive, send)
        elif fault in fate & REWRITINGS.keys():
            answer = await collect_answer(app, scope, receive)
            body = rewrite_batch(answer.body, REWRITINGS[fault])
            self._count(running, {fault} if body != answer.body else set())
            await answer.send_with(body, send)
        elif DRIP in fate:
            answer = await collect_answer(app, scope, receive)
            await answer.send_head(len(answer.body), send)
            await self._drip(answer.body, running.settings.pause_ms / 1000, receive, send)
        else:
            await app(scope, receive, send)

    async def _drip(self, body: bytes, pause_s: float, receive: Receive, send: Send) -> None:
        """Byte by byte; what is left when chaos changes goes at once."""
        changed = self._changed
        for index in range(len(body)):
            await self._hold(receive, pause_s)
            if changed.is_set():
                await send({"type": "http.response.body", "body": body[index:], "more_body": True})
                break
            await send({"type": "http.response.body", "body": body[index : index + 1], "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _let_go(self) -> None:
        """Wake what is held; from now on, hold on a new event."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _hold(self, receive: Receive, timeout_s: float | None) -> Receive:
        """Wait for the time or for a change of chaos. Answers the `receive` with which the request goes on.

        Raises ClientGone when the client goes away meanwhile.
        """
        held: list[Message] = []
        gone = asyncio.create_task(_watch_client(receive, held))
        changed = asyncio.create_task(self._changed.wait())
        try:
            await asyncio.wait({gone, changed}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            gone.cancel()
        if gone.done() and not gone.cancelled():
            raise ClientGone
        return _replay(held, receive)


async def _watch_client(receive: Receive, held: list[Message]) -> None:
    """Keep the messages of the request's body; return when the client goes away."""
    held_bytes = 0
    while held_bytes <= MAX_HELD_BYTES:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        held.append(message)
        held_bytes += len(message.get("body", b""))


def _replay(held: list[Message], receive: Receive) -> Receive:
    """A `receive` that first gives what was held."""
    waiting = iter(held)

    async def receive_again() -> Message:
        for message in waiting:
            return message
        return await receive()

    return receive_again

"""Chaos: faults on demand. Latency, hanging and failing requests, for all routes or for one.

Failures are drawn from a seeded generator, so the n-th request after setting chaos fails or not, the same each time.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection
from typing import Annotated

import msgspec
from starlette.types import Message, Receive

from mock_services.kit.problems import Fault, Problem

# A hanging request's body is kept for its later answer; more than this is a client that never ends.
MAX_HELD_BYTES = 1_000_000


class ChaosSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to requests. route: `METHOD /route/{template}`; None: all routes without settings of their own."""

    latency_ms: Annotated[float, msgspec.Meta(ge=0, le=600_000)] = 0
    hang: bool = False
    error_rate: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0
    status: Annotated[int, msgspec.Meta(ge=400, le=599)] = 503
    seed: int = 0
    route: str | None = None


class ClientGone(Exception):
    """The client went away while its request was held."""


class Chaos:
    """The settings in force, and the holding up of requests by them."""

    def __init__(self, routes: Collection[str]) -> None:
        """routes: those that settings may name."""
        self._routes = routes
        self._settings: dict[str | None, ChaosSettings] = {}
        self._draws: dict[str | None, random.Random] = {}
        self._changed = asyncio.Event()
        self._stopping = False

    def set(self, settings: ChaosSettings) -> None:
        """Put settings in force for their route. Raises Problem when there is no such route."""
        if settings.route is not None and settings.route not in self._routes:
            message = f"must be one of {', '.join(sorted(self._routes))}"
            raise Problem(422, "INVALID_BODY", f"route {message}", [Fault("body", message, "route")])
        self._settings[settings.route] = settings
        self._draws[settings.route] = random.Random(settings.seed)
        self._let_go()

    def clear(self) -> None:
        """No faults any more; whatever is held goes on to be answered."""
        self._settings.clear()
        self._draws.clear()
        self._let_go()

    def stop(self) -> None:
        """The service stops: whatever is held is refused."""
        self._stopping = True
        self._let_go()

    def in_force(self) -> list[ChaosSettings]:
        """All settings, in the order in which they were made."""
        return list(self._settings.values())

    async def pass_through(self, route: str, receive: Receive) -> Receive:
        """Do to one request what the settings say. Answers the `receive` with which it goes on.

        Raises Problem when it is to fail, ClientGone when nobody waits for it any more.
        """
        scope = route if route in self._settings else None
        settings = self._settings.get(scope)
        if settings is None:
            return receive
        if settings.hang or settings.latency_ms:
            receive = await self._hold(receive, None if settings.hang else settings.latency_ms / 1000)
        if self._stopping:
            raise Problem(503, "CHAOS", "the service stopped while it held this request")
        draw = self._draws.get(scope)
        if settings.error_rate and draw is not None and draw.random() < settings.error_rate:
            raise Problem(settings.status, "CHAOS", "failed as asked for by POST /_chaos")
        return receive

    def _let_go(self) -> None:
        """Wake what is held; from now on, hold on a new event."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _hold(self, receive: Receive, timeout_s: float | None) -> Receive:
        """Wait for the time, for a change of chaos, or for the client to go away (ClientGone)."""
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

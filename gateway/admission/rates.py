"""RateLimits: how many requests, and of what cost together, each client may send in a window of time.

Counting is the library `limits`' work, in a sliding window: two counters a client and limit, the last window's weighted
by how much of it is still in sight. In memory each process counts for itself; in Redis all of them together. A Redis
that is away lets everybody in: a limit is there to keep the service up, not to take it down with it.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.storage.redis import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import ConfigurationError, StorageError
from limits.storage import storage_from_string

from gateway.admission.clients import Clients, ClientSettings, name_of_value
from gateway.admission.errors import CostBudgetSpent, RateLimited, RedisMissing

DEFAULT_CLASS = "default"
"""Of clients that no class lists."""
# Counting must not cost a request its time; after a failure nothing is counted for a moment, since it would fail again.
STORAGE_TIMEOUT_S = 0.1
PAUSE_S = 1.0
LOG_EVERY_S = 60.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ClassLimits:
    """requests, cost: as `limits` writes them, "100/minute"; None for any number. clients: values of the header."""

    requests: str | None = None
    cost: str | None = None
    clients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RateSettings:
    """redis_url: None for counting in memory. classes: by name; `default` for those that no other lists."""

    clients: ClientSettings = field(default_factory=ClientSettings)
    redis_url: str | None = None
    classes: Mapping[str, ClassLimits] = field(default_factory=dict[str, ClassLimits])


@dataclass(slots=True)
class RateCounts:
    """For `/metrics`. uncounted: requests and costs that were let through because the storage was away."""

    limited: int = 0
    overspent: int = 0
    uncounted: int = 0


class RateLimits:
    """The limits of all clients."""

    def __init__(self, settings: RateSettings) -> None:
        self.counts = RateCounts()
        self._clients = Clients(settings.clients)
        self._classes = {name_of_value(value): name for name, c in settings.classes.items() for value in c.clients}
        self._requests = {name: parse(c.requests) for name, c in settings.classes.items() if c.requests}
        self._costs = {name: parse(c.cost) for name, c in settings.classes.items() if c.cost}
        self._storage = _open_storage(settings.redis_url)
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._away_until = 0.0
        self._logged_at = -math.inf

    def name(self, headers: Mapping[str, str], peer: str) -> str:
        """Who sent this; see Clients.name."""
        return self._clients.name(headers, peer)

    async def check(self, client: str) -> None:
        """Count one request. Raises RateLimited."""
        item = self._requests.get(self._class_of(client))
        if item is not None and not await self._count(item, "requests", client, 1):
            self.counts.limited += 1
            after_s, headers = await self._explain(item, "requests", client)
            raise RateLimited("You have sent too many requests; please wait.", after_s, headers)

    async def spend(self, client: str, amount: int) -> None:
        """Take an operation's cost from the client's budget. Raises CostBudgetSpent, and then nothing is taken."""
        item = self._costs.get(self._class_of(client))
        if item is not None and amount > 0 and not await self._count(item, "cost", client, amount):
            self.counts.overspent += 1
            after_s, headers = await self._explain(item, "cost", client)
            left = f"{headers['ratelimit-remaining']} of your budget of {item.amount}"
            raise CostBudgetSpent(f"This operation costs {amount}, and {left} is left; please wait.", after_s, headers)

    async def close(self) -> None:
        """Give back the connections to Redis."""
        if isinstance(self._storage, RedisStorage):
            bridge: Any = self._storage.bridge
            await bridge.storage.aclose()

    def _class_of(self, client: str) -> str:
        return self._classes.get(client, DEFAULT_CLASS)

    async def _count(self, item: RateLimitItem, what: str, client: str, amount: int) -> bool:
        """Whether there was room. True when the storage cannot tell."""
        if time.monotonic() < self._away_until:
            self.counts.uncounted += 1
            return True
        try:
            async with asyncio.timeout(STORAGE_TIMEOUT_S):
                return await self._limiter.hit(item, what, client, cost=amount)
        except (StorageError, TimeoutError) as error:
            self._note_absence(error)
            return True

    async def _explain(self, item: RateLimitItem, what: str, client: str) -> tuple[int, dict[str, str]]:
        """When to try again, in seconds, and the headers that tell the limit."""
        seconds, remaining = item.get_expiry(), 0
        try:
            async with asyncio.timeout(STORAGE_TIMEOUT_S):
                stats = await self._limiter.get_window_stats(item, what, client)
            seconds, remaining = min(seconds, math.ceil(stats.reset_time - time.time())), max(0, stats.remaining)
        except (StorageError, TimeoutError) as error:
            self._note_absence(error)
        seconds = max(1, seconds)
        headers = {
            "ratelimit-limit": str(item.amount),
            "ratelimit-remaining": str(remaining),
            "ratelimit-reset": str(seconds),
        }
        return seconds, headers

    def _note_absence(self, error: Exception) -> None:
        now = time.monotonic()
        self.counts.uncounted += 1
        self._away_until = now + PAUSE_S
        if now - self._logged_at >= LOG_EVERY_S:
            self._logged_at = now
            _log.warning("rate limits are not counted: their storage does not answer", error=type(error).__name__)


def _open_storage(redis_url: str | None) -> Storage:
    if redis_url is None:
        return MemoryStorage()
    uri = redis_url.replace("unix://", "redis+unix://", 1)
    try:
        storage = storage_from_string(f"async+{uri}", implementation="redispy", wrap_exceptions=True)
    except ConfigurationError:
        raise RedisMissing("rate_limits.redis_url needs Redis' package: pip install 'braid-gateway[redis]'") from None
    assert isinstance(storage, Storage)
    return storage

"""Rate limits: each client its own, in memory and in Redis; a Redis that is away limits nobody."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from gateway.admission import rates as rates_module
from gateway.admission.clients import ClientSettings, name_of_value
from gateway.admission.errors import CostBudgetSpent, RateLimited
from gateway.admission.rates import ClassLimits, RateLimits, RateSettings

pytestmark = pytest.mark.anyio

REDIS = os.environ.get("BRAID_TEST_REDIS", "redis://127.0.0.1:6379/0")


def redis_answers() -> bool:
    host, _, port = REDIS.removeprefix("redis://").partition("/")[0].rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=1):
            return True
    except OSError:
        return False


NEEDS_REDIS = pytest.mark.skipif(not redis_answers(), reason=f"no Redis at {REDIS} (BRAID_TEST_REDIS)")
STORAGES = [pytest.param(None, id="memory"), pytest.param(REDIS, id="redis", marks=NEEDS_REDIS)]
CLASSES = {
    "default": ClassLimits(requests="5/minute", cost="100/minute"),
    "partner": ClassLimits(requests="20/minute", clients=("key",)),
}


@asynccontextmanager
async def opened(url: str | None) -> AsyncIterator[RateLimits]:
    settings = RateSettings(ClientSettings("x-api-key", listed=frozenset({"key"})), url, CLASSES)
    rates = RateLimits(settings)
    try:
        yield rates
    finally:
        await rates.close()


@pytest.fixture
def client() -> str:
    """One that no other test has: a storage may outlive tests."""
    return f"address:{uuid4()}"


async def tries(rates: RateLimits, client: str, count: int) -> int:
    """How many of so many requests are let in."""
    let_in = 0
    for _ in range(count):
        try:
            await rates.check(client)
            let_in += 1
        except RateLimited:
            pass
    return let_in


@pytest.mark.parametrize("url", STORAGES)
async def test_client_gets_what_its_class_has_and_no_more(url: str | None, client: str) -> None:
    async with opened(url) as rates:
        assert await tries(rates, client, 9) == 5
        assert rates.counts.limited == 4
        assert await tries(rates, client + "2", 5) == 5


async def test_listed_client_has_its_classs_limits() -> None:
    async with opened(None) as rates:
        assert await tries(rates, rates.name({"x-api-key": "key"}, "192.0.2.1"), 30) == 20
        await rates.spend(name_of_value("key"), 1_000_000)  # its class has no budget


@pytest.mark.parametrize("url", STORAGES)
async def test_refusal_tells_the_limit_and_when_to_come_again(url: str | None, client: str) -> None:
    async with opened(url) as rates:
        await tries(rates, client, 5)
        with pytest.raises(RateLimited) as refused:
            await rates.check(client)
    assert 1 <= refused.value.retry_after_s <= 60
    assert refused.value.headers == {
        "ratelimit-limit": "5",
        "ratelimit-remaining": "0",
        "ratelimit-reset": str(refused.value.retry_after_s),
    }


@pytest.mark.parametrize("url", STORAGES)
async def test_budget_is_spent_by_cost(url: str | None, client: str) -> None:
    """What does not fit takes nothing, so that a smaller operation still fits."""
    async with opened(url) as rates:
        await rates.spend(client, 60)
        with pytest.raises(CostBudgetSpent, match="costs 50, and 40 of your budget of 100 is left") as refused:
            await rates.spend(client, 50)
        assert refused.value.headers["ratelimit-remaining"] == "40"
        await rates.spend(client, 40)
        with pytest.raises(CostBudgetSpent):
            await rates.spend(client, 1)
        assert rates.counts.overspent == 2


@NEEDS_REDIS
async def test_replicas_count_together_in_redis(client: str) -> None:
    async with opened(REDIS) as one, opened(REDIS) as other:
        assert await tries(one, client, 3) + await tries(other, client, 9) == 5


@contextmanager
def silent_port() -> Iterator[int]:
    """Connections are taken, and nothing is said."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@contextmanager
def closed_port() -> Iterator[int]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.mark.parametrize("absent", [silent_port, closed_port])
async def test_redis_that_is_away_limits_nobody(absent: object, client: str) -> None:
    """It is said once, not for each request, and costs the first request a tenth of a second at most."""
    with absent() as port, capture_logs() as logs:  # type: ignore[operator]
        async with opened(f"redis://:secret@127.0.0.1:{port}/0") as rates, asyncio.timeout(5):
            assert await tries(rates, client, 50) == 50
            await rates.spend(client, 1_000_000)
            assert rates.counts.uncounted == 51
    assert [(line["log_level"], sorted(line)) for line in logs] == [("warning", ["error", "event", "log_level"])]
    assert "secret" not in str(logs)


async def test_redis_that_stays_away_is_said_once_a_minute(client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is tried again."""
    monkeypatch.setattr(rates_module, "PAUSE_S", 0.0)
    with closed_port() as port, capture_logs() as logs:
        async with opened(f"redis://127.0.0.1:{port}/0") as rates:
            assert await tries(rates, client, 5) == 5
    assert len(logs) == 1

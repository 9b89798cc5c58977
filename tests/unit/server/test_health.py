"""Liveness and readiness."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from gateway.server import health
from gateway.server.engine import Check, Readiness
from tests.unit.server.small_engine import SmallEngine

pytestmark = pytest.mark.anyio


async def test_health_says_that_the_process_lives(client: httpx.AsyncClient, engine: SmallEngine) -> None:
    """It asks nobody: a gateway whose services are down must not be restarted for it."""
    engine.readiness = Readiness(ok=False)
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(("ok", "status", "word"), [(True, 200, "ok"), (False, 503, "unready")])
async def test_ready_is_the_engines_word(
    client: httpx.AsyncClient, engine: SmallEngine, ok: bool, status: int, word: str
) -> None:
    engine.readiness = Readiness(ok, (Check("supergraph", ok=True), Check("orders", ok=False, detail="no answer")))
    answer = await client.get("/ready")
    assert answer.status_code == status
    assert answer.json() == {
        "status": word,
        "checks": [
            {"name": "supergraph", "ok": True, "detail": ""},
            {"name": "orders", "ok": False, "detail": "no answer"},
        ],
    }


async def test_engine_that_hangs_is_not_ready(
    client: httpx.AsyncClient, engine: SmallEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang() -> Readiness:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    monkeypatch.setattr(health, "READY_TIMEOUT_S", 0.05)
    engine.ready = hang  # type: ignore[method-assign]
    async with asyncio.timeout(2):
        assert (await client.get("/ready")).status_code == 503


async def test_engine_that_fails_is_not_ready_and_tells_no_secret(
    client: httpx.AsyncClient, engine: SmallEngine
) -> None:
    async def fail() -> Readiness:
        raise RuntimeError("hunter2")

    engine.ready = fail  # type: ignore[method-assign]
    answer = await client.get("/ready")
    assert answer.status_code == 503
    assert "hunter2" not in answer.text

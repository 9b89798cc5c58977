"""Overload with real processes, in short; `make overload` is the measurement, which needs an idle machine."""

from __future__ import annotations

import asyncio
import urllib.request

import pytest

from tests.chaos.overload.estate import gateway
from tests.chaos.overload.load import Load

pytestmark = pytest.mark.anyio


def metrics(port: int) -> dict[str, float]:
    """Samples without labels, and those of admission by their whole name."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        lines = [line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


async def test_more_than_the_gateway_can_do_is_refused_and_the_rest_is_answered() -> None:
    """200 clients that ask again at once: some get whole answers, some 503, none anything else; health answers."""
    with gateway(0.04) as served:
        load = Load(served.port)
        running = asyncio.create_task(load.closed(200, 4.0))
        await asyncio.sleep(2.5)
        told = await asyncio.to_thread(metrics, served.port)
        outcome = await running
        load.close()
    assert outcome.odd == []
    assert len(outcome.accepted) > 50
    assert len(outcome.refused) == outcome.retry_after > 50
    assert told["braid_admission_cuts_total"] > 0  # the limit itself may be on its way up again
    assert told['braid_admission_refused_total{code="GATEWAY_OVERLOADED"}'] > 0


async def test_fifty_clients_that_keep_the_gateway_busy_are_all_answered() -> None:
    """A load test as everybody runs one: the loop is always busy, and each answer comes well before the deadline."""
    with gateway(0.04) as served:
        load = Load(served.port)
        outcome = await load.closed(50, 4.0)
        load.close()
    assert outcome.odd == outcome.refused == []
    assert len(outcome.accepted) > 200


async def test_slow_services_are_not_overload() -> None:
    """Everything waits for a second in all, 30 times a second: a lot is in flight, and nothing is refused."""
    with gateway(0.5) as served:
        load = Load(served.port)
        running = asyncio.create_task(load.opened(30, 5.0))
        await asyncio.sleep(4.0)
        told = await asyncio.to_thread(metrics, served.port)
        outcome = await running
        load.close()
    assert told["braid_admission_in_flight"] > 10
    assert outcome.refused == []
    assert min(outcome.accepted) > 1.0

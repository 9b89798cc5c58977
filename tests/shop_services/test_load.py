"""Load keeps its rate, and each of its commands is told once, also when its service is killed meanwhile."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest

from mock_services.activity.load import Acknowledged, Load, LoadFailed, report
from mock_services.estate import Estate
from mock_services.generator import Sizes, generate
from tests.shop_services.feeds import Ask, events_after, head

SERVICES = ("orders", "customers", "catalog", "inventory")

pytestmark = pytest.mark.anyio


def check_told(ask: Ask, before: dict[str, int], acknowledged: list[Acknowledged]) -> None:
    """By one event each, at the position that was answered or before; and nothing else was told."""
    told = Counter(event["correlationid"] for name in SERVICES for event in events_after(ask[name], before[name], 1000))
    assert told == Counter(each.key for each in acknowledged)


async def test_load_keeps_its_rate(estate: Estate, ask: Ask) -> None:
    before = {name: head(ask[name]) for name in SERVICES}
    loop = asyncio.get_running_loop()
    async with Load(estate.urls(), random.Random(3)) as load:
        begun = loop.time()
        acknowledged = await load.run(100, seconds=2)
        seconds = loop.time() - begun
    assert len(acknowledged) == 200
    assert seconds >= 199 / 100
    assert {each.service for each in acknowledged} == set(SERVICES)
    assert report(acknowledged, seconds)["rate"] > 50
    await asyncio.to_thread(check_told, ask, before, acknowledged)


async def test_a_command_is_sent_again_until_it_is_answered(estate: Estate, ask: Ask) -> None:
    before = {name: head(ask[name]) for name in SERVICES}
    async with Load(estate.urls(), random.Random(4)) as load, asyncio.TaskGroup() as tasks:
        running = tasks.create_task(load.run(300, commands=600))
        await asyncio.sleep(0.5)
        await asyncio.to_thread(estate.kill, "orders")
        assert not running.done()
        await asyncio.to_thread(estate.restart, "orders")
    assert len(load.acknowledged) == 600
    assert any(each.tries > 1 for each in load.acknowledged)
    await asyncio.to_thread(check_told, ask, before, load.acknowledged)


async def test_a_refused_command_ends_the_load(tmp_path: Path) -> None:
    """The shop is another than the one that told what there is."""
    generate(tmp_path, 1, Sizes(customers=5, products=5, orders=5))
    with Estate(tmp_path, services=["orders", "customers", "catalog"]) as estate:
        async with Load(estate.urls(), random.Random(1)) as load:
            load.urls["orders"] = estate.url("catalog")
            with pytest.raises(ExceptionGroup) as failed:
                await load.run(commands=50)
        assert failed.group_contains(LoadFailed, match="refused")
        assert estate.calls("orders") == {}

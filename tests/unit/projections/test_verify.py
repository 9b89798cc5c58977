"""Differences are found and repaired, and what only changed meanwhile is none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import delete, update

from gateway.projections import bookkeeping
from gateway.projections.operations import OperationRefused, build, promote, verify
from gateway.projections.store import Generation, Store
from gateway.projections.transaction import Transaction
from tests.unit.projections.running import QUICK, tables, working
from tests.unit.projections.shelf import Shelf, things
from tests.unit.projections.town import Town

pytestmark = pytest.mark.anyio

versions = bookkeeping.versions


async def built(store: Store, shelf: Shelf, town: Town) -> Generation:
    town.name("o1", "Ada")
    for number in range(40):
        town.make(f"t{number:02}", "o1", number)
    town.change("t07", "sold")
    town.lose("t08")
    await build(store, shelf.projection, town, holder="test", policy=QUICK)
    return promote(store, shelf.projection)


def lose_change(tx: Transaction) -> None:
    """As if an event had never come."""
    tx.run(update(versions).where(versions.c.subject == "t07").values(version=1))
    tx.run(update(things).where(things.c.id == "t07").values(status="made", history="made"))


def lose_thing(tx: Transaction) -> None:
    row = tx.get(things, "t03")
    assert row is not None
    tx.run(delete(versions).where(versions.c.subject == "t03"))
    tx.run(delete(things).where(things.c.id == "t03"))
    tx.add(things.metadata.tables["totals"], {"owner": "o1"}, {"things": -1, "amount": -row["amount"]})


def keep_lost(tx: Transaction) -> None:
    """What the service does not have any more."""
    row = {"owner": "o1", "owner_name": "Ada", "amount": 8, "status": "made", "history": "made"}
    tx.put(things, {"id": "t99", **row})
    tx.put(versions, {"stream": "stock", "subject": "t99", "version": 1, "life": 0})
    tx.add(things.metadata.tables["totals"], {"owner": "o1"}, {"things": 1, "amount": 8})


def get_ahead(tx: Transaction) -> None:
    """Of a service that was restored."""
    tx.run(update(versions).where(versions.c.subject == "t11").values(version=5))
    tx.run(update(things).where(things.c.id == "t11").values(status="dreamt"))


PLANTED: dict[str, Callable[[Transaction], None]] = {
    "t07": lose_change,
    "t03": lose_thing,
    "t99": keep_lost,
    "t11": get_ahead,
}


async def test_what_is_right_is_found_right(store: Store, shelf: Shelf, town: Town) -> None:
    generation = await built(store, shelf, town)
    result = await verify(store, shelf.projection, town)
    assert (result.generation, result.is_right) == (generation, True)
    assert [(each.stream, each.checked, each.differing) for each in result.streams] == [
        ("people", 1, []),
        ("stock", 39, []),
    ]


@pytest.mark.parametrize("is_owned", [False, True], ids=["alone", "beside-a-worker"])
async def test_planted_differences_are_found_and_repaired(
    store: Store, shelf: Shelf, town: Town, is_owned: bool
) -> None:
    generation = await built(store, shelf, town)
    for plant in PLANTED.values():
        store.edit(shelf.projection, generation, plant)
    assert tables(store, shelf.projection) != town.expected()

    async def check(repair: bool) -> None:
        result = await verify(store, shelf.projection, town, repair=repair)
        assert not result.streams[0].differing
        assert result.streams[1].differing == sorted(PLANTED)
        assert result.streams[1].repaired == (4 if repair else 0)
        assert result.is_right == repair

    if is_owned:
        async with working(store, [shelf.projection], town):
            await check(False)
            await check(True)
    else:
        await check(False)
        await check(True)
    assert tables(store, shelf.projection) == town.expected()
    assert (await verify(store, shelf.projection, town)).streams[1].differing == []


async def test_what_changes_meanwhile_is_no_difference(store: Store, shelf: Shelf, town: Town) -> None:
    """And does not hide one."""
    generation = await built(store, shelf, town)
    store.edit(shelf.projection, generation, lose_change)

    async def go_on() -> None:
        for number in range(10_000):
            town.change(f"t{20 + number % 10}", f"s{number}")
            if number % 10 == 0:
                town.make(f"x{number}")
            await asyncio.sleep(0.002)

    async with working(store, [shelf.projection], town):
        going = asyncio.create_task(go_on())
        try:
            for _ in range(3):
                result = await verify(store, shelf.projection, town)
                assert result.streams[1].differing == ["t07"]
            result = await verify(store, shelf.projection, town, repair=True)
            assert result.is_right
            assert not going.done()
        finally:
            going.cancel()


async def test_a_generation_that_nobody_keeps_up_is_caught_up_first(store: Store, shelf: Shelf, town: Town) -> None:
    await built(store, shelf, town)
    town.change("t01", "sold")
    town.erase("o1")
    assert (await verify(store, shelf.projection, town)).is_right
    assert tables(store, shelf.projection) == town.expected()


async def test_there_must_be_such_a_generation(store: Store, shelf: Shelf, town: Town) -> None:
    await built(store, shelf, town)
    with pytest.raises(OperationRefused, match="no generation 7"):
        await verify(store, shelf.projection, town, number=7)

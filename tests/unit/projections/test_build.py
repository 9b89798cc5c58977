"""A generation is filled from snapshots while the services go on, and is then as if it had followed from the start."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from gateway.events import EventsUnavailable
from gateway.projections.operations import build, plan
from gateway.projections.status import BuildProgress
from gateway.projections.store import Owned, State, Store, Writer
from tests.unit.projections.running import QUICK, tables, until
from tests.unit.projections.shelf import Shelf
from tests.unit.projections.town import Town

pytestmark = pytest.mark.anyio


def populate(town: Town, things: int = 20) -> None:
    for number in range(4):
        town.name(f"o{number}", f"Name {number}")
    for number in range(things):
        town.make(f"t{number:02}", f"o{number % 5}", number)
        if number % 3 == 0:
            town.change(f"t{number:02}", "sold")


async def test_a_build_gives_what_the_services_have(store: Store, shelf: Shelf, town: Town) -> None:
    populate(town)
    generation = await build(store, shelf.projection, town, holder="test", policy=QUICK)
    assert generation.state is State.READY
    assert tables(store, shelf.projection, generation) == town.expected()


async def test_it_needs_no_events_that_are_no_longer_kept(store: Store, shelf: Shelf, town: Town) -> None:
    populate(town)
    for service in town.services.values():
        service.log.prune(service.log.head)
    generation = await build(store, shelf.projection, town, holder="test", policy=QUICK)
    assert tables(store, shelf.projection, generation) == town.expected()


@pytest.mark.parametrize("seed", range(12))
async def test_a_build_while_writes_go_on_misses_and_doubles_nothing(
    store: Store, shelf: Shelf, town: Town, seed: int
) -> None:
    """Between any two pages things are made, changed and lost, before and behind the page's place."""
    rng = random.Random(seed)
    populate(town)

    def disturb() -> None:
        for _ in range(rng.randint(0, 6)):
            existing = sorted(town.services["stock"].data)
            what = rng.randint(0, 5)
            if what == 0:
                town.make(f"t{rng.randint(0, 25):02}x{rng.random()}", f"o{rng.randint(0, 6)}")
            elif what == 1:
                town.lose(rng.choice(existing))
            elif what == 2:
                town.name(f"o{rng.randint(0, 6)}", f"Name {rng.random()}")
            else:
                town.change(rng.choice(existing), f"s{what}")

    town.between = [disturb] * 30
    generation = await build(store, shelf.projection, town, holder="test", policy=QUICK)
    assert len(town.between) < 25
    assert tables(store, shelf.projection, generation) == town.expected()


class Killed(BaseException):
    """As kill -9 does: nothing that was not committed is there."""


@pytest.mark.parametrize("after", [0, 1, 3, 5, 7])
async def test_a_build_that_was_killed_goes_on_where_it_was(store: Store, shelf: Shelf, town: Town, after: int) -> None:
    populate(town)
    pages = 0

    def die(progress: object) -> None:
        nonlocal pages
        if pages == after:
            raise Killed
        pages += 1

    with pytest.raises(Killed):
        await build(store, shelf.projection, town, holder="first", policy=QUICK, on_progress=die)
    town.change("t05", "sold meanwhile")
    (unfinished,) = store.generations("shelf")
    assert unfinished.state is State.BUILDING
    asked = [service.asked.count("page") for service in town.services.values()]
    generation = await build(store, shelf.projection, town, holder="second", policy=QUICK)
    assert generation.number == unfinished.number
    again = sum(service.asked.count("page") for service in town.services.values()) - sum(asked)
    # Nine pages in all: two of people, seven of things.
    assert again <= 9 - after
    assert tables(store, shelf.projection, generation) == town.expected()


async def test_a_fresh_build_drops_the_unfinished_one(store: Store, shelf: Shelf, town: Town) -> None:
    populate(town)
    left = store.create(shelf.projection)
    generation = await build(store, shelf.projection, town, holder="test", policy=QUICK, is_fresh=True)
    assert generation.number != left.number
    assert [each.number for each in store.generations("shelf")] == [generation.number]


async def test_two_do_not_build_the_same(store: Store, shelf: Shelf, town: Town) -> None:
    writer = store.writer(store.create(shelf.projection), shelf.projection, "somebody")
    with pytest.raises(Owned):
        await build(store, shelf.projection, town, holder="test", policy=QUICK)
    writer.close()


async def test_progress_is_told(store: Store, shelf: Shelf, town: Town) -> None:
    populate(town)
    told: list[list[BuildProgress]] = []
    await build(store, shelf.projection, town, holder="t", policy=QUICK, on_progress=lambda now: told.append([*now]))
    assert told[0] == [BuildProgress("people", 3, 4, False)]
    assert told[-1] == [BuildProgress("people", 4, 4, True), BuildProgress("stock", 20, 20, True)]


async def test_a_feed_that_begins_anew_meanwhile_is_read_from_its_beginning(
    store: Store, shelf: Shelf, town: Town
) -> None:
    """Pages of two histories are never mixed."""
    populate(town)

    def begin_anew() -> None:
        town.services["stock"].rewrite()
        town.make("new", "o1", 1)

    town.between = [lambda: None] * 4 + [begin_anew]
    generation = await build(store, shelf.projection, town, holder="test", policy=QUICK)
    found = tables(store, shelf.projection, generation)
    assert [row[0] for row in found["things"]] == ["new"]
    assert found == town.expected()


async def test_a_service_that_does_not_answer_is_asked_again(store: Store, shelf: Shelf, town: Town) -> None:
    populate(town)
    people = town.services["people"]

    async def mend() -> None:
        await until(lambda: people.asked.count("page") >= 3)
        people.log.is_down = False

    # Behind its first page.
    town.between = [lambda: setattr(people.log, "is_down", True)]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(mend())
        building = tasks.create_task(build(store, shelf.projection, town, holder="test", policy=QUICK))
    assert people.asked.count("page") >= 3
    assert tables(store, shelf.projection, building.result()) == town.expected()


async def test_what_happens_while_indexes_are_made_is_caught_up_with(
    store: Store, shelf: Shelf, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    populate(town)
    opened = store.writer

    def writer(*args: Any) -> Writer:
        made = opened(*args)
        finish = made.finish_build

        def slowly() -> None:
            town.change("t05", "sold meanwhile")
            finish()

        monkeypatch.setattr(made, "finish_build", slowly)
        return made

    monkeypatch.setattr(store, "writer", writer)
    generation = await build(store, shelf.projection, town, holder="test", policy=QUICK)
    assert town.services["stock"].data["t05"].status == "sold meanwhile"
    assert tables(store, shelf.projection, generation) == town.expected()


async def test_the_plan_tells_what_would_be_read(store: Store, shelf: Shelf, town: Town) -> None:
    populate(town)
    planned = await plan(store, shelf.projection, town)
    assert (planned.resumes, planned.replaces, planned.aggregates) == (None, None, {"people": 4, "stock": 20})
    assert store.generations() == []
    town.services["people"].log.is_down = True
    with pytest.raises(EventsUnavailable):
        await plan(store, shelf.projection, town)

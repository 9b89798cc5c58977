"""Bulkheads: never more calls than there are places, none lost, none forgotten."""

from __future__ import annotations

import asyncio
import gc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.services.policy.bulkhead import Bulkhead, QueueFull


async def turn(times: int = 3) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


@pytest.mark.anyio
async def test_calls_beyond_the_places_wait_and_beyond_the_queue_fail_at_once() -> None:
    bulkhead = Bulkhead(2, 1)
    room = bulkhead.room()
    await room.enter()
    await room.enter()
    waiting = asyncio.create_task(room.enter())
    await turn()
    assert (bulkhead.in_flight, bulkhead.waiting) == (2, 1)
    with pytest.raises(QueueFull):
        await room.enter()
    assert not room.try_enter()
    room.leave()
    await waiting
    assert (bulkhead.in_flight, bulkhead.waiting) == (2, 0)


@pytest.mark.anyio
async def test_a_queue_of_none_refuses_as_soon_as_all_places_are_taken() -> None:
    room = Bulkhead(1, 0).room()
    await room.enter()
    with pytest.raises(QueueFull):
        await room.enter()


@pytest.mark.anyio
async def test_places_are_given_in_order() -> None:
    """Whoever came first; nobody overtakes who waits, not even one that comes just when a place is free."""
    room, order = Bulkhead(1, 10).room(), list[int]()

    async def call(number: int) -> None:
        await room.enter()
        order.append(number)
        await turn(1)
        room.leave()

    await asyncio.gather(*(call(number) for number in range(5)))
    assert order == [0, 1, 2, 3, 4]


@pytest.mark.anyio
async def test_whoever_stops_waiting_takes_nothing_with_it() -> None:
    """Cancelled while waiting, and cancelled in the moment in which the place was given."""
    bulkhead = Bulkhead(1, 5)
    room = bulkhead.room()
    await room.enter()
    first, second, third = (asyncio.create_task(room.enter()) for _ in range(3))
    await turn()
    first.cancel()
    await turn()
    assert bulkhead.waiting == 2
    room.leave()  # to the second, which does not run any more before it is cancelled
    second.cancel()
    await turn()
    assert second.cancelled()
    async with asyncio.timeout(5):
        await third
    assert (bulkhead.in_flight, bulkhead.waiting) == (1, 0)


@pytest.mark.anyio
async def test_whoever_was_cancelled_a_moment_ago_keeps_nobody_waiting() -> None:
    """It still stands in the queue when the place becomes free and the next call comes: that one gets it."""
    bulkhead = Bulkhead(1, 5)
    room = bulkhead.room()
    await room.enter()
    gone = asyncio.create_task(room.enter())
    await turn()
    gone.cancel()
    room.leave()
    assert room.try_enter()
    await turn()
    assert (gone.cancelled(), bulkhead.in_flight, bulkhead.waiting) == (True, 1, 0)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 4), st.integers(0, 6), st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=30))
def test_no_course_of_events_loses_or_makes_places(limit: int, queue: int, calls: list[tuple[int, int]]) -> None:
    """Calls of any length (turns of the loop), some cancelled in any of them: at the end all places are free."""
    bulkhead = Bulkhead(limit, queue)
    most = 0

    async def call(turns: int) -> None:
        nonlocal most
        room = bulkhead.room()
        await room.enter()
        try:
            most = max(most, bulkhead.in_flight)
            await turn(turns)
        finally:
            room.leave()

    async def run() -> None:
        tasks: list[asyncio.Task[None]] = []
        for turns, cancelled_after in calls:
            tasks.append(asyncio.create_task(call(turns)))
            await turn(cancelled_after % 3)
            if cancelled_after > 3:
                tasks[len(tasks) // 2].cancel()
        async with asyncio.timeout(5):
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for done in outcomes:
            assert done is None or isinstance(done, (asyncio.CancelledError, QueueFull))

    asyncio.run(run())
    assert most <= limit
    assert (bulkhead.in_flight, bulkhead.waiting) == (0, 0)


def abandon(bulkhead: Bulkhead) -> None:
    """An event loop that is closed with one call under way and one waiting."""
    loop = asyncio.new_event_loop()

    async def hang() -> None:
        room = bulkhead.room()
        await room.enter()
        try:
            await asyncio.Event().wait()
        finally:
            room.leave()

    loop.set_exception_handler(lambda *_: None)
    tasks = [loop.create_task(hang()) for _ in range(2)]
    loop.run_until_complete(turn())
    assert (bulkhead.in_flight, bulkhead.waiting) == (1, 1)
    for task in tasks:
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()


def test_what_an_ended_loop_left_behind_takes_no_place_of_the_next() -> None:
    """Tests, and servers that are reloaded, make several event loops over the same clients."""
    bulkhead = Bulkhead(1, 1)
    abandon(bulkhead)

    async def call() -> tuple[int, int]:
        await bulkhead.room().enter()
        gc.collect()  # which ends the abandoned calls, in whatever state
        return bulkhead.in_flight, bulkhead.waiting

    assert asyncio.run(call()) == (1, 0)

"""Pieces of work get the event loop one after the other, and what else is ready comes between them."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from gateway import turns
from gateway.turns import take_turn

pytestmark = pytest.mark.anyio


async def record_turns(order: list[object], name: object) -> None:
    await take_turn()
    order.append(name)


async def test_something_else_runs_between_any_two_pieces_which_keep_their_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "perf_counter", lambda: 1.0)  # what the machine does to a turn is left out
    order: list[object] = []

    async def tick() -> None:
        while True:
            order.append("tick")
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    async with asyncio.TaskGroup() as group:
        for number in range(10):
            group.create_task(record_turns(order, number))
    ticking.cancel()
    assert [name for name in order if name != "tick"] == list(range(10))
    first = order.index(0)
    pieces = order[first : order.index(9) + 1]
    assert all("tick" in pair for pair in pairwise(pieces)), pieces


async def test_a_turn_is_had_at_once_while_nobody_else_wants_one() -> None:
    await asyncio.sleep(0)
    passed = False

    def pass_by() -> None:
        nonlocal passed
        passed = True

    asyncio.get_running_loop().call_soon(pass_by)
    await take_turn()
    assert not passed


async def test_who_gives_up_while_waiting_costs_no_turn() -> None:
    order: list[object] = []
    tasks = [asyncio.create_task(record_turns(order, number)) for number in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    tasks[2].cancel()
    await asyncio.wait(tasks)
    assert order == [0, 3]


async def test_who_gives_up_when_let_go_holds_up_nobody() -> None:
    order: list[object] = []
    tasks = [asyncio.create_task(record_turns(order, number)) for number in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # the second has been let go, and runs in the coming turn
    tasks[1].cancel()
    async with asyncio.timeout(5):
        await asyncio.wait(tasks)
    assert order == [0, 2]


@pytest.mark.parametrize(("rest_s", "least", "most"), [(0.005, 0.45, 0.7), (0.1, 0.1, 0.2), (0.0, 1.0, 1.0)])
async def test_crowded_turns_leave_more_to_the_pieces(
    rest_s: float, least: float, most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces of a millisecond; beside them, in every turn, something that takes longer, as a crowd's refusals do.

    In a time of its own, which passes only when something is said to take it.
    """
    now_s = 1.0
    pieces_s: list[float] = []
    monkeypatch.setattr(turns, "perf_counter", lambda: now_s)

    async def crowd() -> None:
        nonlocal now_s
        while True:
            now_s += rest_s
            await asyncio.sleep(0)

    async def work() -> None:
        nonlocal now_s
        while True:
            await take_turn()
            now_s += 0.001
            pieces_s.append(0.001)

    tasks = [asyncio.create_task(crowd()), *(asyncio.create_task(work()) for _ in range(50))]
    for _ in range(100):
        await asyncio.sleep(0)
    began_s = now_s
    pieces_s.clear()
    for _ in range(300):
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    assert least < sum(pieces_s) / (now_s - began_s) + 1e-6 <= most + 1e-5

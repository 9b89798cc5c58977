"""Hedging: when a second call is made, who wins, and that the loser is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.services.errors import SourceError, SourceUnreachable
from gateway.services.policy.hedge import Hedging, Latencies
from gateway.services.policy.options import HedgeOptions
from tests.unit.services.policy.clock import FakeClock

DELAY_S = 0.02
LATE_S = 5.0
"""Never waited for: whoever takes so long has lost."""


def hedging_after(delay_s: float = DELAY_S) -> Hedging:
    """With enough samples, all alike."""
    hedging = Hedging(HedgeOptions(enabled=True, min_samples=20), FakeClock())
    for _ in range(20):
        hedging.latencies.add(delay_s)
    return hedging


@dataclass
class Calls:
    """Calls to a service, each ending as its script says, after so many seconds."""

    begun: int = 0
    ended: list[str] = field(default_factory=list)

    async def call(self, name: str, seconds: float, ending: str | Exception) -> str:
        self.begun += 1
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.ended.append(f"{name} cancelled")
            raise
        self.ended.append(name)
        if isinstance(ending, Exception):
            raise ending
        return ending


def failure(text: str) -> SourceError:
    return SourceUnreachable("a", text)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("first", "second", "answer", "ended", "won"),
    [
        ((0.0, "A"), (0.0, "B"), "A", ["first"], 0),
        ((LATE_S, "A"), (0.0, "B"), "B", ["second", "first cancelled"], 1),
        ((0.06, "A"), (LATE_S, "B"), "A", ["first", "second cancelled"], 0),
        ((0.0, failure("A")), (0.0, "B"), "A", ["first"], 0),
        ((0.04, failure("A")), (0.06, "B"), "B", ["first", "second"], 1),
        ((0.06, "A"), (0.0, failure("B")), "A", ["second", "first"], 0),
        ((0.04, failure("A")), (0.06, failure("B")), "A", ["first", "second"], 0),
        ((0.06, failure("A")), (0.0, failure("B")), "A", ["second", "first"], 0),
    ],
    ids=[
        *("in time", "second is first", "first is first after all", "fails in time", "fails, hedge saves it"),
        *("hedge fails", "both fail, first first", "both fail, hedge first"),
    ],
)
async def test_the_first_usable_answer_wins(
    first: tuple[float, Any], second: tuple[float, Any], answer: str, ended: list[str], won: int
) -> None:
    """An error is no usable answer as long as the other call may give one; if none does, it is the first one's error.

    Whoever lost has been cancelled, and is gone, by then.
    """
    hedging, calls = hedging_after(), Calls()
    tasks = asyncio.all_tasks()
    try:
        got = await hedging.run(calls.call("first", *first), lambda: calls.call("second", *second))
    except SourceError as error:
        got = error.message
    assert (got, calls.ended, hedging.won) == (answer, ended, won)
    assert asyncio.all_tasks() == tasks


@pytest.mark.anyio
async def test_without_samples_nothing_is_sent_twice() -> None:
    hedging, calls = Hedging(HedgeOptions(enabled=True, min_samples=20), FakeClock()), Calls()
    got = await hedging.run(calls.call("first", 0.05, "A"), lambda: calls.call("second", 0.0, "B"))
    assert (got, calls.begun) == ("A", 1)


@pytest.mark.anyio
@pytest.mark.parametrize("after_s", [0.005, 0.05])
async def test_cancelling_the_caller_cancels_both(after_s: float) -> None:
    """Before and after the hedge was sent: the cancellation passes through, and neither call is left."""
    hedging, calls = hedging_after(), Calls()
    tasks = asyncio.all_tasks()
    second: Callable[[], Coroutine[Any, Any, str]] = lambda: calls.call("second", LATE_S, "B")  # noqa: E731
    caller = asyncio.create_task(hedging.run(calls.call("first", LATE_S, "A"), second))
    await asyncio.sleep(after_s)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert caller.cancelled()
    assert sorted(calls.ended) == ["first cancelled", "second cancelled"][: calls.begun]
    assert calls.begun == (1 if after_s < DELAY_S else 2)
    assert asyncio.all_tasks() == tasks


@pytest.mark.anyio
async def test_a_time_limit_around_it_ends_both() -> None:
    hedging, calls = hedging_after(), Calls()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await hedging.run(calls.call("first", LATE_S, "A"), lambda: calls.call("second", LATE_S, "B"))
    assert sorted(calls.ended) == ["first cancelled", "second cancelled"]


@pytest.mark.anyio
async def test_a_cancellation_in_the_moment_of_victory_is_obeyed() -> None:
    """The hedge's answer cancels the first call by cancelling its task; a caller that does the same must not be taken
    for it. And a caller that was not cancelled must not look as if it had been."""
    hedging = hedging_after()
    answered = asyncio.Event()

    async def second() -> str:
        answered.set()
        return "B"

    async def cancelled() -> str:
        return await hedging.run(asyncio.sleep(LATE_S, "A"), second)

    caller = asyncio.create_task(cancelled())
    await answered.wait()
    caller.cancel()  # in the same turn of the loop in which the hedge ends
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert await cancelled() == "B"
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)  # where a cancellation that was left behind would strike


@pytest.mark.anyio
async def test_a_fault_of_our_own_is_not_taken_for_the_services() -> None:
    """A bug in the first call is raised at once, hedge or not, and leaves no call behind."""
    hedging, calls = hedging_after(), Calls()
    first = calls.call("first", 0.05, ValueError("bug"))
    with pytest.raises(ValueError, match="bug"):
        await hedging.run(first, lambda: calls.call("second", LATE_S, "B"))
    assert calls.ended == ["first", "second cancelled"]


def test_there_are_no_more_hedges_than_their_share_of_reads() -> None:
    """Five per hundred, none on credit."""
    hedging = Hedging(HedgeOptions(enabled=True, max_extra=0.05), FakeClock())
    assert not hedging.pay()
    for _ in range(100):
        hedging.budget.earn()
    assert [hedging.pay() for _ in range(6)] == [True] * 5 + [False]
    assert hedging.hedges == 5


def test_the_quantile_is_that_of_the_last_latencies() -> None:
    """Known as soon as there are enough; sorted anew every 50; older ones than the last 500 are forgotten."""
    latencies = Latencies(0.95, 100)
    for number in range(99):
        latencies.add(number / 1000)
    assert latencies.quantile_s is None
    latencies.add(0.099)
    assert latencies.quantile_s == pytest.approx(0.095)
    for _ in range(500):
        latencies.add(1.0)
    assert latencies.quantile_s == 1.0


def test_an_unfinished_call_counts_when_it_was_slow_already() -> None:
    """Else hedging would hide from the estimate what it cuts short, and hedge ever earlier."""
    latencies = Latencies(0.9, 20)
    for _ in range(20):
        latencies.add(0.010)
    for _ in range(50):
        latencies.add_unfinished(0.009)
    assert latencies.quantile_s == 0.010
    for _ in range(50):
        latencies.add_unfinished(0.030)
    assert latencies.quantile_s == 0.030

"""The adaptive limit: it holds a loop at just busy, and knows waiting for services from waiting for the loop."""

from __future__ import annotations

import statistics

import pytest

from gateway.admission.limit import AdaptiveLimit, LimitSettings
from tests.unit.admission.simulation import Result, World, simulate

SECONDS = 30.0


def run(world: World, load: float, seed: int = 1, settings: LimitSettings | None = None) -> tuple[Result, float]:
    """What comes of `load` times the capacity, and goodput as a share of it."""
    result = simulate(AdaptiveLimit(settings or LimitSettings()), world, [(load * world.capacity, SECONDS)], seed)
    return result, len(result.accepted) / SECONDS / world.capacity


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[98]


@pytest.mark.parametrize("wait_s", [0.005, 0.05, 0.3])
def test_twice_the_capacity_leaves_nine_tenths_of_it(wait_s: float) -> None:
    """The rest goes into refusals, which cost a thirtieth of an operation here."""
    result, goodput = run(World(wait_s=wait_s), 2)
    assert goodput >= 0.9
    assert p99(result.accepted) < 1.0


def test_refusals_wait_for_one_piece_of_work() -> None:
    world = World(wait_s=0.05)
    result, _ = run(world, 2)
    assert len(result.refused) > 1000
    assert max(result.refused) < 2 * world.cpu_s


def test_without_the_limit_twice_the_capacity_makes_everybody_wait() -> None:
    """The queue that the limit keeps short: this is what it is for."""
    result, _ = run(World(), 2, settings=LimitSettings(enabled=False, ceiling=1_000_000))
    assert statistics.median(result.accepted) > 5
    assert result.refused == []


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("wait_s", [0.005, 0.05, 0.3])
def test_eighty_percent_load_is_not_refused(wait_s: float, seed: int) -> None:
    result, _ = run(World(wait_s=wait_s), 0.8, seed)
    assert result.refused == []


def test_slow_services_alone_are_not_overload() -> None:
    """At 60 % of the CPU and a wait of 1.5 s, 300 operations are in flight, and each is let in."""
    result, _ = run(World(wait_s=1.5), 0.6)
    assert result.in_flight > 250
    assert result.refused == []


def test_slow_services_are_not_overload_after_one_either() -> None:
    """A limit that was found with fast services has gone when slow ones need more."""
    limit, world = AdaptiveLimit(LimitSettings()), World(wait_s=1.0)
    simulate(limit, World(wait_s=0.005), [(2 * world.capacity, 10)])
    assert limit.limit < 50
    refused = limit.refused
    simulate(limit, World(wait_s=0.005), [(0.5 * world.capacity, 3)])
    simulate(limit, world, [(0.6 * world.capacity, 10)])
    assert limit.refused == refused


def test_ceiling_holds_whatever_the_loop_says() -> None:
    """Services that never answer fill the memory with operations otherwise."""
    settings = LimitSettings(ceiling=100)
    result, _ = run(World(wait_s=10), 0.6, settings=settings)
    assert result.in_flight == 100
    assert result.refused


def test_limit_is_never_cut_below_the_floor() -> None:
    limit = AdaptiveLimit(LimitSettings(floor=5, easy=0))
    limit.try_enter()
    for tick in range(1000):
        limit.saw_turn(tick * 0.1, 1.0)
    assert limit.cuts > 3
    assert limit.limit == 5


@pytest.mark.parametrize(("at_once", "duration_s", "cuts"), [(50, 0.4, False), (50, 3.0, True), (51, 0.4, True)])
def test_a_few_at_once_are_let_in_while_they_are_answered_soon(at_once: int, duration_s: float, cuts: bool) -> None:
    """A load test's fifty connections keep the loop busy and are all answered in time; refusing some gains nothing."""
    limit = AdaptiveLimit(LimitSettings(easy=50, easy_s=1.2))
    for tick in range(100):
        for _ in range(at_once):
            limit.try_enter()
        for _ in range(at_once):
            limit.leave(duration_s)
        limit.saw_turn(tick * 0.5, 1.0)
        if limit.cuts:
            break
    assert bool(limit.cuts) == cuts


def test_two_long_turns_are_not_a_queue() -> None:
    """A large answer, or a pause of the garbage collector, makes everybody wait once."""
    limit = AdaptiveLimit(LimitSettings())
    limit.try_enter()
    for tick in range(100):
        limit.saw_turn(tick * 0.02, 0.3 if tick % 20 < 2 else 0.0)
    assert limit.cuts == 0


def test_switched_off_the_limit_stays_at_the_ceiling() -> None:
    limit = AdaptiveLimit(LimitSettings(enabled=False))
    for tick in range(100):
        limit.saw_turn(tick * 0.1, 1.0)
    assert (limit.limit, limit.cuts) == (limit.settings.ceiling, 0)

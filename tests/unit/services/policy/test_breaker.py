"""Breakers: what opens one, what does not, and that a service that is down is asked by one call at a time."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.services.policy.breaker import CLOSED, HALF_OPEN, OPEN, Breaker, Verdict
from gateway.services.policy.options import BreakerOptions
from tests.unit.services.policy.clock import FakeClock

WELL, FAILED, NOTHING = Verdict.WELL, Verdict.FAILED, Verdict.NOTHING
VERDICTS = {"w": WELL, "f": FAILED, "n": NOTHING}

OPTIONS = BreakerOptions(window_s=10, min_calls=10, failure_ratio=0.5, failures_in_row=6, open_s=1, max_open_s=4)


def make(options: BreakerOptions = OPTIONS) -> tuple[Breaker, FakeClock]:
    """A breaker whose times are exactly the configured ones."""
    clock = FakeClock()
    return Breaker(options, clock, lambda: 0.5), clock


def call(breaker: Breaker, verdict: Verdict) -> bool:
    """One call; False when it was refused."""
    period = breaker.admit()
    if period is None:
        return False
    breaker.tell(period, verdict)
    return True


def opened() -> tuple[Breaker, FakeClock]:
    breaker, clock = make()
    for _ in range(6):
        call(breaker, FAILED)
    assert breaker.state == OPEN
    return breaker, clock


@pytest.mark.parametrize(
    ("calls", "state"),
    [
        ("w" * 50, CLOSED),
        ("f" * 5, CLOSED),
        ("f" * 6, OPEN),
        ("w" * 100 + "f" * 6, OPEN),
        ("fffffw" * 1, CLOSED),
        ("wf" * 4, CLOSED),
        ("wf" * 5, OPEN),
        ("wwf" * 20, CLOSED),
        ("wwwwwfffff", OPEN),
        ("n" * 100, CLOSED),
        ("nf" * 5, CLOSED),
        ("nf" * 6, OPEN),
        ("fffwnfff", CLOSED),
    ],
)
def test_a_share_or_a_row_of_failures_opens(calls: str, state: str) -> None:
    """Half of at least ten calls, or six without a success between them; what tells nothing is not counted at all."""
    breaker, _ = make()
    for letter in calls:
        call(breaker, VERDICTS[letter])
    assert breaker.state == state


@pytest.mark.parametrize(("seconds", "state"), [(1, OPEN), (4, OPEN), (11, CLOSED), (60, CLOSED)])
def test_failures_are_forgotten_after_the_window(seconds: float, state: str) -> None:
    """Five failures, time passes, then five good calls and one more failure."""
    breaker, clock = make(BreakerOptions(window_s=10, min_calls=10, failure_ratio=0.5, failures_in_row=99))
    for _ in range(5):
        call(breaker, FAILED)
    clock.pass_by(seconds)
    for _ in range(4):
        call(breaker, WELL)
    call(breaker, FAILED)
    assert breaker.state == state


def test_good_calls_before_the_window_do_not_hide_an_outage() -> None:
    breaker, clock = make(BreakerOptions(window_s=10, min_calls=10, failure_ratio=0.5, failures_in_row=99))
    for _ in range(1000):
        call(breaker, WELL)
    clock.pass_by(10)
    for _ in range(10):
        call(breaker, FAILED)
    assert breaker.state == OPEN


def test_one_that_is_switched_off_never_opens() -> None:
    breaker, _ = make(BreakerOptions(enabled=False, failures_in_row=1))
    assert all(call(breaker, FAILED) for _ in range(100))
    assert breaker.state == CLOSED


def test_while_it_is_open_nothing_is_let_through_until_its_time_is_over() -> None:
    breaker, clock = opened()
    assert breaker.refuses
    assert breaker.admit() is None
    clock.pass_by(0.99)
    assert breaker.admit() is None
    clock.pass_by(0.02)
    assert not breaker.refuses
    assert breaker.admit() is not None


def test_half_open_lets_exactly_one_call_through() -> None:
    """Also when fifty come at once; the others are refused until that one has told."""
    breaker, clock = opened()
    clock.pass_by(1)
    admitted = [period for period in (breaker.admit() for _ in range(50)) if period is not None]
    assert len(admitted) == 1
    assert breaker.state == HALF_OPEN
    clock.pass_by(100)
    assert breaker.admit() is None
    breaker.tell(admitted[0], WELL)
    assert breaker.state == CLOSED
    assert all(call(breaker, WELL) for _ in range(50))


def test_each_failing_probe_doubles_the_time_up_to_its_bound_and_a_good_one_resets_it() -> None:
    breaker, clock = opened()
    for open_s in (1, 2, 4, 4):
        clock.pass_by(open_s - 0.01)
        assert not call(breaker, FAILED)
        clock.pass_by(0.02)
        assert call(breaker, FAILED)
    clock.pass_by(4)
    assert call(breaker, WELL)
    assert breaker.state == CLOSED
    for _ in range(6):
        call(breaker, FAILED)
    clock.pass_by(1.01)
    assert not breaker.refuses


def test_a_probe_that_tells_nothing_is_followed_by_another_after_the_same_time() -> None:
    """Its client went away: nothing is known, so the time does not grow; and the service is not asked at once again."""
    breaker, clock = opened()
    for _ in range(5):
        clock.pass_by(0.99)
        assert not call(breaker, NOTHING)
        clock.pass_by(0.02)
        assert call(breaker, NOTHING)
        assert breaker.state == OPEN


@pytest.mark.parametrize("late", [WELL, FAILED])
def test_calls_that_began_before_it_opened_come_too_late(late: Verdict) -> None:
    """Neither can a straggler close it, nor count against the service that is well again."""
    breaker, clock = make()
    stragglers = [breaker.admit() or 0 for _ in range(20)]
    for period in stragglers[:6]:
        breaker.tell(period, FAILED)
    assert breaker.state == OPEN
    breaker.tell(stragglers[6], late)
    assert breaker.state == OPEN
    clock.pass_by(1)
    probe = breaker.admit()
    assert probe is not None
    breaker.tell(stragglers[7], late)
    assert breaker.state == HALF_OPEN
    breaker.tell(probe, WELL)
    for period in stragglers[8:]:
        breaker.tell(period, late)
    assert breaker.state == CLOSED


@pytest.mark.parametrize(("jitter", "open_s"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
def test_the_time_is_jittered_by_a_fifth(jitter: float, open_s: float) -> None:
    clock = FakeClock()
    breaker = Breaker(OPTIONS, clock, lambda: jitter)
    for _ in range(6):
        call(breaker, FAILED)
    clock.pass_by(open_s - 0.001)
    assert breaker.refuses
    clock.pass_by(0.002)
    assert not breaker.refuses


EVENTS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("wwfffn"), st.floats(0, 3)), max_size=200)


@given(EVENTS)
def test_in_no_course_of_events_are_there_two_probes_at_once(events: list[tuple[str, str, float]]) -> None:
    """Calls of eight callers begin and end in any order, at any time: at most one is under way that began half open,
    and from an opening to the end of its time nobody is let through."""
    breaker, clock = make()
    under_way: dict[str, tuple[int, str]] = {}
    for caller, letter, seconds in events:
        clock.pass_by(seconds)
        if caller in under_way:
            period, _ = under_way.pop(caller)
            breaker.tell(period, VERDICTS[letter])
        elif (period := breaker.admit()) is not None:
            under_way[caller] = (period, breaker.state)
        probes = Counter(state for period, state in under_way.values() if period == breaker.period)
        assert probes[HALF_OPEN] == (1 if breaker.state == HALF_OPEN else 0)
        assert probes[OPEN] == 0

"""Budgets: extra calls stay below their share of all calls, whatever happens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.services.policy.budget import Budget
from gateway.services.policy.options import BudgetOptions
from tests.unit.services.policy.clock import FakeClock


def spend_all(budget: Budget) -> int:
    """How many extra calls can be had now."""
    count = 0
    while count < 1000 and budget.spend():
        count += 1
    return count


@pytest.mark.parametrize(
    ("ratio", "reserve", "calls", "extra"),
    [
        (0.2, 0, 4, 0),
        (0.2, 0, 5, 1),
        (0.2, 0, 100, 20),
        (0.05, 0, 100, 5),
        (0.2, 3, 0, 3),
        (0.2, 3, 10, 5),
        (0.0, 0, 1000, 0),
        (0.0, 2, 1000, 2),
    ],
)
def test_calls_earn_their_share_of_extra_ones(ratio: float, reserve: int, calls: int, extra: int) -> None:
    """In the same moment; the reserve is there without any call."""
    budget = Budget(BudgetOptions(ratio, reserve), clock=FakeClock())
    for _ in range(calls):
        budget.earn()
    assert spend_all(budget) == extra


def test_the_reserve_is_a_debt_that_calls_pay_first() -> None:
    """Fifteen calls pay three extra ones that were had on credit, and only further ones earn more."""
    budget = Budget(BudgetOptions(0.2, 3), clock=FakeClock())
    assert spend_all(budget) == 3
    for _ in range(15):
        budget.earn()
    assert budget.left == pytest.approx(3)


@pytest.mark.parametrize(("seconds", "extra"), [(0, 20), (10, 7), (20, 2), (60, 0)])
def test_what_was_earned_fades(seconds: float, extra: int) -> None:
    """To 1/e of it in the window: yesterday's calls pay for nothing today."""
    clock = FakeClock()
    budget = Budget(BudgetOptions(0.2, 0, 10.0), clock=clock)
    for _ in range(100):
        budget.earn()
    clock.pass_by(seconds)
    assert spend_all(budget) == extra


def test_debts_fade_too() -> None:
    """A service with few calls gets its few retries again after a while."""
    clock = FakeClock()
    budget = Budget(BudgetOptions(0.2, 3, 10.0), clock=clock)
    assert spend_all(budget) == 3
    clock.pass_by(60)
    assert spend_all(budget) == 2  # not quite 3: a trace of the debt is left


def test_no_service_spends_what_calls_to_others_have_earned() -> None:
    """The process could afford it; the failing service's own calls have not paid for it."""
    clock = FakeClock()
    process = Budget(BudgetOptions(0.2, 0), clock=clock)
    busy, failing = (Budget(process.options, process, clock) for _ in range(2))
    for _ in range(100):
        busy.earn()
    for _ in range(10):
        failing.earn()
    assert process.left == pytest.approx(22)
    assert spend_all(failing) == 2
    assert process.left == pytest.approx(20)


def test_the_process_has_the_last_word() -> None:
    """A reserve is one for all services, not one for each."""
    clock = FakeClock()
    process = Budget(BudgetOptions(0.2, 3), clock=clock)
    services = [Budget(process.options, process, clock) for _ in range(7)]
    assert sum(spend_all(service) for service in services) == 3


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("call"), st.integers(0, 2), st.integers(1, 50)),
        st.tuples(st.just("extra"), st.integers(0, 2), st.integers(1, 50)),
        st.tuples(st.just("wait"), st.just(0), st.integers(1, 30)),
    ),
    max_size=60,
)


@given(STEPS, st.floats(0, 1), st.integers(0, 5))
def test_never_is_more_spent_than_earned_and_lent(
    steps: list[tuple[str, int, int]], ratio: float, reserve: int
) -> None:
    """The invariant of the module, for three services and for the process, after every step of any course of events."""
    clock = FakeClock()
    process = Budget(BudgetOptions(ratio, reserve, 10.0), clock=clock)
    services = [Budget(process.options, process, clock) for _ in range(3)]
    began_s, earned, spent = clock(), [0] * 3, [0] * 3
    for what, service, count in steps:
        if what == "wait":
            clock.pass_by(count)
        for _ in range(count if what == "call" else 0):
            services[service].earn()
            earned[service] += 1
        for _ in range(count if what == "extra" else 0):
            spent[service] += services[service].spend()
        lent = reserve * (1 + (clock() - began_s) / 10.0) + 1e-5
        assert sum(spent) <= ratio * sum(earned) + lent
        assert all(s <= ratio * e + lent for s, e in zip(spent, earned, strict=True))

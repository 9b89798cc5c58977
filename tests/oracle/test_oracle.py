"""The comparison itself: what it counts, what it calls a difference, and that no fault of the other excuses ours."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracle.apollo import PACKAGES, Answer, Cost, cost_of, variables_of
from tests.oracle.compare import Compared, Ours, differences
from tests.oracle.faults import FAULTS, Fault, fault_of
from tests.oracle.scenario_run import Outcome, run
from tests.support import npm

FETCH = {"kind": "Fetch", "service": "a"}
PLAN = {
    "kind": "Sequence",
    "nodes": [
        FETCH,
        {"kind": "Parallel", "nodes": [FETCH, {"kind": "Sequence", "nodes": [FETCH, FETCH]}]},
        {"kind": "Condition", "condition": "yes", "yes": FETCH, "no": None},
    ],
}


@pytest.mark.parametrize(("yes", "cost"), [(True, Cost(5, 4)), (False, Cost(4, 3))])
def test_the_others_plan_costs_what_it_would_make(yes: bool, cost: Cost) -> None:
    """Fetches one after the other are depth; a condition counts on the side that is taken."""
    assert cost_of(PLAN, {"yes": yes}) == cost


def test_conditions_see_defaults() -> None:
    query = "query ($yes: Boolean = true, $no: Boolean = false, $n: Int) { a }"
    assert variables_of(query, {"no": True}) == {"yes": True, "no": True}


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        ({"a": [{"b": 1}]}, {"a": [{"b": 1}]}, []),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 1}, {"b": 3}]}, ["/a/1/b: 2 and 3"]),
        ({"a": {}}, {"a": None}, ["/a: {} and None"]),
        ({"a": 1, "b": 2}, {"b": 2}, ["/a: 1 and 'nothing'"]),
        ({"a": [1, 2]}, {"a": [1]}, ["/a: [1, 2] and [1]"]),
    ],
)
def test_a_difference_is_told_by_its_place(ours: Any, theirs: Any, told: list[str]) -> None:
    assert list(differences(ours, theirs)) == told


def compared(ours: Any, theirs: Any, truth: Any, *, errors: tuple[str, ...] = ()) -> Compared:
    one, two = Cost(2, 2), Cost(1, 1)
    return Compared("museum", "{ a }", {}, Ours(ours, [*errors], one, ""), Answer(theirs, [], two, ""), truth, [])


def test_a_fault_of_the_other_excuses_no_wrong_answer_of_ours() -> None:
    """Only what the monolith says as well."""
    anything = Fault("anything", (), "", "")
    assert fault_of(compared({"a": 1}, {"a": 2}, {"a": 1}), [anything]) is anything
    assert fault_of(compared({"a": 1}, {"a": 2}, {"a": 2}), [anything]) is None
    assert fault_of(compared({"a": 1}, {"a": 2}, {"a": 1}, errors=("why?",)), [anything]) is None
    assert fault_of(compared({"a": 1}, {"a": 2}, {"a": 1}), [Fault("elsewhere", ("farm",), "", "")]) is None


def test_plans_are_counted_where_answers_are_equal() -> None:
    """A plan that answers something else is no measure for ours."""
    outcome = Outcome("museum")
    outcome.count(compared({"a": 1}, {"a": 2}, {"a": 1}))
    assert (outcome.equal, outcome.fetches, len(outcome.unexplained)) == (0, (0, 0), 1)
    outcome.count(compared({"a": 1}, {"a": 1}, {"a": 1}))
    assert (outcome.equal, outcome.fetches, outcome.depth, len(outcome.worse)) == (1, (2, 1), (2, 1), 1)


def test_every_fault_has_its_reason() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert all(fault.reason.endswith(".") for fault in FAULTS)


missing = npm.missing(PACKAGES, "gateway-oracle")


@pytest.mark.skipif(missing is not None, reason=str(missing))
def test_both_answer_a_scenario_alike() -> None:
    """A few questions; `make gateway-oracle` asks 2,000."""
    outcome = run("museum", 6, 1)
    assert (outcome.cases, outcome.equal, outcome.unexplained) == (6, 6, [])
    assert outcome.fetches[0] <= outcome.fetches[1]
    assert 0 < outcome.depth[0] <= outcome.depth[1]

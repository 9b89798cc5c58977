"""The table of behaviours is true: every case and plan that it names is there, and every behaviour has both."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from tests.federation import cases
from tests.federation.cases import CASES
from tests.federation.scenarios import SCENARIOS
from tests.plans.pairs import PAIRS
from tests.support.scenario import Case

FOLDER = Path(__file__).parent
BEHAVIOURS = 46
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split(" | "))
    for line in (FOLDER / "README.md").read_text().split("# Invariants")[0].splitlines()
    if line.startswith("| ") and not line.startswith("| behaviour")
]


def test_every_behaviour_is_there_once() -> None:
    """Each with cases and with plans."""
    assert len(ROWS) == len({name for name, _, _ in ROWS}) == BEHAVIOURS
    assert all(shown and plans for _, shown, plans in ROWS)


@pytest.mark.parametrize(("name", "shown", "plans"), ROWS, ids=[row[0] for row in ROWS])
def test_what_the_table_names_is_there(name: str, shown: str, plans: str) -> None:
    """Cases by scenario and name, other tests by module and name, plans by their folder."""
    assert name
    for part in shown.split("<br>"):
        for module, function in re.findall(r"`(\w+)::(\w+)`", part):
            assert hasattr(import_module(f"tests.federation.{module}"), function), function
        if found := re.fullmatch(r"\*\*(.+?)\*\*: (.+)", part):
            assert set(found[2].split("; ")) <= {case.name for case in CASES[found[1]]}
    assert set(plans.split("<br>")) <= {str(pair) for pair in PAIRS}
    scenarios = set(re.findall(r"\*\*(.+?)\*\*:", shown))
    assert {plan.split("/")[0].replace("_", " ") for plan in plans.split("<br>")} <= scenarios


def test_every_list_of_cases_is_listed() -> None:
    """`cases.py` leaves out no case of the modules that it goes through."""
    listed = {id(case) for found in CASES.values() for case in found}
    for module in (value for value in vars(cases).values() if isinstance(value, ModuleType)):
        for name, value in vars(module).items():
            if isinstance(value, list) and value and all(isinstance(case, Case) for case in value):
                assert not [case.name for case in value if id(case) not in listed], f"{module.__name__}.{name}"


def test_every_case_has_a_scenario_of_its_name() -> None:
    """So that both can be gone through together."""
    assert CASES.keys() <= SCENARIOS.keys()

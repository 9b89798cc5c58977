"""Asking one question with every check there is: those of a scenario's case, and some that need no expectation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.checks import check
from tests.support.fakes import Faults
from tests.support.gateway import Answer, Gateway
from tests.support.scenario import Case, Scenario

OUT_OF_ORDER = "out of order"


async def ask_checked(scenario: Scenario, query: str, variables: Mapping[str, Any], *, failing: str = "") -> Answer:
    """Answered as by one schema; mutations ran once for each response key, in order; only the failing field failed.

    failing: "T0.f1", which no subgraph can read; the scenario's data has null for it.
    """
    faults = {name: Faults(field_errors={failing: OUT_OF_ORDER}) for name in scenario.subgraphs} if failing else {}
    errors: list[tuple[str | None, list[str | int] | None]] = []
    if failing:
        partial = await Gateway(scenario, faults=faults).ask(query, variables)
        assert all(OUT_OF_ORDER in error["message"] for error in partial.errors), partial.errors
        errors = [(error["extensions"]["code"], error["path"]) for error in partial.errors]
    case = Case(name="ask", query=query, variables=variables, faults=faults, errors=errors)
    answer = await check(scenario, case)
    _check_mutations(scenario, case, answer)
    return answer


def _check_mutations(scenario: Scenario, case: Case, answer: Answer) -> None:
    if case.query.startswith("mutation"):
        alone = scenario.start()
        scenario.monolith.answer(case.query, case.variables, alone)
        expected = [(name, arguments) for _, name, arguments in alone.journal]
        assert [(name, arguments) for _, name, arguments in answer.world.journal] == expected

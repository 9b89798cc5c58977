"""Asking one question with every check there is: those of a scenario's case, and what a failing field may cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tests.support.checks import check
from tests.support.fakes import Faults
from tests.support.gateway import Answer, Gateway
from tests.support.scenario import Case, Scenario

OUT_OF_ORDER = "out of order"


async def ask_checked(
    scenario: Scenario,
    query: str,
    variables: Mapping[str, Any],
    *,
    failing: str = "",
    labels: Collection[str] = (),
) -> Answer:
    """Answered as by one schema, with every invariant; only the failing field failed.

    failing: "T0.f1", which no subgraph can read; the scenario's data has null for it.
    labels:  the override labels that are on.
    """
    faults = {name: Faults(field_errors={failing: OUT_OF_ORDER}) for name in scenario.subgraphs} if failing else {}
    errors: list[tuple[str | None, list[str | int] | None]] = []
    if failing:
        partial = await Gateway(scenario, faults=faults, labels=labels).ask(query, variables)
        if any(error["extensions"]["code"] == "ERRORS_OMITTED" for error in partial.errors):
            # Which of them are listed is for the order of arrival to say.
            return await ask_checked(scenario, query, variables, labels=labels)
        assert all(OUT_OF_ORDER in error["message"] for error in partial.errors), partial.errors
        errors = [(error["extensions"]["code"], error["path"]) for error in partial.errors]
    case = Case(name="ask", query=query, variables=variables, faults=faults, errors=errors, labels=labels)
    return await check(scenario, case)

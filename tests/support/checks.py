"""check(scenario, case): one question at plan level and at response level, with every invariant that always holds.

A case is run three times: fresh, again from the caches, and with the subgraphs configured in the opposite order while
their answers arrive in a shuffled order, and fetches share requests. All three must give the same answer, and the plan
must be the same text.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from graphql import lexicographic_sort_schema, print_schema

from tests.support.conditions import needless_steps, without_false_conditions
from tests.support.conformance import Conformance
from tests.support.gateway import (
    Answer,
    Gateway,
    api_schema_of,
    plan_problems,
    plan_shape,
    plan_text,
)
from tests.support.scenario import MONOLITH, Case, Scenario


async def check(scenario: Scenario, case: Case) -> Answer:
    """Assert everything that the case states and everything that always holds; the first run's answer."""
    assert visible_schema(scenario) == hand_written_schema(scenario)
    gateway = Gateway(scenario, faults=case.faults, labels=case.labels)
    shuffled = random.Random(case.name)
    other = Gateway(
        scenario,
        faults=case.faults,
        backwards=True,
        pauses=lambda: shuffled.randrange(12),
        joining=True,
        labels=case.labels,
    )
    _check_plan(gateway, Gateway(scenario, backwards=True, labels=case.labels), other, case)
    answer = await gateway.ask(case.query, case.variables, case.operation)
    _check_answer(scenario, case, answer)
    _check_requests(gateway, case, answer)
    _check_conditions(gateway, case)
    _check_mutations(scenario, case, answer)
    if case.then:
        case.then(answer.fakes)
    if any(fault.delay_s or fault.hang for fault in case.faults.values()):
        return answer
    first = _comparable(answer)
    again = await gateway.ask(case.query, case.variables, case.operation)
    assert _comparable(again) == first, "a cached plan answers like a fresh one"
    reordered = await other.ask(case.query, case.variables, case.operation)
    _check_answer(scenario, case, reordered)
    assert _comparable(reordered) == first, "the order of subgraphs and of their answers does not show"
    return answer


async def ask(scenario: Scenario, query: str, variables: Mapping[str, Any] | None = None, **options: Any) -> Answer:
    """One checked run of a query whose answer the monolith knows."""
    return await check(scenario, Case(name="ask", query=query, variables=variables or {}, **options))


@lru_cache(256)
def visible_schema(scenario: Scenario) -> str:
    """What the gateway shows to clients, sorted."""
    return print_schema(lexicographic_sort_schema(api_schema_of(scenario)))


@lru_cache(256)
def hand_written_schema(scenario: Scenario) -> str:
    """What the scenario says that clients see, sorted."""
    return print_schema(lexicographic_sort_schema(scenario.monolith.schema))


def expected_data(scenario: Scenario, case: Case) -> Any:
    """The case's own expectation, or else the monolith's answer."""
    if case.data is not MONOLITH:
        return case.data
    result = scenario.monolith.answer(case.query, case.variables, scenario.start(), case.operation)
    if result.errors:
        raise AssertionError(f"the monolith cannot answer: {result.errors}") from result.errors[0].original_error
    return result.data


def _check_plan(gateway: Gateway, other: Gateway, joining: Gateway, case: Case) -> None:
    plan = gateway.plan(case.query, case.variables, case.operation)
    assert plan_problems(plan) == []
    assert plan_problems(joining.plan(case.query, case.variables, case.operation)) == []
    text = plan_text(plan)
    if case.plan is not None:
        assert plan_shape(plan) == sorted(case.plan), text
    backwards = other.plan(case.query, case.variables, case.operation)
    assert plan_text(backwards) == text, "the plan does not depend on the order of the subgraphs"


def _check_answer(scenario: Scenario, case: Case, answer: Answer) -> None:
    for fake in answer.fakes.values():
        assert fake.violations == []
        assert fake.changed_requests() == [], "variables belong to the source once they are sent"
    got = json.dumps(answer.data, indent=1)
    assert got == json.dumps(expected_data(scenario, case), indent=1), answer.errors
    conformance = Conformance(scenario.monolith.schema, case.query, case.variables, case.operation)
    assert conformance.problems(json.loads(got)) == []
    _check_errors(case, answer, conformance)


def _check_errors(case: Case, answer: Answer, conformance: Conformance) -> None:
    errors = [(error["extensions"]["code"], tuple(error.get("path") or ())) for error in answer.errors]
    rest = list(errors)
    for code, path in case.errors:
        matching = [e for e in rest if code in (None, e[0]) and (path is None or tuple(path) == e[1])]
        assert matching, f"no error {code} at {path} in {rest}"
        rest.remove(matching[0])
    assert rest == [], f"unexpected: {answer.errors}"
    for error in answer.errors:
        assert isinstance(error["message"], str)
        assert error["message"]
        path = tuple(error.get("path") or ())
        assert conformance.response_keys(path), f"{path} does not follow the client's aliases"
        assert _is_null(answer.data, path), f"{path} has an error and a value"


def _is_null(data: Any, path: Sequence[str | int]) -> bool:
    """Whether a path leads to a null. A path without list indexes is taken at its word."""
    for part in path:
        if data is None or (isinstance(data, list) and isinstance(part, str)):
            return True
        data = data[part]
    return data is None


def _check_requests(gateway: Gateway, case: Case, answer: Answer) -> None:
    if case.requests is not None:
        assert answer.requests == dict(case.requests)
        return
    # For objects that lack what a field requires, the parts of a step are sent beside the whole or in its place.
    plan = gateway.plan(case.query, case.variables, case.operation)
    steps = Counter(each.graph for step in plan.steps for each in (step, *step.parts))
    for name, count in answer.requests.items():
        assert count <= steps[name], f"{name} was asked {count} times in a plan with {steps[name]} steps for it"


def _check_conditions(gateway: Gateway, case: Case) -> None:
    plain = without_false_conditions(case.query, case.variables)
    if plain != case.query:
        steps = plan_shape(gateway.plan(case.query, case.variables, case.operation))
        known = {name: value for name, value in case.variables.items() if f"${name}" in plain}
        needless = needless_steps(steps, plan_shape(gateway.plan(plain, known)), plain)
        assert not needless, f"only needed for what a condition leaves out: {needless}"


def _check_mutations(scenario: Scenario, case: Case, answer: Answer) -> None:
    """Each ran once for each response key, in the document's order. Whose services fail may not have been asked."""
    if "mutation" in case.query and not any(fault.raises or fault.hang for fault in case.faults.values()):
        alone = scenario.start()
        scenario.monolith.answer(case.query, case.variables, alone, case.operation)
        expected = [(name, arguments) for _, name, arguments in alone.journal]
        assert [(name, arguments) for _, name, arguments in answer.world.journal] == expected


def _comparable(answer: Answer) -> tuple[str, list[str]]:
    return json.dumps(answer.data), sorted(json.dumps(dict(error), sort_keys=True) for error in answer.errors)

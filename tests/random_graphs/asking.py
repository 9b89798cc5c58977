"""Asking one question with every check there is: those of a scenario's case, and some that need no expectation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from graphql import REMOVE, Visitor, parse, print_ast, value_from_ast_untyped, visit
from graphql.language import ast

from tests.support.checks import check
from tests.support.fakes import Faults
from tests.support.gateway import Answer, Gateway, plan_shape
from tests.support.scenario import Case, Scenario

OUT_OF_ORDER = "out of order"


async def ask_checked(scenario: Scenario, query: str, variables: Mapping[str, Any], *, failing: str = "") -> Answer:
    """Answered as by one schema; mutations ran once for each response key, in order; what a condition leaves out causes
    no request; only the failing field failed.

    failing: "T0.f1", which no subgraph can read; the scenario's data has null for it.
    """
    faults = {name: Faults(field_errors={failing: OUT_OF_ORDER}) for name in scenario.subgraphs} if failing else {}
    errors: list[tuple[str | None, list[str | int] | None]] = []
    if failing:
        partial = await Gateway(scenario, faults=faults).ask(query, variables)
        if any(error["extensions"]["code"] == "ERRORS_OMITTED" for error in partial.errors):
            # Which of them are listed is for the order of arrival to say.
            return await ask_checked(scenario, query, variables)
        assert all(OUT_OF_ORDER in error["message"] for error in partial.errors), partial.errors
        errors = [(error["extensions"]["code"], error["path"]) for error in partial.errors]
    case = Case(name="ask", query=query, variables=variables, faults=faults, errors=errors)
    answer = await check(scenario, case)
    _check_mutations(scenario, case, answer)
    _check_conditions(scenario, case)
    return answer


def _check_mutations(scenario: Scenario, case: Case, answer: Answer) -> None:
    if case.query.startswith("mutation"):
        alone = scenario.start()
        scenario.monolith.answer(case.query, case.variables, alone)
        expected = [(name, arguments) for _, name, arguments in alone.journal]
        assert [(name, arguments) for _, name, arguments in answer.world.journal] == expected


FILLING = "emptied"
"""The alias under which `__typename` is asked for in the place of what conditions left nothing of."""


def _check_conditions(scenario: Scenario, case: Case) -> None:
    plain = without_false_conditions(case.query, case.variables)
    if plain != case.query:
        gateway = Gateway(scenario)
        steps = plan_shape(gateway.plan(case.query, case.variables))
        known = {name: value for name, value in case.variables.items() if f"${name}" in plain}
        needed = plan_shape(gateway.plan(plain, known))
        more = Counter(steps) - Counter(needed)
        # What was emptied asks for `__typename` instead, which may be had by other requests, but not by fewer.
        is_excused = FILLING in plain and len(steps) <= len(needed)
        assert not more or is_excused, f"only needed for what a condition leaves out: {sorted(more)}"


def without_false_conditions(query: str, variables: Mapping[str, Any]) -> str:
    """The operation without the selections that @skip and @include leave out; the same text when there are none."""
    document = parse(query, no_location=True)
    (operation,) = (d for d in document.definitions if isinstance(d, ast.OperationDefinitionNode))
    defaults = {
        definition.variable.name.value: value_from_ast_untyped(definition.default_value)
        for definition in operation.variable_definitions or ()
        if definition.default_value
    }
    stripping = _Stripping({**defaults, **variables})
    stripped = visit(document, stripping)
    return _without_unused(stripped) if stripping.found else query


def _without_unused(document: ast.DocumentNode) -> str:
    """The document's text without fragments and variables that nothing uses any more."""
    operation, *fragments = document.definitions
    while True:
        body = " ".join(print_ast(part) for part in (operation.selection_set, *fragments))
        spread = set(re.findall(r"\.\.\.(\w+)", body))
        used = [fragment for fragment in fragments if fragment.name.value in spread]
        if len(used) == len(fragments):
            break
        fragments = used
    names = set(re.findall(r"\$(\w+)", body))
    variables = [v for v in operation.variable_definitions or () if v.variable.name.value in names]
    declared = f"({', '.join(map(print_ast, variables))})" if variables else ""
    texts = [f"{operation.operation.value} Asked{declared} {print_ast(operation.selection_set)}"]
    return "\n".join([*texts, *map(print_ast, fragments)])


class _Stripping(Visitor):
    """found: whether anything was left out."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        super().__init__()
        self._values = values
        self.found = False

    def enter_field(self, node: ast.FieldNode, *_: Any) -> Any:
        return self._unless_left_out(node)

    def enter_inline_fragment(self, node: ast.InlineFragmentNode, *_: Any) -> Any:
        return self._unless_left_out(node)

    def enter_fragment_spread(self, node: ast.FragmentSpreadNode, *_: Any) -> Any:
        return self._unless_left_out(node)

    def leave_selection_set(self, node: ast.SelectionSetNode, *_: Any) -> Any:
        if node.selections:
            return None
        filling = ast.FieldNode(alias=ast.NameNode(value=FILLING), name=ast.NameNode(value="__typename"))
        return ast.SelectionSetNode(selections=(filling,))

    def leave_inline_fragment(self, node: ast.InlineFragmentNode, *_: Any) -> Any:
        """One that nothing is left of is no place that must have something: to fill it would ask for a type more."""
        is_filled = isinstance(field := node.selection_set.selections[0], ast.FieldNode) and field.alias is not None
        return REMOVE if is_filled and field.alias.value == FILLING else None

    def _unless_left_out(self, node: Any) -> Any:
        for directive in node.directives or ():
            condition = value_from_ast_untyped(directive.arguments[0].value, self._values)
            if condition == (directive.name.value == "skip"):
                self.found = True
                return REMOVE
        return None

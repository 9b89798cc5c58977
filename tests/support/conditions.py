"""Operations without what their conditions leave out: what is only needed for that must cause no request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import REMOVE, OperationDefinitionNode, Visitor, parse, print_ast, value_from_ast_untyped, visit
from graphql.language import ast

FILLING = "emptied"
"""The alias under which `__typename` is asked for in the place of what conditions left nothing of."""


def needless_steps(steps: Sequence[str], needed: Sequence[str], plain: str) -> list[str]:
    """Those of an operation's steps that only its false conditions can have caused.

    steps, needed: as plan_shape gives them, of the operation and of what `without_false_conditions` left of it.
    """
    more = Counter(steps) - Counter(needed)
    # What was emptied asks for `__typename` instead, which may be had by other requests, but not by fewer.
    is_excused = FILLING in plain and len(steps) <= len(needed)
    return [] if is_excused else sorted(more)


def without_false_conditions(query: str, variables: Mapping[str, Any]) -> str:
    """The operation without the selections that @skip and @include leave out; the same text when there are none.

    A document of several operations is given back as it is.
    """
    if "@skip" not in query and "@include" not in query:
        return query
    document = parse(query, no_location=True)
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if len(operations) > 1:
        return query
    (operation,) = operations
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
    operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    fragments = [d for d in document.definitions if d is not operation]
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

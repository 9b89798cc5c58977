"""An operation as text: what planning sees of the client's document."""

from __future__ import annotations

from graphql import print_ast

from gateway.operation.operation import Operation


def print_operation(operation: Operation) -> str:
    """The chosen operation and the fragments that it spreads, followed by what decides about its plans."""
    parts = [print_ast(operation.definition)]
    parts += [print_ast(fragment) for fragment in operation.fragments.values()]
    if operation.condition_variables:
        names = ", ".join(f"${name}" for name in operation.condition_variables)
        parts.append(f"# one plan for each combination of {names}")
    return "\n\n".join(parts) + "\n"

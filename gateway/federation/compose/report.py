"""Where a phase writes down what it finds: problems stop composition at the end of the phase, hints never do."""

from __future__ import annotations

from collections.abc import Iterable

from gateway.federation.compose.model import NOWHERE, Place
from gateway.federation.compose.positions import problem
from gateway.federation.errors import Problem, SchemaError


class Report:
    """Problems and hints, in the order found. The merge functions write into it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.hints: list[Problem] = []

    def error(self, code: str, message: str, subgraph: str = "", place: Place = NOWHERE) -> None:
        self.problems.append(problem(subgraph, place, code, message))

    def hint(self, code: str, message: str, subgraph: str = "", place: Place = NOWHERE) -> None:
        self.hints.append(problem(subgraph, place, code, message))

    def stop_if_any(self) -> None:
        """End of a phase. Raises SchemaError with all problems found so far."""
        if self.problems:
            raise SchemaError(self.problems)


def listing(names: Iterable[str]) -> str:
    """`"a"`, `"a" and "b"`, `"a", "b" and "c"`: for messages."""
    quoted = [f'"{name}"' for name in names]
    if len(quoted) < 2:
        return "".join(quoted)
    return ", ".join(quoted[:-1]) + " and " + quoted[-1]


def by_value(values: Iterable[tuple[str, str]]) -> str:
    """From (subgraph, value) pairs: `X in "a" and "b", Y in "c"`."""
    groups: dict[str, list[str]] = {}
    for subgraph, value in values:
        groups.setdefault(value, []).append(subgraph)
    return ", ".join(f"{value} in {listing(names)}" for value, names in groups.items())

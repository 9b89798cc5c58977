"""SchemaError: the graph itself is at fault. Start-up stops, with all problems listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import BraidError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a graph.

    code:     for instance INVALID_FIELD_SHARING (see docs/errors.md).
    message:  what is wrong and how to mend it.
    subgraph: name of the subgraph at fault; "" when it is the graph as a whole or a supergraph file.
    line, column: position in that subgraph's SDL, counted from 1; 0 when there is none.
    """

    code: str
    message: str
    subgraph: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        place = (
            f"{self.subgraph}:{self.line}:{self.column}: "
            if self.line
            else f"{self.subgraph}: "
            if self.subgraph
            else ""
        )
        return f"{place}{self.message} [{self.code}]"


class SchemaError(BraidError):
    """The subgraphs do not compose, or a supergraph file cannot be used. `problems` holds every one that was found."""

    code = "SCHEMA_ERROR"

    def __init__(self, problems: Sequence[Problem]) -> None:
        count = len(problems)
        head = "1 problem" if count == 1 else f"{count} problems"
        super().__init__(f"The graph has {head}:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = tuple(problems)

"""Composition: subgraph SDL in, supergraph SDL out. Pure; knows neither planning nor services.

Phases: load, upgrade, validate, merge, check, print. Each collects all the problems it finds; composition stops at the
end of a phase that found any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.federation.compose.check import merged_problems
from gateway.federation.compose.externals import settle_externals
from gateway.federation.compose.load import load_subgraph
from gateway.federation.compose.merge import merge
from gateway.federation.compose.model import Subgraph
from gateway.federation.compose.printing import print_supergraph
from gateway.federation.compose.report import Report
from gateway.federation.compose.upgrade import is_federation_1, upgrade
from gateway.federation.compose.validate import graph_problems, subgraph_problems
from gateway.federation.errors import Problem, SchemaError
from gateway.federation.uncollected import uncollected

__all__ = ["Composition", "SubgraphSchema", "compose"]


@dataclass(frozen=True, slots=True)
class SubgraphSchema:
    """A subgraph to compose.

    sdl: its schema, as written or as its `_service { sdl }` answers.
    url: where the supergraph says it is; may be empty.
    federation: 2 makes it a Federation 2 subgraph even when its SDL links nothing (Strawberry prints no @link for a
        schema without federation directives); None decides from the SDL.
    """

    name: str
    sdl: str
    url: str = ""
    federation: int | None = None


@dataclass(frozen=True, slots=True)
class Composition:
    """A composed supergraph, and what deserves attention without being wrong."""

    supergraph_sdl: str
    hints: tuple[Problem, ...]


@uncollected()
def compose(subgraphs: Sequence[SubgraphSchema]) -> Composition:
    """Compose the subgraphs, in whatever order they come. Raises SchemaError with all problems of the failing phase."""
    report = Report()
    loaded = _load(subgraphs, report)
    if report.problems:
        # The upgrade looks at all subgraphs, so those of Federation 1 are not judged while some cannot be read.
        report.problems.extend(subgraph_problems([found for found in loaded if not is_federation_1(found)]))
    report.stop_if_any()
    upgraded = upgrade(loaded, report)
    report.stop_if_any()
    report.problems.extend(subgraph_problems(upgraded))
    report.stop_if_any()
    report.problems.extend(graph_problems(upgraded))
    merged = merge(upgraded, report)
    report.stop_if_any()
    supergraph_sdl = print_supergraph(merged)
    report.problems.extend(merged_problems(merged, supergraph_sdl, upgraded))
    report.stop_if_any()
    return Composition(supergraph_sdl, tuple(report.hints))


def _load(subgraphs: Sequence[SubgraphSchema], report: Report) -> list[Subgraph]:
    """Every subgraph that can be read, sorted by name."""
    loaded: list[Subgraph] = []
    names: set[str] = set()
    for schema in sorted(subgraphs, key=lambda schema: schema.name):
        if schema.name in names or schema.name in ("", "_"):
            message = (
                f'"{schema.name}" cannot be a subgraph\'s name, or is already one. Give each subgraph its own name.'
            )
            report.error("INVALID_SUBGRAPH_NAME", message, schema.name)
            continue
        names.add(schema.name)
        try:
            subgraph = load_subgraph(schema.name, schema.sdl, schema.url, schema.federation, report)
        except SchemaError as error:
            report.problems.extend(error.problems)
        else:
            loaded.append(settle_externals(subgraph))
    return loaded

"""Differences between subgraphs that are allowed, but may be an oversight of somebody."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.federation.compose.model import Kind
from gateway.federation.compose.report import Report, listing
from gateway.federation.compose.sources import TypeSource


def hint_type_differences(sources: Sequence[TypeSource], report: Report) -> None:
    """Hints about one type as a whole, given everywhere it is defined."""
    kind = sources[0].type.merged_kind
    if kind is Kind.UNION:
        _hint_members(sources, report)
    elif kind is Kind.OBJECT:
        _hint_entity(sources, report)


def _hint_members(sources: Sequence[TypeSource], report: Report) -> None:
    """A member that only some subgraphs know."""
    for member in dict.fromkeys(member for source in sources for member in source.type.members):
        having = [source for source in sources if member in source.type.members]
        without = [source.subgraph.name for source in sources if member not in source.type.members]
        if without:
            first = having[0]
            message = f'"{member}" is no member of "{first.type.name}" in {listing(without)}.'
            report.hint("INCONSISTENT_UNION_MEMBER", message, first.subgraph.name, first.type.members[member])


def _hint_entity(sources: Sequence[TypeSource], report: Report) -> None:
    """A type with a key in some subgraphs only: from there it can be reached, in the others not."""
    without = [source for source in sources if not source.type.keys]
    if without and len(without) < len(sources):
        keyed = listing(source.subgraph.name for source in sources if source.type.keys)
        message = f'"{without[0].type.name}" has a @key in {keyed}, but not in'
        message += f" {listing(source.subgraph.name for source in without)}."
        report.hint("INCONSISTENT_ENTITY", message, without[0].subgraph.name, without[0].type.place)

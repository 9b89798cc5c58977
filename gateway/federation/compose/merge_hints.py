"""Differences between subgraphs that are allowed, but may be an oversight of somebody."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.federation.compose.model import ROOT_NAMES, Kind
from gateway.federation.compose.report import Report, by_value, listing
from gateway.federation.compose.sources import FieldSource, TypeSource
from gateway.federation.compose.type_text import named


def hint_type_differences(sources: Sequence[TypeSource], report: Report) -> None:
    """Hints about one type as a whole, given everywhere it is defined."""
    kind = sources[0].type.merged_kind
    if kind is Kind.UNION:
        _hint_members(sources, report)
    elif kind is Kind.OBJECT:
        _hint_entity(sources, report)
        if not any(source.type.keys for source in sources) and sources[0].type.name not in ROOT_NAMES:
            _hint_fields(sources, "INCONSISTENT_OBJECT_VALUE_TYPE_FIELD", report)
    elif kind is Kind.INTERFACE and not any(source.type.keys for source in sources):
        _hint_fields(sources, "INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD", report)


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


def _hint_fields(sources: Sequence[TypeSource], code: str, report: Report) -> None:
    """A field of a type without a key that only some subgraphs have: objects found in the others may lack it."""
    for name in dict.fromkeys(name for source in sources for name in source.type.fields):
        having = [source for source in sources if name in source.type.fields]
        without = [source.subgraph.name for source in sources if name not in source.type.fields]
        if without:
            first = having[0]
            message = f'"{first.type.name}.{name}" is not in {listing(without)}, and the type has no @key to get it by.'
            report.hint(code, message, first.subgraph.name, first.type.fields[name].place)


def hint_runtime_types(coordinate: str, sources: Sequence[FieldSource], report: Report) -> None:
    """A shared field whose objects can be of other types in one subgraph than in another: common ones count."""
    resolving = [source for source in sources if source.resolves]
    if len(resolving) < 2:
        return
    possible: dict[str, frozenset[str]] = {}
    for source in resolving:
        target = source.subgraph.types.get(named(source.field.type))
        if target is None or not target.composite or target.interface_object:
            return
        possible[source.name] = frozenset(source.subgraph.possible(target.name))
    if len(set(possible.values())) > 1:
        told = by_value((name, listing(sorted(types)) or "nothing") for name, types in possible.items())
        message = f'"{coordinate}" is shared, but can be of other types in one subgraph than in another: {told}.'
        first = resolving[0]
        report.hint("INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN", message, first.name, first.place)

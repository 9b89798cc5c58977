"""Who may define a field: one that several subgraphs resolve must be shareable in each of them."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.federation.compose.report import Report, listing
from gateway.federation.compose.sources import FieldSource, MergeContext


def check_sharing(context: MergeContext, type_name: str, sources: Sequence[FieldSource], report: Report) -> None:
    """Report INVALID_FIELD_SHARING for a field of an object type, given its remaining sources.

    Sources that reach the type through an interface object count as well.
    """
    resolving = [source for source in sources if _resolves(context, source) and not _yields(source, sources)]
    if len(resolving) < 2:
        return
    guilty = [source for source in resolving if not _is_shareable(context, source)]
    if not guilty:
        return
    coordinate = f"{type_name}.{guilty[0].field.name}"
    where = "in all of them" if len(guilty) == len(resolving) else f"in {listing(source.name for source in guilty)}"
    message = (
        f'"{coordinate}" is resolved by {_places(type_name, resolving)}, but is not shareable {where}.'
        f" Mark it @shareable there, or keep it in one subgraph only.{_misspelt(context, sources)}"
    )
    report.error("INVALID_FIELD_SHARING", message, guilty[0].name, guilty[0].place)


def _resolves(context: MergeContext, source: FieldSource) -> bool:
    """The subgraph gives the field somewhere, if only on the path of a @provides."""
    return source.resolves or (
        not source.used_overridden and (source.type.name, source.field.name) in context.provided[source.name]
    )


def _is_shareable(context: MergeContext, source: FieldSource) -> bool:
    """@shareable stands on it, or it is part of a key or of a @provides, which share by their nature."""
    coordinate = (source.type.name, source.field.name)
    return (
        source.field.shareable
        or coordinate in context.keyed[source.name]
        or (source.field.external and coordinate in context.provided[source.name])
    )


def _places(type_name: str, sources: Sequence[FieldSource]) -> str:
    """The subgraphs, and through which interface object where that is so."""
    direct = [source.name for source in sources if source.type.name == type_name]
    indirect = [
        f'"{source.name}" (through the interface object "{source.type.name}")'
        for source in sources
        if source.type.name != type_name
    ]
    return " and ".join(part for part in (listing(direct), *indirect) if part)


def _yields(source: FieldSource, sources: Sequence[FieldSource]) -> bool:
    """It is the old owner in a progressive override: at any time only one side resolves the field."""
    return source.label is not None and any(
        other.field.override is not None and other.field.override.source == source.name for other in sources
    )


def _misspelt(context: MergeContext, sources: Sequence[FieldSource]) -> str:
    for source in sources:
        override = source.field.override
        if override is not None and override.source not in context.graphs:
            return f' Its @override in "{source.name}" names "{override.source}", which is no subgraph: is it misspelt?'
    return ""

"""Who may define a field: one that several subgraphs resolve must be shareable in each of them."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.federation.compose.externals import key_fields
from gateway.federation.compose.report import Report, listing
from gateway.federation.compose.sources import FieldSource


def is_shareable(source: FieldSource) -> bool:
    """@shareable stands on it, or it is part of a key (which every subgraph must be able to give)."""
    return source.field.shareable or (source.type.name, source.field.name) in key_fields(source.subgraph)


def check_sharing(type_name: str, sources: Sequence[FieldSource], report: Report) -> None:
    """Report INVALID_FIELD_SHARING for a field of an object type, given its remaining sources."""
    resolving = [source for source in sources if source.resolves and not _yields(source, sources)]
    if len(resolving) < 2:
        return
    guilty = [source for source in resolving if not is_shareable(source)]
    if not guilty:
        return
    coordinate = f"{type_name}.{guilty[0].field.name}"
    names = listing(source.name for source in resolving)
    where = "in all of them" if len(guilty) == len(resolving) else f"in {listing(source.name for source in guilty)}"
    message = (
        f'"{coordinate}" is resolved by {names}, but is not shareable {where}. Mark it @shareable there, or keep it in'
        f" one subgraph only.{_misspelt(sources)}"
    )
    report.error("INVALID_FIELD_SHARING", message, guilty[0].name, guilty[0].place)


def _yields(source: FieldSource, sources: Sequence[FieldSource]) -> bool:
    """It is the old owner in a progressive override: at any time only one side resolves the field."""
    return source.label is not None and any(
        other.field.override is not None and other.field.override.source == source.name for other in sources
    )


def _misspelt(sources: Sequence[FieldSource]) -> str:
    for source in sources:
        if source.field.override is not None:
            return f' Its @override in "{source.name}" names "{source.field.override.source}": is that spelt right?'
    return ""

"""External declarations beside the field they stand for: they must say what the resolving subgraphs say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.federation.compose.merged import MergedArgument
from gateway.federation.compose.report import Report, listing
from gateway.federation.compose.sources import FieldSource, MergeContext
from gateway.federation.compose.type_text import is_subtype


def report_missing_base(coordinate: str, sources: Sequence[FieldSource], report: Report) -> None:
    """All declarations of the field are external: nobody resolves it."""
    first = sources[0]
    message = (
        f'"{coordinate}" is marked @external in every subgraph that declares it'
        f" ({listing(source.name for source in sources)})."
        " Declare it without @external in the subgraph that resolves it."
    )
    report.error("EXTERNAL_MISSING_ON_BASE", message, first.name, first.place)


def check_externals(
    context: MergeContext,
    coordinate: str,
    sources: Sequence[FieldSource],
    merged_type: str,
    arguments: Mapping[str, MergedArgument],
    report: Report,
) -> None:
    """Compare each external declaration with the merged field."""
    for source in sources:
        if not source.field.external:
            continue
        if source.field.type != merged_type:
            message = (
                f'"{coordinate}" is {merged_type} where it is resolved, but {source.field.type} in "{source.name}",'
                f" where it is @external. Write {merged_type}."
            )
            report.error("EXTERNAL_TYPE_MISMATCH", message, source.name, source.place)
        for argument in arguments.values():
            _check_argument(context, coordinate, source, argument, report)


def _check_argument(
    context: MergeContext, coordinate: str, source: FieldSource, merged: MergedArgument, report: Report
) -> None:
    """Compare one argument of an external declaration with the merged argument. It may take more than that."""
    name = f'"{coordinate}({merged.name}:)"'
    own = source.field.arguments.get(merged.name)
    if own is None:
        message = f'{name} is missing in "{source.name}", where the field is @external. Add the argument.'
        report.error("EXTERNAL_ARGUMENT_MISSING", message, source.name, source.place)
        return
    if not is_subtype(merged.type, own.type, context.is_subtype):
        message = f'{name} is {merged.type}, but {own.type} in "{source.name}", where the field is @external.'
        report.error("EXTERNAL_ARGUMENT_TYPE_MISMATCH", f"{message} Write {merged.type}.", source.name, own.place)
    if own.default != merged.default:
        message = (
            f'{name} has the default {merged.default or "none"}, but {own.default or "none"} in "{source.name}",'
            " where the field is @external. Make them equal."
        )
        report.error("EXTERNAL_ARGUMENT_DEFAULT_MISMATCH", message, source.name, own.place)

"""Merging input objects: only fields that every subgraph has remain, since any of them may be sent the value."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.federation.compose.merge_arguments import merge_argument
from gateway.federation.compose.merged import JoinField, MergedField
from gateway.federation.compose.model import ArgumentDef, FieldDef
from gateway.federation.compose.report import Report, listing
from gateway.federation.compose.sources import MergeContext, TypeSource

_CODES = ("FIELD_TYPE_MISMATCH", "INPUT_FIELD_DEFAULT_MISMATCH")


def merge_input_fields(context: MergeContext, types: Sequence[TypeSource], report: Report) -> dict[str, MergedField]:
    """The fields that all have, in order of declaration."""
    type_name = types[0].type.name
    merged: dict[str, MergedField] = {}
    for name in dict.fromkeys(name for source in types for name in source.type.fields):
        found = [(source.subgraph.name, source.type.fields[name]) for source in types if name in source.type.fields]
        if len(found) < len(types):
            without = [source.subgraph.name for source in types if name not in source.type.fields]
            if not _is_hidden(found):
                _partial_field(f"{type_name}.{name}", found, without, report)
                continue
        merged[name] = _merge_field(context, f"{type_name}.{name}", found, len(types), report)
    if not merged:
        message = (
            f'The input "{type_name}" has no field that all subgraphs with it have'
            f" ({listing(source.subgraph.name for source in types)})."
            " Give it one, or rename it where it is another type."
        )
        report.error("EMPTY_MERGED_INPUT_TYPE", message, types[0].subgraph.name, types[0].type.place)
    return merged


def _is_hidden(found: Sequence[tuple[str, FieldDef]]) -> bool:
    """No client can send an inaccessible field, so it may stay although some subgraph does not know it."""
    return any(applied.name == "inaccessible" for _, field in found for applied in field.applied)


def _partial_field(
    coordinate: str, found: Sequence[tuple[str, FieldDef]], without: Sequence[str], report: Report
) -> None:
    """Report a field that not all have."""
    for subgraph, field in found:
        if field.required:
            message = (
                f'"{coordinate}" is required in "{subgraph}" but missing in {listing(without)}.'
                " Add it there, or make it optional."
            )
            report.error("REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH", message, subgraph, field.place)
            return
    subgraph, field = found[0]
    message = f'"{coordinate}" is left out: {listing(without)} does not have it.'
    report.hint("INCONSISTENT_INPUT_OBJECT_FIELD", message, subgraph, field.place)


def _merge_field(
    context: MergeContext, coordinate: str, found: Sequence[tuple[str, FieldDef]], homes: int, report: Report
) -> MergedField:
    """homes: how many subgraphs have the input object."""
    merged = merge_argument(context, coordinate, [(name, _as_argument(field)) for name, field in found], report, _CODES)
    same_type = all(field.type == merged.type for _, field in found)
    joins = tuple(JoinField(context.graph_id(name), type=None if same_type else field.type) for name, field in found)
    return MergedField(
        name=merged.name,
        type=merged.type,
        description=merged.description,
        default=merged.default,
        directives=merged.directives,
        joins=() if len(found) == homes and same_type else joins,
    )


def _as_argument(field: FieldDef) -> ArgumentDef:
    return ArgumentDef(field.name, field.type, field.default, field.description, field.applied, field.place)

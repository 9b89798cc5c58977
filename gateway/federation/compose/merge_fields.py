"""Merging the fields of objects and interfaces: types, arguments, and the @join__field each subgraph needs."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.federation.compose.field_sets import canonical_text
from gateway.federation.compose.merge_directives import merge_applied
from gateway.federation.compose.merged import JoinField, MergedArgument, MergedField
from gateway.federation.compose.model import QUERY, ArgumentDef, Kind
from gateway.federation.compose.overrides import resolve_overrides
from gateway.federation.compose.report import Report, by_value, listing
from gateway.federation.compose.sharing import check_sharing
from gateway.federation.compose.sources import FieldSource, MergeContext, TypeSource, merged_description
from gateway.federation.compose.type_text import is_subtype


def merge_output_fields(context: MergeContext, types: Sequence[TypeSource], report: Report) -> dict[str, MergedField]:
    """All fields of an object or interface, in the order in which the subgraphs declare them."""
    names = dict.fromkeys(name for source in types for name in source.type.fields)
    merged = {name: _merge_field(context, types, name, report) for name in names}
    return {name: field for name, field in merged.items() if field is not None}


def _merge_field(context: MergeContext, types: Sequence[TypeSource], name: str, report: Report) -> MergedField | None:
    declared = [
        FieldSource(source.subgraph, source.type, source.type.fields[name])
        for source in types
        if name in source.type.fields
    ]
    type_name = types[0].type.name
    if all(source.field.external for source in declared):
        _all_external(type_name, declared, report)
        return None
    sources = resolve_overrides(context, declared, report)
    if types[0].type.merged_kind is Kind.OBJECT:
        check_sharing(type_name, sources, report)
    resolving = [source for source in sources if source.resolves] or list(sources)
    merged_type = merge_output_type(context, f"{type_name}.{name}", resolving, report)
    arguments = _merge_arguments(context, f"{type_name}.{name}", resolving, report)
    joins = _joins(context, types, sources, merged_type)
    return MergedField(
        name=name,
        type=merged_type,
        description=merged_description([source.field.description for source in declared]),
        arguments=arguments,
        directives=merge_applied(source.field.applied for source in declared),
        joins=joins,
        lookups=tuple(context.graph_id(source.name) for source in sources if source.field.lookup is not None),
    )


def _all_external(type_name: str, sources: Sequence[FieldSource], report: Report) -> None:
    first = sources[0]
    message = (
        f'"{type_name}.{first.field.name}" is marked @external in every subgraph that declares it'
        f" ({listing(source.name for source in sources)})."
        " Declare it without @external in the subgraph that resolves it."
    )
    report.error("EXTERNAL_MISSING_ON_BASE", message, first.name, first.place)


def merge_output_type(context: MergeContext, coordinate: str, sources: Sequence[FieldSource], report: Report) -> str:
    """The most general of the subgraphs' types, of which all others must be subtypes."""
    types = [source.field.type for source in sources]
    for candidate in types:
        if all(is_subtype(other, candidate, context.is_subtype) for other in types):
            return candidate
    values = by_value((source.name, source.field.type) for source in sources)
    message = (
        f'"{coordinate}" has types that do not agree: {values}.'
        " Use one type, or types of which one includes the others."
    )
    report.error("FIELD_TYPE_MISMATCH", message, sources[0].name, sources[0].place)
    return types[0]


def _merge_arguments(
    context: MergeContext, coordinate: str, sources: Sequence[FieldSource], report: Report
) -> dict[str, MergedArgument]:
    """The arguments that every resolving subgraph has."""
    names = dict.fromkeys(name for source in sources for name in source.field.arguments)
    merged: dict[str, MergedArgument] = {}
    for name in names:
        found = [(source.name, source.field.arguments[name]) for source in sources if name in source.field.arguments]
        if len(found) < len(sources):
            without = [source.name for source in sources if name not in source.field.arguments]
            _partial_argument(f"{coordinate}({name}:)", found, without, report)
            continue
        merged[name] = merge_argument(context, f"{coordinate}({name}:)", found, report)
    return merged


def _partial_argument(
    coordinate: str, found: Sequence[tuple[str, ArgumentDef]], without: Sequence[str], report: Report
) -> None:
    for subgraph, argument in found:
        if argument.required:
            message = (
                f'"{coordinate}" is required in "{subgraph}" but missing in {listing(without)}.'
                " Add it there, or make it optional."
            )
            report.error("REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH", message, subgraph, argument.place)
            return
    subgraph, argument = found[0]
    message = f'"{coordinate}" is left out: {listing(without)} does not have it.'
    report.hint("INCONSISTENT_ARGUMENT_PRESENCE", message, subgraph, argument.place)


def merge_argument(
    context: MergeContext,
    coordinate: str,
    found: Sequence[tuple[str, ArgumentDef]],
    report: Report,
    codes: tuple[str, str] = ("FIELD_ARGUMENT_TYPE_MISMATCH", "FIELD_ARGUMENT_DEFAULT_MISMATCH"),
) -> MergedArgument:
    """One argument (or input field) of (subgraph, definition) pairs. codes: for disagreeing types and defaults."""
    first = found[0][1]
    return MergedArgument(
        name=first.name,
        type=merge_input_type(context, coordinate, found, report, codes[0]),
        default=_merge_default(coordinate, found, report, codes[1]),
        description=merged_description([argument.description for _, argument in found]),
        directives=merge_applied(argument.applied for _, argument in found),
    )


def merge_input_type(
    context: MergeContext, coordinate: str, found: Sequence[tuple[str, ArgumentDef]], report: Report, code: str
) -> str:
    """The most specific of the subgraphs' types, which must be a subtype of all others."""
    types = [argument.type for _, argument in found]
    for candidate in types:
        if all(is_subtype(candidate, other, context.is_subtype) for other in types):
            return candidate
    values = by_value((subgraph, argument.type) for subgraph, argument in found)
    subgraph, first = found[0]
    message = f'"{coordinate}" has types that do not agree: {values}. Use types that differ in nullability only.'
    report.error(code, message, subgraph, first.place)
    return first.type


def _merge_default(coordinate: str, found: Sequence[tuple[str, ArgumentDef]], report: Report, code: str) -> str | None:
    """The default all agree on. Where only some have one there is none: each subgraph then applies its own."""
    defaults = {argument.default for _, argument in found}
    if len(defaults) == 1:
        return defaults.pop()
    values = by_value((subgraph, argument.default or "none") for subgraph, argument in found)
    subgraph, first = found[0]
    message = f'"{coordinate}" has defaults that do not agree: {values}.'
    if None in defaults and len(defaults) == 2:
        report.hint("INCONSISTENT_DEFAULT_VALUE_PRESENCE", message + " None is used.", subgraph, first.place)
        return None
    report.error(code, message + " Use one default.", subgraph, first.place)
    return first.default


def _joins(
    context: MergeContext, types: Sequence[TypeSource], sources: Sequence[FieldSource], merged_type: str
) -> tuple[JoinField, ...]:
    """One per source, or none at all when the field is simply everywhere its type is."""
    joins = tuple(_join(context, source, merged_type) for source in sources)
    # Every subgraph takes part in the root query type, whether it adds fields to it or not.
    homes = len(context.subgraphs) if types[0].type.name == QUERY else len(types)
    everywhere = len(sources) == homes
    return () if everywhere and all(join.plain for join in joins) else joins


def _join(context: MergeContext, source: FieldSource, merged_type: str) -> JoinField:
    field = source.field
    return JoinField(
        graph=context.graph_id(source.name),
        requires=canonical_text(field.requires.text) if field.requires and field.requires.text is not None else None,
        provides=canonical_text(field.provides.text) if field.provides and field.provides.text is not None else None,
        type=None if field.type == merged_type else field.type,
        external=field.external,
        override=field.override.source if field.override else None,
        used_overridden=source.used_overridden,
        override_label=source.label or (field.override.label if field.override else None),
    )

"""Merging the fields of objects and interfaces: types, arguments, and the @join__field each subgraph needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gateway.federation.compose.context import context_use, supergraph_context
from gateway.federation.compose.field_sets import canonical_text
from gateway.federation.compose.merge_arguments import merge_field_arguments
from gateway.federation.compose.merge_directives import merge_applied
from gateway.federation.compose.merge_externals import check_externals, report_missing_base
from gateway.federation.compose.merge_hints import hint_runtime_types
from gateway.federation.compose.merged import ContextArgument, JoinField, MergedField
from gateway.federation.compose.model import QUERY, Applied, Kind
from gateway.federation.compose.overrides import resolve_overrides
from gateway.federation.compose.report import Report, by_value
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
    coordinate = f"{type_name}.{name}"
    through_interfaces = context.interface_object_sources(type_name, name)
    if all(source.field.external for source in declared) and not through_interfaces:
        report_missing_base(coordinate, declared, report)
        return None
    sources = resolve_overrides(context, declared, report)
    if types[0].type.merged_kind is Kind.OBJECT:
        check_sharing(context, type_name, sources + through_interfaces, report)
        hint_runtime_types(coordinate, sources, report)
    # An old owner that lost the field still counts here: clients must not see its type change with a takeover.
    owning = [source for source in declared if not source.field.external] or declared
    merged_type = merge_output_type(context, coordinate, owning, report)
    arguments = merge_field_arguments(context, coordinate, owning, report)
    check_externals(context, coordinate, sources, merged_type, arguments, report)
    same_type = all(source.field.type == merged_type for source in owning)
    return MergedField(
        name=name,
        type=merged_type,
        description=merged_description([source.field.description for source in declared]),
        arguments=arguments,
        directives=merge_applied(_applied(source) for source in declared),
        joins=_joins(context, types, sources, same_type),
        lookups=tuple(context.graph_id(source.name) for source in sources if source.field.lookup is not None),
    )


def _applied(source: FieldSource) -> list[Applied]:
    """An external declaration says nothing about the field beyond its being there."""
    return [applied for applied in source.field.applied if not (applied.composed and source.field.external)]


def merge_output_type(context: MergeContext, coordinate: str, sources: Sequence[FieldSource], report: Report) -> str:
    """The most general of the subgraphs' types, of which all others must be subtypes."""
    types = [source.field.type for source in sources]
    values = by_value((source.name, source.field.type) for source in sources)
    for candidate in types:
        if all(is_subtype(other, candidate, context.is_subtype) for other in types):
            if len(set(types)) > 1:
                message = f'"{coordinate}" is not the same type everywhere: {values}. {candidate} is used.'
                report.hint("INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE", message, sources[0].name, sources[0].place)
            return candidate
    message = (
        f'"{coordinate}" has types that do not agree: {values}.'
        " Use one type, or types of which one includes the others."
    )
    report.error("FIELD_TYPE_MISMATCH", message, sources[0].name, sources[0].place)
    return types[0]


def _joins(
    context: MergeContext, types: Sequence[TypeSource], sources: Sequence[FieldSource], same_type: bool
) -> tuple[JoinField, ...]:
    """One per source, or none at all when the field is simply everywhere its type is."""
    joins = tuple(_join(context, source, same_type) for source in sources)
    # Every subgraph takes part in the root query type, whether it adds fields to it or not.
    homes = len(context.subgraphs) if types[0].type.name == QUERY else len(types)
    everywhere = len(sources) == homes
    return () if everywhere and all(_says_nothing(context, join) for join in joins) else joins


def _says_nothing(context: MergeContext, join: JoinField) -> bool:
    """A takeover from a subgraph that there is not changes nothing."""
    return replace(join, override=None).plain if join.override not in context.graphs else join.plain


def _join(context: MergeContext, source: FieldSource, same_type: bool) -> JoinField:
    field = source.field
    return JoinField(
        graph=context.graph_id(source.name),
        requires=canonical_text(field.requires.text) if field.requires and field.requires.text is not None else None,
        provides=canonical_text(field.provides.text) if field.provides and field.provides.text is not None else None,
        type=None if same_type else field.type,
        external=field.external,
        override=_taken_from(context, source),
        used_overridden=source.used_overridden,
        override_label=source.label,
        contexts=tuple(_context_arguments(source)),
    )


def _context_arguments(source: FieldSource) -> Iterator[ContextArgument]:
    for argument in source.field.arguments.values():
        use = context_use(argument)
        if use is not None:
            context = supergraph_context(source.name, use.context)
            yield ContextArgument(context, argument.name, argument.type, canonical_text(use.selection))


def _taken_from(context: MergeContext, source: FieldSource) -> str | None:
    """The subgraph that the field is taken over from, unless it is one that lacks the type."""
    override = source.field.override
    if override is None:
        return None
    homes = {home.subgraph.name for home in context.types[source.type.name]}
    is_idle = override.source in context.graphs.keys() - homes and source.type.name != QUERY
    return None if is_idle else override.source

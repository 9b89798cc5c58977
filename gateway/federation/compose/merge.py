"""Merging all subgraphs into one schema, type by type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from gateway.federation.compose.access_rules import spread_access_rules
from gateway.federation.compose.compose_directives import (
    check_composed,
    composed_definitions,
    composed_links,
    hint_other_versions,
    schema_applications,
)
from gateway.federation.compose.context import supergraph_context
from gateway.federation.compose.field_sets import canonical_text
from gateway.federation.compose.interface_objects import add_interface_object_fields
from gateway.federation.compose.merge_directives import merge_applied
from gateway.federation.compose.merge_enums import enum_use, merge_enum_values
from gateway.federation.compose.merge_executables import merge_executable_directives
from gateway.federation.compose.merge_fields import merge_output_fields
from gateway.federation.compose.merge_hints import hint_type_differences
from gateway.federation.compose.merge_inputs import merge_input_fields
from gateway.federation.compose.merged import JoinType, MergedDirective, MergedSchema, MergedType
from gateway.federation.compose.model import QUERY, Kind, Subgraph
from gateway.federation.compose.report import Report, by_value
from gateway.federation.compose.sources import MergeContext, TypeSource, merge_context, merged_description
from gateway.federation.compose.supergraph_specs import SPEC_OF, SPECS

_BUILT_IN_SCALARS = frozenset({"Int", "Float", "String", "Boolean", "ID"})


def merge(subgraphs: Sequence[Subgraph], report: Report) -> MergedSchema:
    """One schema of all subgraphs, which are sorted by name. Problems go to the report."""
    context = merge_context(subgraphs)
    check_composed(subgraphs, report)
    hint_other_versions(subgraphs, report)
    _check_kinds(context, report)
    types = {
        name: _merge_type(context, _of_one_kind(sources), report)
        for name, sources in context.types.items()
        if name not in _BUILT_IN_SCALARS
    }
    types = spread_access_rules(context, add_interface_object_fields(context, types, report))
    use = enum_use(context, types.values())
    for name, merged in types.items():
        if merged.kind is Kind.ENUM:
            types[name] = replace(
                merged, values=merge_enum_values(context, _of_one_kind(context.types[name]), use, report)
            )
    directives = merge_executable_directives(context, report)
    return MergedSchema(
        graphs=tuple(context.graphs.values()),
        types=types,
        directives=(*directives, *composed_definitions(subgraphs)),
        specs=_used_specs(types.values(), directives),
        links=composed_links(subgraphs),
        applied=tuple(schema_applications(subgraphs)),
    )


def _check_kinds(context: MergeContext, report: Report) -> None:
    """Report types that are of several kinds."""
    for name, sources in context.types.items():
        if len({source.type.merged_kind for source in sources}) > 1:
            values = by_value((source.subgraph.name, _kind_text(source)) for source in sources)
            message = f'"{name}" is not the same kind of type everywhere: {values}. Rename one, or make them one kind.'
            report.error("TYPE_KIND_MISMATCH", message, sources[0].subgraph.name, sources[0].type.place)


def _of_one_kind(sources: Sequence[TypeSource]) -> list[TypeSource]:
    """Those of the first one's kind, so that what is wrong with them besides can be told as well."""
    return [source for source in sources if source.type.merged_kind is sources[0].type.merged_kind]


def _kind_text(source: TypeSource) -> str:
    return "Interface Object" if source.type.interface_object else source.type.kind.value


def _merge_type(context: MergeContext, sources: Sequence[TypeSource], report: Report) -> MergedType:
    """All of a type but the values of an enum, which depend on how all others use it."""
    hint_type_differences(sources, report)
    first = sources[0].type
    kind = first.merged_kind
    fields = {}
    if kind in (Kind.OBJECT, Kind.INTERFACE):
        fields = merge_output_fields(context, sources, report)
    elif kind is Kind.INPUT:
        fields = merge_input_fields(context, sources, report)
    return MergedType(
        name=first.name,
        kind=kind,
        description=merged_description([source.type.description for source in sources]),
        directives=(*merge_applied(source.type.applied for source in sources), *_contexts(sources)),
        joins=tuple(_join_types(context, sources)),
        implements=tuple(
            (context.graph_id(source.subgraph.name), interface)
            for source in sources
            for interface in sorted(source.type.interfaces)
        ),
        fields=fields,
        members=tuple(
            (context.graph_id(source.subgraph.name), member)
            for source in sources
            for member in sorted(source.type.members)
        ),
    )


def _contexts(sources: Sequence[TypeSource]) -> Iterator[str]:
    """Which contexts the type sets, in each of its subgraphs."""
    for source in sources:
        for name in source.type.contexts:
            yield f'@context(name: "{supergraph_context(source.subgraph.name, name)}")'


def _join_types(context: MergeContext, sources: Sequence[TypeSource]) -> Iterator[JoinType]:
    """One per key, or one where there is none. Every subgraph takes part in the root query type."""
    name = sources[0].type.name
    present = {source.subgraph.name: source for source in sources}
    for subgraph in context.subgraphs:
        graph = context.graph_id(subgraph.name)
        source = present.get(subgraph.name)
        if source is None:
            if name == QUERY:
                yield JoinType(graph)
            continue
        keys = [key for key in source.type.keys if key.fields.text is not None]
        if not keys:
            yield JoinType(graph, interface_object=source.type.interface_object)
        for key in keys:
            text = canonical_text(key.fields.text or "")
            yield JoinType(graph, text, key.resolvable, source.type.interface_object)


def _used_specs(types: Iterable[MergedType], directives: Iterable[MergedDirective]) -> tuple[str, ...]:
    """Which specifications the carried directives come from."""
    texts = [
        text for directive in directives for argument in directive.arguments.values() for text in argument.directives
    ]
    for merged in types:
        texts.extend(merged.directives)
        for field in merged.fields.values():
            texts.extend(field.directives)
            for argument in field.arguments.values():
                texts.extend(argument.directives)
        for value in merged.values:
            texts.extend(value.directives)
    names = {text[1:].split("(", 1)[0] for text in texts}
    used = {SPEC_OF.get(name, name) for name in names}
    return tuple(name for name in SPECS if name in used)

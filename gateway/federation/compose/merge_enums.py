"""Merging enums, whose rule depends on whether clients send them, receive them, or both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.federation.compose.merge_directives import merge_applied
from gateway.federation.compose.merged import MergedType, MergedValue
from gateway.federation.compose.model import Kind
from gateway.federation.compose.report import Report, listing
from gateway.federation.compose.sources import MergeContext, TypeSource, merged_description
from gateway.federation.compose.type_text import named


@dataclass(frozen=True, slots=True)
class EnumUse:
    """Names of the types that stand in output and in input positions."""

    output: frozenset[str]
    input: frozenset[str]


def enum_use(context: MergeContext, merged: Iterable[MergedType]) -> EnumUse:
    """Where each named type is used by the merged types, or by an input field, even one that was left out."""
    output: set[str] = set()
    sent: set[str] = set()
    for merged_type in merged:
        for field in merged_type.fields.values():
            sent.update(named(argument.type) for argument in field.arguments.values())
            if merged_type.kind is not Kind.INPUT:
                output.add(named(field.type))
    for sources in context.types.values():
        for source in sources:
            if source.type.kind is Kind.INPUT:
                sent.update(named(field.type) for field in source.type.fields.values())
    return EnumUse(frozenset(output), frozenset(sent))


def merge_enum_values(
    context: MergeContext, sources: Sequence[TypeSource], use: EnumUse, report: Report
) -> tuple[MergedValue, ...]:
    """Output only or unused: all values. Input only: the common ones. Both: all subgraphs must have the same."""
    name = sources[0].type.name
    is_input, is_output = name in use.input, name in use.output
    merged: list[MergedValue] = []
    for value in dict.fromkeys(value for source in sources for value in source.type.values):
        having = [source for source in sources if value in source.type.values]
        without = [source.subgraph.name for source in sources if value not in source.type.values]
        hidden = any(
            applied.name == "inaccessible" for source in having for applied in source.type.values[value].applied
        )
        if without and is_input and hidden:
            pass  # No client can send or see it, so the subgraphs need not agree on it.
        elif without and is_input and is_output:
            _report(report, "ENUM_VALUE_MISMATCH", name, value, having, without)
        elif without and is_input:
            message = f'"{name}.{value}" is left out: {listing(without)} does not have it.'
            first = having[0]
            report.hint("INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM", message, first.subgraph.name, first.type.place)
            continue
        elif without:
            message = f'"{name}.{value}" is unknown to {listing(without)}.'
            first = having[0]
            report.hint("INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM", message, first.subgraph.name, first.type.place)
        merged.append(_merge_value(context, value, having))
    if not merged:
        message = (
            f'The enum "{name}" is used for input, and no value is in all of'
            f" {listing(source.subgraph.name for source in sources)}. Give it a common value."
        )
        report.error("EMPTY_MERGED_ENUM_TYPE", message, sources[0].subgraph.name, sources[0].type.place)
    return tuple(merged)


def _report(
    report: Report, code: str, name: str, value: str, having: Sequence[TypeSource], without: Sequence[str]
) -> None:
    first = having[0]
    message = (
        f'"{name}" is used for input and for output, so all subgraphs need the same values, but'
        f' "{value}" is in {listing(source.subgraph.name for source in having)} and not in {listing(without)}.'
        " Add it there, or remove it."
    )
    report.error(code, message, first.subgraph.name, first.type.values[value].place)


def _merge_value(context: MergeContext, value: str, having: Sequence[TypeSource]) -> MergedValue:
    definitions = [source.type.values[value] for source in having]
    return MergedValue(
        name=value,
        description=merged_description([definition.description for definition in definitions]),
        directives=merge_applied(definition.applied for definition in definitions),
        graphs=tuple(context.graph_id(source.subgraph.name) for source in having),
    )

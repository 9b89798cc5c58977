"""Merging arguments, of fields and of directives, and input fields, which follow the same rules.

Any subgraph may be sent the value, so the type is the most specific one and the default the one all agree on.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.federation.compose.context import check_nowhere_else
from gateway.federation.compose.literals import canonical_literal
from gateway.federation.compose.merge_directives import merge_applied
from gateway.federation.compose.merged import MergedArgument
from gateway.federation.compose.model import ArgumentDef
from gateway.federation.compose.report import Report, by_value, listing
from gateway.federation.compose.sources import FieldSource, MergeContext, merged_description
from gateway.federation.compose.type_text import is_subtype


def merge_field_arguments(
    context: MergeContext, coordinate: str, sources: Sequence[FieldSource], report: Report
) -> dict[str, MergedArgument]:
    """The arguments that every resolving subgraph has, and that clients give."""
    names = dict.fromkeys(name for source in sources for name in source.field.arguments)
    merged: dict[str, MergedArgument] = {}
    for name in names:
        found = [(source.name, source.field.arguments[name]) for source in sources if name in source.field.arguments]
        if any(argument.from_context is not None for _, argument in found):
            for subgraph, message, place in check_nowhere_else(f"{coordinate}({name}:)", found):
                report.error("CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS", message, subgraph, place)
            continue
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
    values = by_value((subgraph, argument.type) for subgraph, argument in found)
    subgraph, first = found[0]
    for candidate in types:
        if all(is_subtype(candidate, other, context.is_subtype) for other in types):
            if len(set(types)) > 1:
                message = f'"{coordinate}" is not the same type everywhere: {values}. {candidate} is used.'
                report.hint("INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE", message, subgraph, first.place)
            return candidate
    message = f'"{coordinate}" has types that do not agree: {values}. Use types that differ in nullability only.'
    report.error(code, message, subgraph, first.place)
    return first.type


def _merge_default(coordinate: str, found: Sequence[tuple[str, ArgumentDef]], report: Report, code: str) -> str | None:
    """The default all agree on. Where only some have one there is none: each subgraph then applies its own."""
    defaults = {None if argument.default is None else canonical_literal(argument.default) for _, argument in found}
    if len(defaults) == 1:
        return found[0][1].default
    values = by_value((subgraph, argument.default or "none") for subgraph, argument in found)
    subgraph, first = found[0]
    message = f'"{coordinate}" has defaults that do not agree: {values}.'
    if None in defaults and len(defaults) == 2:
        report.hint("INCONSISTENT_DEFAULT_VALUE_PRESENCE", message + " None is used.", subgraph, first.place)
        return None
    report.error(code, message + " Use one default.", subgraph, first.place)
    return first.default

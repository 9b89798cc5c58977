"""Merging executable directives: one that clients may write must be known to every subgraph, at the same places."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.federation.compose.compose_directives import composed_names
from gateway.federation.compose.merge_arguments import merge_argument
from gateway.federation.compose.merged import MergedArgument, MergedDirective
from gateway.federation.compose.model import DirectiveDef
from gateway.federation.compose.report import Report, listing
from gateway.federation.compose.sources import MergeContext, merged_description

EXECUTABLE_LOCATIONS = frozenset(
    {
        "QUERY",
        "MUTATION",
        "SUBSCRIPTION",
        "FIELD",
        "FRAGMENT_DEFINITION",
        "FRAGMENT_SPREAD",
        "INLINE_FRAGMENT",
        "VARIABLE_DEFINITION",
    }
)
_BUILT_IN = frozenset({"skip", "include", "deprecated", "specifiedBy", "oneOf", "defer", "stream"})


def merge_executable_directives(context: MergeContext, report: Report) -> tuple[MergedDirective, ...]:
    """The directives that all subgraphs define, at the places they have in common, sorted by name."""
    defined = {name for subgraph in context.subgraphs for name in subgraph.directives}
    names = sorted(defined - _BUILT_IN - composed_names(context.subgraphs))
    merged: list[MergedDirective] = []
    for name in names:
        found = [(sub.name, sub.directives[name]) for sub in context.subgraphs if name in sub.directives]
        if not any(EXECUTABLE_LOCATIONS.intersection(directive.locations) for _, directive in found):
            continue
        without = [subgraph.name for subgraph in context.subgraphs if name not in subgraph.directives]
        locations = _common_locations([directive for _, directive in found])
        if without or not locations:
            _hint(report, name, found, without)
            continue
        merged.append(_merge(context, name, found, locations, report))
    return tuple(merged)


def _common_locations(directives: Sequence[DirectiveDef]) -> list[str]:
    common = set(EXECUTABLE_LOCATIONS)
    for directive in directives:
        common &= set(directive.locations)
    return sorted(common)


def _hint(report: Report, name: str, found: Sequence[tuple[str, DirectiveDef]], without: Sequence[str]) -> None:
    subgraph, directive = found[0]
    if without:
        message = f"@{name} is left out: {listing(without)} does not define it."
        report.hint("INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE", message, subgraph, directive.place)
    else:
        message = f"@{name} is left out: the subgraphs define it for different places, and for none in common."
        report.hint("NO_EXECUTABLE_DIRECTIVE_INTERSECTION", message, subgraph, directive.place)


def _merge(
    context: MergeContext,
    name: str,
    found: Sequence[tuple[str, DirectiveDef]],
    locations: Sequence[str],
    report: Report,
) -> MergedDirective:
    return MergedDirective(
        name=name,
        description=merged_description([directive.description for _, directive in found]),
        arguments=_arguments(context, name, found, report),
        locations=tuple(locations),
        repeatable=all(directive.repeatable for _, directive in found),
    )


def _arguments(
    context: MergeContext, name: str, found: Sequence[tuple[str, DirectiveDef]], report: Report
) -> dict[str, MergedArgument]:
    merged: dict[str, MergedArgument] = {}
    for argument in dict.fromkeys(argument for _, directive in found for argument in directive.arguments):
        coordinate = f"@{name}({argument}:)"
        having = [(sub, directive.arguments[argument]) for sub, directive in found if argument in directive.arguments]
        without = [sub for sub, directive in found if argument not in directive.arguments]
        required = [(sub, definition) for sub, definition in having if definition.required]
        if without and required:
            subgraph, definition = required[0]
            message = f'"{coordinate}" is required in "{subgraph}" but missing in {listing(without)}. Add it there.'
            code = "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH"
            report.error(code, message, subgraph, definition.place)
        elif not without:
            merged[argument] = merge_argument(context, coordinate, having, report)
    return merged

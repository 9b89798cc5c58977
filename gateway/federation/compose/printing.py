"""The merged schema as supergraph SDL, join specification v0.5. Types in alphabetical order, fields as merged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from graphql import StringValueNode, print_ast

from gateway.federation.compose.merged import (
    ContextArgument,
    Graph,
    JoinField,
    JoinType,
    MergedArgument,
    MergedDirective,
    MergedField,
    MergedSchema,
    MergedType,
    MergedValue,
)
from gateway.federation.compose.model import ROOT_NAMES, Kind
from gateway.federation.compose.supergraph_specs import JOIN_DEFINITIONS, SPECS

_KEYWORDS = {
    Kind.OBJECT: "type",
    Kind.INTERFACE: "interface",
    Kind.INPUT: "input",
    Kind.ENUM: "enum",
    Kind.UNION: "union",
    Kind.SCALAR: "scalar",
}


def print_supergraph(schema: MergedSchema) -> str:
    """The whole supergraph, ending in a newline."""
    parts = [_schema(schema)]
    parts.extend(SPECS[name].definition for name in schema.specs if SPECS[name].definition)
    parts.append(JOIN_DEFINITIONS)
    parts.extend(_directive_definition(directive) for directive in schema.directives)
    parts.append(_graph_enum(schema.graphs))
    parts.extend(_type(schema.types[name]) for name in sorted(schema.types))
    return "\n\n".join(parts) + "\n"


def print_plain(schema: MergedSchema) -> str:
    """The same types without who owns what: a third of the text, to check as plain GraphQL."""
    roots = [f"  {name.lower()}: {name}" for name in ROOT_NAMES if name in schema.types]
    parts = ["\n".join(["schema", *(f"  {text}" for text in schema.applied), "{", *roots, "}"])]
    parts.extend(SPECS[name].definition for name in schema.specs if SPECS[name].definition)
    parts.extend(_directive_definition(directive) for directive in schema.directives)
    parts.extend(_type(schema.types[name], joins=False) for name in sorted(schema.types))
    return "\n\n".join(parts)


def _schema(schema: MergedSchema) -> str:
    links = ["https://specs.apollo.dev/link/v1.0", "https://specs.apollo.dev/join/v0.5"]
    lines = [f'  @link(url: "{links[0]}")', f'  @link(url: "{links[1]}", for: EXECUTION)']
    lines.extend("  " + SPECS[name].link for name in schema.specs)
    lines.extend(f"  {text}" for text in (*schema.links, *schema.applied))
    roots = [f"  {name.lower()}: {name}" for name in ROOT_NAMES if name in schema.types]
    return "\n".join(["schema", *lines, "{", *roots, "}"])


def _graph_enum(graphs: Iterable[Graph]) -> str:
    values = [f"  {graph.id} @join__graph(name: {_quote(graph.name)}, url: {_quote(graph.url)})" for graph in graphs]
    return "\n".join(["enum join__Graph {", *values, "}"])


def _type(merged: MergedType, *, joins: bool = True) -> str:
    head = f"{_KEYWORDS[merged.kind]} {merged.name}"
    if merged.interfaces:
        head += " implements " + " & ".join(merged.interfaces)
    lines = [*_description(merged.description), head]
    lines.extend(f"  {text}" for text in (_type_directives(merged) if joins else merged.directives))
    if merged.kind is Kind.UNION:
        members = sorted({member for _, member in merged.members})
        lines.append("  = " + " | ".join(members))
    body = [line for merged_field in merged.fields.values() for line in _field(merged_field, joins=joins)]
    body.extend(line for value in merged.values for line in _value(value, joins=joins))
    if body:
        lines.extend(["{", *body, "}"])
    return "\n".join(lines)


def _type_directives(merged: MergedType) -> Iterator[str]:
    for graph, interface in merged.implements:
        yield f'@join__implements(graph: {graph}, interface: "{interface}")'
    for join in merged.joins:
        yield _join_type(join)
    for graph, member in merged.members:
        yield f'@join__unionMember(graph: {graph}, member: "{member}")'
    yield from merged.directives


def _join_type(join: JoinType) -> str:
    parts = [f"graph: {join.graph}"]
    if join.key is not None:
        parts.append(f"key: {_quote(join.key)}")
    if not join.resolvable:
        parts.append("resolvable: false")
    if join.interface_object:
        parts.append("isInterfaceObject: true")
    return f"@join__type({', '.join(parts)})"


def _field(merged: MergedField, *, joins: bool) -> Iterator[str]:
    yield from _indented(_description(merged.description))
    default = f" = {merged.default}" if merged.default is not None else ""
    directives = [*merged.directives, *(_join_field(join) for join in merged.joins if joins)]
    if merged.lookups and joins:
        directives.append(f'@join__directive(graphs: [{", ".join(merged.lookups)}], name: "lookup")')
    line = f"{merged.name}{_arguments(merged.arguments, '  ')}: {merged.type}{default}"
    yield "  " + " ".join([line, *directives])


def _join_field(join: JoinField) -> str:
    parts = [f"graph: {join.graph}"] if join.graph else []
    texts = {"requires": join.requires, "provides": join.provides, "type": join.type}
    parts.extend(f"{name}: {_quote(text)}" for name, text in texts.items() if text is not None)
    if join.external:
        parts.append("external: true")
    if join.override is not None:
        parts.append(f"override: {_quote(join.override)}")
    if join.used_overridden:
        parts.append("usedOverridden: true")
    if join.override_label is not None:
        parts.append(f"overrideLabel: {_quote(join.override_label)}")
    if join.contexts:
        parts.append(f"contextArguments: [{', '.join(map(_context_argument, join.contexts))}]")
    return f"@join__field({', '.join(parts)})" if parts else "@join__field"


def _context_argument(argument: ContextArgument) -> str:
    """As Apollo's composition writes it: the selection of one object in braces, behind a space."""
    selection = argument.selection if argument.selection.startswith("...") else f"{{ {argument.selection} }}"
    texts = {
        "context": argument.context,
        "name": argument.name,
        "type": argument.type,
        "selection": f" {selection}",
    }
    return "{" + ", ".join(f"{name}: {_quote(text)}" for name, text in texts.items()) + "}"


def _arguments(arguments: Mapping[str, MergedArgument], indent: str) -> str:
    """On one line, or one line each when any has a description."""
    if not arguments:
        return ""
    if not any(argument.description for argument in arguments.values()):
        return f"({', '.join(_argument(argument) for argument in arguments.values())})"
    lines: list[str] = []
    for argument in arguments.values():
        lines.extend(f"{indent}  {line}" for line in _description(argument.description))
        lines.append(f"{indent}  {_argument(argument)}")
    return "(\n" + "\n".join(lines) + f"\n{indent})"


def _argument(argument: MergedArgument) -> str:
    default = f" = {argument.default}" if argument.default is not None else ""
    return " ".join([f"{argument.name}: {argument.type}{default}", *argument.directives])


def _value(value: MergedValue, *, joins: bool) -> Iterator[str]:
    yield from _indented(_description(value.description))
    known = [f"@join__enumValue(graph: {graph})" for graph in value.graphs if joins]
    yield "  " + " ".join([value.name, *value.directives, *known])


def _directive_definition(directive: MergedDirective) -> str:
    repeatable = " repeatable" if directive.repeatable else ""
    places = " | ".join(directive.locations)
    line = f"directive @{directive.name}{_arguments(directive.arguments, '')}{repeatable} on {places}"
    return "\n".join([*_description(directive.description), line])


def _description(description: str | None) -> list[str]:
    if not description:
        return []
    return print_ast(StringValueNode(value=description, block="\n" in description)).split("\n")


def _indented(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield f"  {line}" if line else line


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

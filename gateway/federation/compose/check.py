"""What can only be checked after the merge, on the supergraph as a whole. Satisfiability is not checked here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphql import GraphQLError, build_ast_schema, parse, validate_schema

from gateway.federation.compose.access_rules import transitive_problems
from gateway.federation.compose.check_inaccessible import Finding, inaccessible_findings
from gateway.federation.compose.merged import MergedField, MergedSchema, MergedType
from gateway.federation.compose.model import (
    NOWHERE,
    QUERY,
    ArgumentDef,
    EnumValue,
    FieldDef,
    Place,
    Subgraph,
    TypeDef,
)
from gateway.federation.compose.positions import problem
from gateway.federation.compose.printing import print_plain
from gateway.federation.compose.validate_field_sets import supergraph_requires_problems
from gateway.federation.errors import Problem


def merged_problems(schema: MergedSchema, supergraph_sdl: str, subgraphs: Sequence[Subgraph]) -> Iterator[Problem]:
    """Every fault of the merged schema, also given as text, that the subgraphs do not show one by one."""
    if QUERY not in schema.types:
        message = "No subgraph has a query root. Give one of them a type Query with a field."
        yield problem("", NOWHERE, "NO_QUERIES", message)
        return
    findings = [*_missing_interface_fields(schema), *inaccessible_findings(schema)]
    for finding in findings:
        subgraph, place = _locate(subgraphs, finding)
        yield problem(subgraph, place, finding.code, finding.message)
    view = _as_subgraph(schema)
    for subgraph in subgraphs:
        yield from supergraph_requires_problems(view, subgraph)
    if not findings:
        yield from transitive_problems(schema, supergraph_sdl, subgraphs)
        yield from _graphql_problems(print_plain(schema))


def _locate(subgraphs: Sequence[Subgraph], finding: Finding) -> tuple[str, Place]:
    """The first subgraph that declares the element, and where."""
    for subgraph in subgraphs:
        type_def = subgraph.types.get(finding.type_name)
        if type_def is None:
            continue
        if finding.field_name is None:
            return subgraph.name, type_def.place
        if finding.field_name in type_def.fields:
            return subgraph.name, type_def.fields[finding.field_name].place
    return "", NOWHERE


def _missing_interface_fields(schema: MergedSchema) -> Iterator[Finding]:
    """An interface gathers fields from all subgraphs; each of its types must have them all."""
    for merged in schema.types.values():
        for interface in merged.interfaces:
            declared = schema.types.get(interface)
            for name in declared.fields if declared is not None else ():
                if name not in merged.fields:
                    message = (
                        f'The interface "{interface}" has the field "{name}", which its type "{merged.name}" lacks in'
                        f' every subgraph. Add it to "{merged.name}".'
                    )
                    yield Finding("INTERFACE_FIELD_NO_IMPLEM", message, merged.name)


def _graphql_problems(sdl: str) -> Iterator[Problem]:
    try:
        errors = validate_schema(build_ast_schema(parse(sdl, no_location=True)))
    except GraphQLError as error:
        errors = [error]
    except TypeError as error:
        errors = [GraphQLError(str(error))]
    for error in errors:
        message = f"Merged, the subgraphs are no valid GraphQL schema: {error.message} Make the subgraphs agree."
        yield problem("", NOWHERE, "INVALID_GRAPHQL", message)


def _as_subgraph(schema: MergedSchema) -> Subgraph:
    """The supergraph seen as one subgraph, for rules that look at a subgraph's types."""
    return Subgraph("", "", (2, 0), {name: _as_type(merged) for name, merged in schema.types.items()}, {})


def _as_type(merged: MergedType) -> TypeDef:
    return TypeDef(
        name=merged.name,
        kind=merged.kind,
        description=None,
        place=NOWHERE,
        interfaces=dict.fromkeys(merged.interfaces, NOWHERE),
        fields={field.name: _as_field(field) for field in merged.fields.values()},
        members={member: NOWHERE for _, member in merged.members},
        values={value.name: EnumValue(value.name, None, (), NOWHERE) for value in merged.values},
    )


def _as_field(field: MergedField) -> FieldDef:
    arguments = {
        name: ArgumentDef(name, argument.type, argument.default, None, (), NOWHERE)
        for name, argument in field.arguments.items()
    }
    return FieldDef(field.name, field.type, None, NOWHERE, arguments, field.default)

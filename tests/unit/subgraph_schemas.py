"""What a subgraph itself would say of a request: schemas of single subgraphs, taken from a supergraph's model."""

from __future__ import annotations

from functools import cache

from graphql import (
    EnumTypeDefinitionNode,
    GraphQLSchema,
    InputObjectTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    build_schema,
    parse,
    print_ast,
    validate,
)

from gateway.federation.supergraph import FieldDefinition, Kind, Supergraph, TypeDefinition
from gateway.planning.plan import Plan


@cache
def subgraph_schema(supergraph: Supergraph, graph: str) -> GraphQLSchema:
    """The schema that `graph` serves, as far as a supergraph tells: every field it declares, external ones included."""
    parts = ["scalar _Any", *_definitions(supergraph)]
    known = [definition for definition in supergraph.types.values() if graph in definition.sources]
    parts += [_type(definition, supergraph, graph) for definition in known]
    entities = [
        definition.name
        for definition in known
        if definition.sources[graph].keys
        and (definition.kind is Kind.OBJECT or definition.sources[graph].is_interface_object)
    ]
    if entities:
        parts.append("union _Entity = " + " | ".join(entities))
        entry = "_entities(representations: [_Any!]!): [_Entity]!"
        root = supergraph.roots["query"]
        is_there = any(definition.name == root for definition in known)
        parts.append(f"{'extend ' if is_there else ''}type {root} {{ {entry} }}")
    return build_schema("\n".join(part for part in parts if part), assume_valid=True)


def request_problems(plan: Plan, supergraph: Supergraph) -> list[str]:
    """What the subgraphs would refuse of a plan's requests, with the request."""
    found: list[str] = []
    for step in plan.steps:
        errors = validate(subgraph_schema(supergraph, step.graph), parse(step.document))
        found += [f"{step.graph}: {error.message}: {step.document}" for error in errors]
    return found


def _definitions(supergraph: Supergraph) -> list[str]:
    """Scalars, enums and input objects: taken as they stand, for every subgraph."""
    kinds = (EnumTypeDefinitionNode, InputObjectTypeDefinitionNode, ScalarTypeDefinitionNode)
    return [
        print_ast(node)
        for node in parse(supergraph.sdl, no_location=True).definitions
        if isinstance(node, kinds) and node.name.value in supergraph.types
    ]


def _type(definition: TypeDefinition, supergraph: Supergraph, graph: str) -> str:
    if definition.kind is Kind.UNION:
        return f"union {definition.name} = " + " | ".join(sorted(definition.members.get(graph, ())))
    if definition.kind not in (Kind.OBJECT, Kind.INTERFACE):
        return ""
    opaque = definition.sources[graph].is_interface_object
    keyword = "interface" if definition.kind is Kind.INTERFACE and not opaque else "type"
    fields = [_field(field, graph) for field in definition.fields.values() if graph in field.sources]
    implemented = sorted(definition.interfaces.get(graph, ()))
    implements = " implements " + " & ".join(implemented) if implemented else ""
    body = " { " + "\n".join(fields) + " }" if fields else ""
    return f"{keyword} {definition.name}{implements}{body}"


def _field(field: FieldDefinition, graph: str) -> str:
    arguments = ", ".join(f"{name}: {print_ast(type_)}" for name, type_ in field.arguments.items())
    return f"{field.name}{f'({arguments})' if arguments else ''}: {print_ast(field.sources[graph].type)}"

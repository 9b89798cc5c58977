"""A subgraph's SDL as a document: parsed, cleared of federation's own definitions, roots renamed, valid as GraphQL.

The document that leaves here holds only the subgraph's own types, directives and `schema` elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, cast

from graphql import (
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    GraphQLError,
    GraphQLSyntaxError,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    NamedTypeNode,
    NameNode,
    Node,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    TypeSystemDefinitionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    Visitor,
    build_ast_schema,
    parse,
    validate_schema,
    visit,
)
from graphql.validation.validate import validate_sdl

from gateway.federation.compose.federation_definitions import FEDERATION_2, LOOKUP_SIGNATURE, definition_nodes
from gateway.federation.compose.model import NOWHERE, ROOT_NAMES, Place
from gateway.federation.compose.positions import place_of, problem
from gateway.federation.compose.vocabulary import LOOKUP, MACHINERY_FIELDS, Vocabulary
from gateway.federation.errors import Problem
from gateway.federation.syntax import syntax_message

DEFINITION_OF: dict[type[Node], type[Node]] = {
    ObjectTypeExtensionNode: ObjectTypeDefinitionNode,
    InterfaceTypeExtensionNode: InterfaceTypeDefinitionNode,
    UnionTypeExtensionNode: UnionTypeDefinitionNode,
    EnumTypeExtensionNode: EnumTypeDefinitionNode,
    InputObjectTypeExtensionNode: InputObjectTypeDefinitionNode,
    ScalarTypeExtensionNode: ScalarTypeDefinitionNode,
}
NodeType = TypeVar("NodeType", bound=Node)
_FIELDED = (ObjectTypeDefinitionNode, ObjectTypeExtensionNode)


def parse_sdl(subgraph: str, sdl: str) -> DocumentNode | Problem:
    """The document, or why it cannot be parsed."""
    try:
        return parse(sdl)
    except GraphQLSyntaxError as error:
        return _from_graphql_error(subgraph, error)


def own_document(document: DocumentNode, vocabulary: Vocabulary) -> DocumentNode:
    """Without the definitions that belong to federation, and with root types under their standard names."""
    return _with_standard_roots(_without_machinery(document, vocabulary))


def _without_machinery(document: DocumentNode, vocabulary: Vocabulary) -> DocumentNode:
    kept: list[DefinitionNode] = []
    query = root_names(document).get("query", "Query")
    for node in document.definitions:
        if isinstance(node, DirectiveDefinitionNode):
            if node.name.value not in vocabulary.canonical:
                kept.append(node)
        elif isinstance(node, (TypeDefinitionNode, TypeExtensionNode)) and node.name.value in vocabulary.types:
            continue
        elif isinstance(node, _FIELDED) and node.name.value == query:
            stripped = _without_machinery_fields(node)
            if stripped is not None:
                kept.append(stripped)
        else:
            kept.append(node)
    return DocumentNode(definitions=tuple(kept), loc=document.loc)


def _without_machinery_fields(
    node: ObjectTypeDefinitionNode | ObjectTypeExtensionNode,
) -> ObjectTypeDefinitionNode | ObjectTypeExtensionNode | None:
    """The query type's node without `_entities` and `_service`; None when nothing is left."""
    fields = tuple(field for field in node.fields or () if field.name.value not in MACHINERY_FIELDS)
    if len(fields) == len(node.fields or ()) and fields:
        return node
    if not fields and not node.directives and not node.interfaces:
        return None
    return _copy(node, fields=fields)


def _copy(node: NodeType, **changes: Any) -> NodeType:
    values = {key: getattr(node, key) for key in node.keys}
    return type(node)(**{**values, **changes})


def root_names(document: DocumentNode) -> dict[str, str]:
    """Operation (query, mutation, subscription) to type name, as `schema` elements say."""
    names: dict[str, str] = {}
    for node in document.definitions:
        if isinstance(node, (SchemaDefinitionNode, SchemaExtensionNode)):
            for operation in node.operation_types or ():
                names[operation.operation.value] = operation.type.name.value
    return names


def root_problems(subgraph: str, document: DocumentNode) -> Iterator[Problem]:
    """Root types that are not defined, and types that have a root's standard name without being it."""
    roots = root_names(document)
    types = declarations(document)
    for standard in ROOT_NAMES:
        actual = roots.get(standard.lower(), standard)
        if actual != standard and actual not in types:
            message = f'`schema` names "{actual}" as {standard.lower()} root, but there is no such type. Define it.'
            yield problem(subgraph, _schema_place(document), "INVALID_GRAPHQL", message)
        if actual != standard and standard in types:
            message = (
                f'"{standard}" is the name of the {standard.lower()} root in the supergraph, but here the root is'
                f' "{actual}" and "{standard}" another type. Rename one of them.'
            )
            yield problem(subgraph, place_of(types[standard][0]), f"ROOT_{standard.upper()}_USED", message)


def _schema_place(document: DocumentNode) -> Place:
    schema_nodes = (SchemaDefinitionNode, SchemaExtensionNode)
    return next((place_of(node) for node in document.definitions if isinstance(node, schema_nodes)), NOWHERE)


class _RenameTypes(Visitor):
    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self._names = names

    def leave(self, node: Node, *_: object) -> Node | None:
        if isinstance(node, (NamedTypeNode, TypeDefinitionNode, TypeExtensionNode)):
            new = self._names.get(node.name.value)
            if new is not None:
                return _copy(node, name=NameNode(value=new, loc=node.name.loc))
        return None


def _with_standard_roots(document: DocumentNode) -> DocumentNode:
    names = {actual: operation.capitalize() for operation, actual in root_names(document).items()}
    names = {actual: standard for actual, standard in names.items() if actual != standard}
    return visit(document, _RenameTypes(names)) if names else document


def declarations(document: DocumentNode) -> dict[str, list[TypeDefinitionNode | TypeExtensionNode]]:
    """Definitions and extensions by type name, in document order."""
    found: dict[str, list[TypeDefinitionNode | TypeExtensionNode]] = {}
    for node in document.definitions:
        if isinstance(node, (TypeDefinitionNode, TypeExtensionNode)):
            found.setdefault(node.name.value, []).append(node)
    return found


def graphql_problems(subgraph: str, document: DocumentNode, vocabulary: Vocabulary) -> list[Problem]:
    """What is wrong with the subgraph's own document as a GraphQL schema, federation's definitions added."""
    problems = list(_executable(subgraph, document))
    complete = _complete(document, vocabulary)
    errors = validate_sdl(complete)
    if not errors:
        try:
            schema = build_ast_schema(complete, assume_valid_sdl=True)
        except GraphQLError as error:
            return [*problems, _from_graphql_error(subgraph, error)]
        errors = validate_schema(schema)
    return problems + [_from_graphql_error(subgraph, error) for error in errors]


def _executable(subgraph: str, document: DocumentNode) -> Iterator[Problem]:
    for node in document.definitions:
        if not isinstance(node, (TypeSystemDefinitionNode, TypeExtensionNode, SchemaExtensionNode)):
            message = "A subgraph's SDL holds definitions only. Remove the operation or fragment."
            yield problem(subgraph, place_of(node), "INVALID_GRAPHQL", message)


def _complete(document: DocumentNode, vocabulary: Vocabulary) -> DocumentNode:
    """A document that stands alone: extensions without a base made definitions, missing definitions added."""
    nodes: list[DefinitionNode] = []
    defined = {node.name.value for node in document.definitions if isinstance(node, TypeDefinitionNode)}
    for node in document.definitions:
        if isinstance(node, SchemaDefinitionNode):
            extension = SchemaExtensionNode(
                directives=node.directives, operation_types=node.operation_types, loc=node.loc
            )
            nodes.append(cast(DefinitionNode, extension))
        elif isinstance(node, TypeExtensionNode) and node.name.value not in defined:
            defined.add(node.name.value)
            values = {key: getattr(node, key) for key in node.keys}
            nodes.append(cast(DefinitionNode, DEFINITION_OF[type(node)](**values)))
        else:
            nodes.append(node)
    extra = vocabulary.sdl
    if "Query" not in declarations(document):
        extra += "\ntype Query { _service: String }"
    if not any(isinstance(n, DirectiveDefinitionNode) and n.name.value == LOOKUP for n in document.definitions):
        extra += f"\ndirective @{LOOKUP} {LOOKUP_SIGNATURE}"
    return DocumentNode(definitions=(*nodes, *definition_nodes(extra)))


def _from_graphql_error(subgraph: str, error: GraphQLError) -> Problem:
    places = [Place(location.line, location.column) for location in error.locations or ()]
    told = syntax_message(error)
    message = f"{told} {_advice(told)}".strip()
    return problem(subgraph, places[0] if places else NOWHERE, "INVALID_GRAPHQL", message)


def _advice(message: str) -> str:
    """How to mend the two faults that come from a missing or incomplete link to the federation specification."""
    match = re.match(r"Unknown directive '@(?:federation__)?(\w+)'", message)
    if match and match[1] in {spec.name for spec in FEDERATION_2}:
        return f'To use federation\'s @{match[1]}, link a version that has it and import "@{match[1]}".'
    return ""

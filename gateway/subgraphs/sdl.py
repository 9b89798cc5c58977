"""The SDL of a Strawberry federation schema as composition wants it."""

from __future__ import annotations

from collections.abc import Set
from typing import Any, cast

from graphql import (
    REMOVE,
    DefinitionNode,
    DocumentNode,
    FieldDefinitionNode,
    Node,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    TypeDefinitionNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

_FEDERATION = "https://specs.apollo.dev/federation/"
_INTERNAL_TYPES = frozenset({"_Any", "_Entity", "_Service"})
_INTERNAL_FIELDS = frozenset({"_entities", "_service"})


def composable_sdl(sdl: str, federation_version: str) -> str:
    """The SDL without the fields and types that only serve federation itself, and marked as Federation 2.

    federation_version: for instance "2.11"; used when the SDL names none. Strawberry links federation only when one of
    its directives is used. Without the link a composer would take this for Federation 1, where all is shareable.
    """
    document = visit(parse(sdl, no_location=True), _WithoutInternals())
    printed = print_ast(document)
    if _links_federation(document):
        return printed
    return f'extend schema @link(url: "{_FEDERATION}v{federation_version}")\n\n{printed}'


class _WithoutInternals(Visitor):
    """Takes out what only serves federation itself, and a Query type of which nothing is left."""

    def enter(self, node: Node, *_: Any) -> Any:
        name = getattr(getattr(node, "name", None), "value", None)
        if isinstance(node, FieldDefinitionNode):
            return REMOVE if name in _INTERNAL_FIELDS else None
        return REMOVE if isinstance(node, TypeDefinitionNode) and name in _INTERNAL_TYPES else None

    def leave_object_type_definition(self, node: ObjectTypeDefinitionNode, *_: Any) -> Any:
        return None if node.fields else REMOVE

    def leave_document(self, node: DocumentNode, *_: Any) -> Any:
        types = {definition.name.value for definition in node.definitions if isinstance(definition, TypeDefinitionNode)}
        definitions = [_naming_only(types, d) if isinstance(d, SchemaDefinitionNode) else d for d in node.definitions]
        return DocumentNode(definitions=cast("tuple[DefinitionNode, ...]", tuple(definitions)))


def _naming_only(types: Set[str], schema: SchemaDefinitionNode) -> SchemaDefinitionNode | SchemaExtensionNode:
    """The schema definition without root operations whose type is gone; an extension when none is left."""
    kept = tuple(root for root in schema.operation_types if root.type.name.value in types)
    if kept:
        return SchemaDefinitionNode(description=schema.description, directives=schema.directives, operation_types=kept)
    return SchemaExtensionNode(directives=schema.directives, operation_types=())


def _links_federation(document: DocumentNode) -> bool:
    return any(
        isinstance(argument.value, StringValueNode) and argument.value.value.startswith(_FEDERATION)
        for definition in document.definitions
        if isinstance(definition, SchemaDefinitionNode | SchemaExtensionNode)
        for directive in definition.directives or ()
        if directive.name.value == "link"
        for argument in directive.arguments or ()
    )

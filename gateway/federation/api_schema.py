"""The API schema: what clients may see. The supergraph without its annotations and without anything inaccessible."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graphql import (
    REMOVE,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    FieldDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    Visitor,
    build_ast_schema,
    validate_schema,
    visit,
)

from gateway.federation.errors import Problem, SchemaError
from gateway.federation.links import Link

_KEPT_DIRECTIVES = frozenset({"deprecated", "specifiedBy", "oneOf"})


def build_api_schema(document: DocumentNode, links: Mapping[str, Link]) -> GraphQLSchema:
    """The schema for validation, variables and introspection.

    Raises SchemaError when what is left is no valid schema, for instance because a visible field returns a hidden type.
    """
    hidden_by = links["inaccessible"].directive("inaccessible") if "inaccessible" in links else "inaccessible"
    hidden = {
        node.name.value
        for node in document.definitions
        if isinstance(node, TypeDefinitionNode) and _has(node, hidden_by)
    }
    namespaces = {link.namespace for link in links.values()}
    imported = {name for link in links.values() for name in link.imports.values()}
    visible: DocumentNode = visit(document, _ApiView(hidden_by, hidden, namespaces, imported))
    try:
        schema = build_ast_schema(visible, assume_valid_sdl=True)
    except (GraphQLError, TypeError) as error:
        raise SchemaError([Problem("INVALID_GRAPHQL", f"the API schema cannot be built: {error}")]) from error
    problems = [
        Problem("INVALID_GRAPHQL", f"the API schema is not valid: {error.message}") for error in validate_schema(schema)
    ]
    if problems:
        raise SchemaError(problems)
    return schema


def _has(node: Any, directive: str) -> bool:
    return any(applied.name.value == directive for applied in node.directives or ())


class _ApiView(Visitor):
    """Drops definitions of linked specifications, whatever is inaccessible, and every annotation."""

    def __init__(self, hidden_by: str, hidden: set[str], namespaces: set[str], imported: set[str]) -> None:
        super().__init__()
        self._hidden_by = hidden_by
        self._hidden = hidden
        self._namespaces = namespaces
        self._imported = imported

    def _is_machinery(self, name: str, mark: str = "") -> bool:
        namespace, separator, _ = name.partition("__")
        return (
            (bool(separator) and namespace in self._namespaces)
            or mark + name in self._imported
            or (bool(mark) and name in self._namespaces)
        )

    def enter_directive_definition(self, node: DirectiveDefinitionNode, *_: Any) -> Any:
        return REMOVE if self._is_machinery(node.name.value, "@") else None

    def enter_directive(self, node: DirectiveNode, *_: Any) -> Any:
        return None if node.name.value in _KEPT_DIRECTIVES else REMOVE

    def enter_schema_definition(self, node: SchemaDefinitionNode, *_: Any) -> Any:
        kept = tuple(operation for operation in node.operation_types if operation.type.name.value not in self._hidden)
        return replace(node, operation_types=kept)

    def _enter_type(self, node: Any, *_: Any) -> Any:
        if node.name.value in self._hidden or self._is_machinery(node.name.value):
            return REMOVE
        return None

    enter_scalar_type_definition = _enter_type
    enter_enum_type_definition = _enter_type
    enter_input_object_type_definition = _enter_type

    def enter_union_type_definition(self, node: UnionTypeDefinitionNode, *_: Any) -> Any:
        kept = tuple(member for member in node.types or () if member.name.value not in self._hidden)
        return self._enter_type(node) or replace(node, types=kept)

    def _enter_fielded(self, node: ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode, *_: Any) -> Any:
        kept = tuple(interface for interface in node.interfaces or () if interface.name.value not in self._hidden)
        return self._enter_type(node) or replace(node, interfaces=kept)

    enter_object_type_definition = _enter_fielded
    enter_interface_type_definition = _enter_fielded

    def _enter_member(self, node: Any, *_: Any) -> Any:
        return REMOVE if _has(node, self._hidden_by) else None

    enter_enum_value_definition = _enter_member

    def enter_field_definition(self, node: FieldDefinitionNode, *_: Any) -> Any:
        return self._enter_member(node)

    def enter_input_value_definition(self, node: InputValueDefinitionNode, *_: Any) -> Any:
        return self._enter_member(node)

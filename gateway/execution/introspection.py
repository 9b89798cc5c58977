"""`__schema` and `__type`: answered from the API schema by graphql-core, beside whatever the services answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,  # pyright: ignore[reportUnknownVariableType] - its context parameter is untyped
)

from gateway.operation.operation import Operation

_META_FIELDS = ("__schema", "__type")


def introspect(operation: Operation, variables: Mapping[str, Any], schema: GraphQLSchema) -> dict[str, Any]:
    """The operation's introspection fields, by response key."""
    definitions = [
        _only_meta(operation.definition, operation),
        *(_only_meta(fragment, operation) for fragment in operation.fragments.values()),
    ]
    document = DocumentNode(definitions=tuple(definitions))
    name = operation.definition.name.value if operation.definition.name else None
    result = execute_sync(schema, document, variable_values=dict(variables), operation_name=name)
    return result.data or {}


def _only_meta(definition: Any, operation: Operation) -> Any:
    """A definition without the root fields that services answer; fragments on other types stay as they are."""
    is_root = isinstance(definition, OperationDefinitionNode)
    if not is_root and definition.type_condition.name.value != operation.root_type:
        return definition
    selection_set = _meta_selections(definition.selection_set)
    return replace(definition, selection_set=selection_set)


def _meta_selections(node: SelectionSetNode) -> SelectionSetNode:
    kept: list[Any] = []
    for selection in node.selections:
        if not isinstance(selection, FieldNode):
            below = getattr(selection, "selection_set", None)
            kept.append(selection if below is None else replace(selection, selection_set=_meta_selections(below)))
        elif selection.name.value in _META_FIELDS:
            kept.append(selection)
    # A selection set may not be empty; what this adds is never read.
    return SelectionSetNode(selections=tuple(kept) or (FieldNode(name=NameNode(value="__typename")),))

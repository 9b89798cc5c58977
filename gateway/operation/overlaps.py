"""Fields that are answered under one name must be one field: the specification's "Field Selection Merging", 5.3.2.

Problem: n fields of one response name are n^2 pairs, and so are the fields below them: 500 times `customer { id }`, in
         1,500 tokens, takes graphql-core's rule 0.7 s.
Idea:    agreeing with the first one is enough, for agreement is transitive. All fields that meet under one name are
         looked at together, and then, together, all that is selected below them.
Invariant: a set of selections that meet is looked at once, so the work grows with the text as it is expanded, which
         `limits` bounds beforehand.

Two fields must agree in name and arguments when one object may have both: on one type, or when either's type is
abstract. They must agree in the shape of their type in any case, for the answer has one type at each place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    is_leaf_type,
    print_ast,
)
from graphql.utilities.sort_value_node import sort_value_node

from gateway.operation.sizing import named_type


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """One selected field. parent: the type on which it is selected; Any: a composite type of graphql-core's."""

    parent: Any
    node: FieldNode
    type: Any


# Selections, each with the type that they are selected on.
Parts = Sequence[tuple[Any, SelectionSetNode]]


def find_conflicts(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode], schema: GraphQLSchema
) -> list[GraphQLError]:
    """One error for each response name, at each place, whose fields cannot be answered together.

    The operation must be valid but for this: its fields and fragments exist, and no fragment spreads itself.
    """
    search = _Search(fragments, schema)
    search.check([(schema.get_root_type(operation.operation), operation.selection_set)], fully=True)
    return search.errors


class _Search:
    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], schema: GraphQLSchema) -> None:
        self._fragments = fragments
        self._schema = schema
        self._seen: set[tuple[bool, frozenset[tuple[str, int]]]] = set()
        self.errors: list[GraphQLError] = []

    def check(self, parts: Parts, *, fully: bool) -> None:
        """Check all fields that meet in these selections. fully: names and arguments, too, not just shapes."""
        key = (fully, frozenset((type_.name, id(selections)) for type_, selections in parts))
        if key in self._seen:
            return
        self._seen.add(key)
        for name, fields in self._collect(parts).items():
            reason = _differing_shape(fields)
            for group in _of_one_object(fields) if fully else ():
                reason = reason or _differing_call(group)
            if reason:
                self.errors.append(_error(name, reason, fields))
            else:
                self._check_below(fields, fully)

    def _check_below(self, fields: Sequence[Selected], fully: bool) -> None:
        groups = _of_one_object(fields) if fully else []
        for group in groups:
            if below := _below(group):
                self.check(below, fully=True)
        if len(groups) != 1 and (below := _below(fields)):
            self.check(below, fully=False)

    def _collect(self, parts: Parts) -> dict[str, list[Selected]]:
        """Response name -> the fields that answer under it, fragments spread, each spread on a type once."""
        found: dict[str, list[Selected]] = {}
        waiting = list(parts)
        spread: set[str] = set()
        for parent, selections in waiting:  # which grows meanwhile
            for node in selections.selections:
                if isinstance(node, FieldNode):
                    name = node.alias.value if node.alias else node.name.value
                    definition: Any = self._schema.get_field(parent, node.name.value)
                    found.setdefault(name, []).append(Selected(parent, node, definition.type))
                elif isinstance(node, InlineFragmentNode):
                    condition = node.type_condition
                    inner = parent if condition is None else self._schema.type_map[condition.name.value]
                    waiting.append((inner, node.selection_set))
                elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    fragment = self._fragments[node.name.value]
                    waiting.append((self._schema.type_map[fragment.type_condition.name.value], fragment.selection_set))
        return found


def _of_one_object(fields: Sequence[Selected]) -> list[list[Selected]]:
    """The fields in groups that one object may have: by their object type; all together when any type is abstract."""
    if any(not isinstance(field.parent, GraphQLObjectType) for field in fields):
        return [list(fields)]
    groups: dict[str, list[Selected]] = {}
    for field in fields:
        groups.setdefault(field.parent.name, []).append(field)
    return list(groups.values())


def _below(fields: Iterable[Selected]) -> Parts:
    found = ((named_type(field), field.node.selection_set) for field in fields)
    return [(type_, selections) for type_, selections in found if selections is not None]


def _differing_call(fields: Sequence[Selected]) -> str:
    """Why the fields are not one field with the same arguments; empty when they are."""
    first = fields[0].node
    arguments = _arguments(first) if len(fields) > 1 else ()
    for field in fields[1:]:
        if field.node.name.value != first.name.value:
            return f"'{first.name.value}' and '{field.node.name.value}' are different fields"
        if _arguments(field.node) != arguments:
            return "they have differing arguments"
    return ""


def _arguments(node: FieldNode) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((item.name.value, print_ast(sort_value_node(item.value))) for item in node.arguments or ()))


def _differing_shape(fields: Sequence[Selected]) -> str:
    """Why the fields' answers would not have one type; empty when they have."""
    first = fields[0].type
    for field in fields[1:]:
        if field.type is not first and _shape(field.type) != _shape(first):
            return f"they return conflicting types '{first}' and '{field.type}'"
    return ""


def _shape(type_: Any) -> str:
    """A type's lists and non-nulls, and its name if it is a leaf: objects of any type have one shape."""
    inner = getattr(type_, "of_type", None)
    if inner is None:
        return type_.name if is_leaf_type(type_) else "{}"
    return f"[{_shape(inner)}]" if isinstance(type_, GraphQLList) else f"{_shape(inner)}!"


def _error(name: str, reason: str, fields: Sequence[Selected]) -> GraphQLError:
    advice = "Use different aliases on the fields to fetch both if this was intentional."
    nodes = [field.node for field in fields[:2]]
    return GraphQLError(f"Fields '{name}' conflict because {reason}. {advice}", nodes)

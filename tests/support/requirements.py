"""Field sets over a world and over representations: what a requirement is worth, and what a request brought along.

Both sides give the same JSON for the same selection, so that a field with @requires has one value in the monolith and
the same one in a fake, as long as the gateway sent exactly what was required.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    SelectionSetNode,
    get_argument_values,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)
from graphql.language import ast

from tests.support.world import Record, World


class Incomplete(Exception):
    """A representation lacks something that the subgraph needs."""


def fields_for(selection: SelectionSetNode, typename: str, schema: GraphQLSchema) -> Iterator[ast.FieldNode]:
    """The fields of a field set that apply to an object of this type; `__typename` is left out."""
    for node in selection.selections:
        if isinstance(node, ast.FieldNode):
            if node.name.value != "__typename":
                yield node
        elif isinstance(node, ast.InlineFragmentNode):
            condition = node.type_condition.name.value if node.type_condition else typename
            if applies(schema, condition, typename):
                yield from fields_for(node.selection_set, typename, schema)


def applies(schema: GraphQLSchema, condition: str, typename: str) -> bool:
    """Whether a fragment on `condition` applies to objects of this type."""
    if condition == typename:
        return True
    above, below = schema.type_map.get(condition), schema.type_map.get(typename)
    return bool(above and below and is_abstract_type(above) and schema.is_sub_type(above, below))


def value_of(world: World, record: Record, field_name: str, arguments: dict[str, Any], declared: Any) -> Any:
    """A field's value by the world's own data, computed where some subgraph computes it from a requirement."""
    required = world.requirements.get((record.typename, field_name))
    if required is None:
        return world.read(record, field_name, arguments, declared)
    given = from_world(world, record, required.fields, required.typename, required.schema)
    return world.compute(record, field_name, arguments, given, declared)


def from_world(world: World, record: Record, selection: SelectionSetNode, typename: str, schema: GraphQLSchema) -> Any:
    """The selection's value by the world's own data. Types are those of the subgraph that states the requirement."""
    result: dict[str, Any] = {}
    for node in fields_for(selection, typename, schema):
        definition = _field(schema, typename, node)
        value = value_of(world, record, node.name.value, get_argument_values(definition, node), definition.type)
        result[node.name.value] = _nested_from_world(world, value, node, definition.type, schema)
    return result


def _nested_from_world(world: World, value: Any, node: ast.FieldNode, declared: Any, schema: GraphQLSchema) -> Any:
    if node.selection_set is None or value is None:
        return value
    if isinstance(value, list):
        return [_nested_from_world(world, item, node, declared, schema) for item in value]
    named = get_named_type(declared)
    typename = value.typename if is_abstract_type(named) else named.name
    return from_world(world, value, node.selection_set, typename, schema)


def from_representation(
    given: Any, selection: SelectionSetNode, typename: str, schema: GraphQLSchema
) -> dict[str, Any]:
    """The same selection, read from what a request sent. Raises Incomplete, naming what is not there."""
    if not isinstance(given, dict):
        raise Incomplete(f"{typename} must be an object, not {given!r}")
    result: dict[str, Any] = {}
    for node in fields_for(selection, typename, schema):
        name = node.name.value
        if name not in given:
            raise Incomplete(f"{typename}.{name} is missing")
        result[name] = _nested_from_representation(given[name], node, _field(schema, typename, node).type, schema)
    return result


def _nested_from_representation(given: Any, node: ast.FieldNode, declared: Any, schema: GraphQLSchema) -> Any:
    if is_non_null_type(declared):
        if given is None:
            raise Incomplete(f"{node.name.value} is null, which {declared} does not allow")
        declared = declared.of_type
    if given is None:
        return None
    if is_list_type(declared):
        if not isinstance(given, list):
            raise Incomplete(f"{node.name.value} must be a list, not {given!r}")
        return [_nested_from_representation(item, node, declared.of_type, schema) for item in given]
    if node.selection_set is None:
        return given
    named = get_named_type(declared)
    return from_representation(given, node.selection_set, _runtime_type(given, named, schema), schema)


def _runtime_type(given: Any, named: GraphQLNamedType, schema: GraphQLSchema) -> str:
    if not is_abstract_type(named):
        return named.name
    typename = given.get("__typename") if isinstance(given, dict) else None
    if typename is None:
        raise Incomplete(f"an object of type {named.name} lacks __typename")
    return str(typename)


def _field(schema: GraphQLSchema, typename: str, node: ast.FieldNode) -> GraphQLField:
    parent = schema.type_map[typename]
    return parent.fields[node.name.value]


def unknown_fields(given: Any, typename: str, schema: GraphQLSchema) -> list[str]:
    """Names in a representation that are no fields of its type in this subgraph; internal names must not leak out."""
    parent: Any = schema.type_map.get(typename)
    found: list[str] = []
    for name, value in given.items():
        if name == "__typename":
            continue
        if parent is None or name not in getattr(parent, "fields", {}):
            found.append(f"{typename}.{name}")
            continue
        named = get_named_type(parent.fields[name].type)
        for item in _flat(value):
            if isinstance(item, dict) and is_composite_type(named):
                found += unknown_fields(item, item.get("__typename", named.name), schema)
    return found


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    else:
        yield value

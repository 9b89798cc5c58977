"""@inaccessible after the merge: what remains visible must be a schema of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import EnumValueNode, ListValueNode, ObjectValueNode, ValueNode, parse_value

from gateway.federation.compose.merged import MergedArgument, MergedField, MergedSchema, MergedType
from gateway.federation.compose.model import QUERY, Kind
from gateway.federation.compose.type_text import named


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem of the merged schema: the element is named so that its place in some subgraph can be looked up."""

    code: str
    message: str
    type_name: str
    field_name: str | None = None


def inaccessible_findings(schema: MergedSchema) -> Iterator[Finding]:
    """Every rule of @inaccessible that the merged schema breaks."""
    for merged in schema.types.values():
        if merged.inaccessible:
            if merged.name == QUERY:
                message = f'"{QUERY}" is the query root and cannot be @inaccessible. Remove the mark.'
                yield Finding("QUERY_ROOT_TYPE_INACCESSIBLE", message, QUERY)
            continue
        yield from _only_hidden_children(schema, merged)
        for field in merged.fields.values():
            yield from _field(schema, merged, field)
    for directive in (found for found in schema.directives if not found.composed):
        for argument in directive.arguments.values():
            yield from _reference(schema, f"@{directive.name}({argument.name}:)", argument.type, "", None)


def _only_hidden_children(schema: MergedSchema, merged: MergedType) -> Iterator[Finding]:
    children = {
        "fields": [field.inaccessible for field in merged.fields.values()],
        "values": [value.inaccessible for value in merged.values],
        "members": [_is_hidden_type(schema, member) for member in {member for _, member in merged.members}],
    }
    for what, hidden in children.items():
        if hidden and all(hidden):
            message = f'"{merged.name}" is visible, but all its {what} are @inaccessible. Hide it as well, or show one.'
            yield Finding("ONLY_INACCESSIBLE_CHILDREN", message, merged.name)


def _field(schema: MergedSchema, merged: MergedType, field: MergedField) -> Iterator[Finding]:
    coordinate = f"{merged.name}.{field.name}"
    if field.inaccessible:
        if merged.kind is Kind.INPUT and field.type.endswith("!") and field.default is None:
            yield _required(coordinate, merged.name, field.name)
        for interface in merged.interfaces:
            if _is_visible_field(schema, interface, field.name):
                yield _implements(coordinate, f"{interface}.{field.name}", merged.name, field.name)
        return
    yield from _reference(schema, coordinate, field.type, merged.name, field.name)
    yield from _default(schema, coordinate, field.type, field.default, merged.name, field.name)
    for argument in field.arguments.values():
        yield from _argument(schema, merged, field, argument)


def _argument(
    schema: MergedSchema, merged: MergedType, field: MergedField, argument: MergedArgument
) -> Iterator[Finding]:
    coordinate = f"{merged.name}.{field.name}({argument.name}:)"
    if not argument.inaccessible:
        yield from _reference(schema, coordinate, argument.type, merged.name, field.name)
        yield from _default(schema, coordinate, argument.type, argument.default, merged.name, field.name)
        return
    if argument.type.endswith("!") and argument.default is None:
        yield _required(coordinate, merged.name, field.name)
    for interface in merged.interfaces:
        if _is_visible_field(schema, interface, field.name):
            declared = schema.types[interface].fields[field.name].arguments.get(argument.name)
            if declared is not None and not declared.inaccessible:
                name = f"{interface}.{field.name}({argument.name}:)"
                yield _implements(coordinate, name, merged.name, field.name)


def _required(coordinate: str, type_name: str, field_name: str) -> Finding:
    message = (
        f'"{coordinate}" is @inaccessible but required: nobody could give it. Make it optional, or give it a default.'
    )
    return Finding("REQUIRED_INACCESSIBLE", message, type_name, field_name)


def _implements(coordinate: str, of_interface: str, type_name: str, field_name: str) -> Finding:
    message = f'"{coordinate}" is @inaccessible but implements "{of_interface}", which is visible. Hide or show both.'
    return Finding("IMPLEMENTED_BY_INACCESSIBLE", message, type_name, field_name)


def _reference(
    schema: MergedSchema, coordinate: str, type_text: str, type_name: str, field_name: str | None
) -> Iterator[Finding]:
    target = named(type_text)
    if _is_hidden_type(schema, target):
        message = f'"{coordinate}" is visible, but its type "{target}" is @inaccessible. Hide or show both.'
        yield Finding("REFERENCED_INACCESSIBLE", message, type_name, field_name)


def _default(
    schema: MergedSchema, coordinate: str, type_text: str, default: str | None, type_name: str, field_name: str
) -> Iterator[Finding]:
    if default is None:
        return
    for hidden in _hidden_parts(schema, type_text, parse_value(default, no_location=True)):
        message = f'The default of "{coordinate}" uses "{hidden}", which is @inaccessible. Choose another default.'
        yield Finding("DEFAULT_VALUE_USES_INACCESSIBLE", message, type_name, field_name)


def _hidden_parts(schema: MergedSchema, type_text: str, value: ValueNode) -> Iterator[str]:
    """Coordinates of the hidden enum values and input fields in a literal of this type."""
    if isinstance(value, ListValueNode):
        for item in value.values:
            yield from _hidden_parts(schema, type_text, item)
        return
    merged = schema.types.get(named(type_text))
    if merged is None:
        return
    if isinstance(value, EnumValueNode):
        hidden = {item.name for item in merged.values if item.inaccessible}
        if value.value in hidden:
            yield f"{merged.name}.{value.value}"
    elif isinstance(value, ObjectValueNode):
        for part in value.fields:
            field = merged.fields.get(part.name.value)
            if field is not None and field.inaccessible:
                yield f"{merged.name}.{field.name}"
            elif field is not None:
                yield from _hidden_parts(schema, field.type, part.value)


def _is_hidden_type(schema: MergedSchema, name: str) -> bool:
    merged = schema.types.get(name)
    return merged is not None and merged.inaccessible


def _is_visible_field(schema: MergedSchema, type_name: str, field_name: str) -> bool:
    merged = schema.types.get(type_name)
    if merged is None or merged.inaccessible:
        return False
    field = merged.fields.get(field_name)
    return field is not None and not field.inaccessible

"""Checking @cost and @listSize in one subgraph: what they name must be there, and must have a size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphql import ListValueNode, StringValueNode, parse_value

from gateway.federation.compose.model import Applied, FieldDef, Kind, Subgraph, TypeDef
from gateway.federation.compose.positions import problem
from gateway.federation.compose.type_text import named
from gateway.federation.errors import Problem

_INT = ("Int", "Int!")


def cost_problems(subgraph: Subgraph) -> Iterator[Problem]:
    """Every @cost and @listSize that cannot be followed."""
    for type_def, field in subgraph.object_fields():
        for applied in field.applied:
            if applied.composed:
                continue
            if applied.name == "cost" and type_def.kind is Kind.INTERFACE:
                message = f'@cost cannot stand on "{type_def.name}.{field.name}", a field of an interface.'
                message += " Put it on the fields of the implementations."
                yield problem(subgraph.name, applied.place, "COST_APPLIED_TO_INTERFACE_FIELD", message)
            elif applied.name == "listSize":
                for code, message in _list_size_faults(subgraph, type_def, field, dict(applied.arguments)):
                    yield _list_size_problem(subgraph, applied, f"{type_def.name}.{field.name}", code, message)


def _list_size_problem(subgraph: Subgraph, applied: Applied, coordinate: str, code: str, message: str) -> Problem:
    return problem(subgraph.name, applied.place, f"LIST_SIZE_{code}", f'@listSize of "{coordinate}": {message}')


def _list_size_faults(
    subgraph: Subgraph, type_def: TypeDef, field: FieldDef, arguments: dict[str, str]
) -> Iterator[tuple[str, str]]:
    """(end of the code, message)"""
    sized = _strings(arguments.get("sizedFields"))
    if sized:
        yield from _sized_field_faults(subgraph, field, sized)
    elif not _is_list(field.type):
        yield "APPLIED_TO_NON_LIST", f"{field.type} is no list. Remove it, or say which fields below are: sizedFields."
    if arguments.get("assumedSize", "0").startswith("-"):
        yield "INVALID_ASSUMED_SIZE", "no list is shorter than 0. Write an assumedSize from 0 on."
    for name in _strings(arguments.get("slicingArguments")):
        argument = field.arguments.get(name)
        if argument is None:
            message = f'"{type_def.name}.{field.name}" has no argument "{name}". Name those that it has.'
            yield "INVALID_SLICING_ARGUMENT", message
        elif argument.type not in _INT:
            message = f'its argument "{name}" is {argument.type}, which is no size. Name arguments of type Int.'
            yield "INVALID_SLICING_ARGUMENT", message


def _sized_field_faults(subgraph: Subgraph, field: FieldDef, sized: Sequence[str]) -> Iterator[tuple[str, str]]:
    target = subgraph.types.get(named(field.type))
    if target is None or not target.composite:
        yield "INVALID_SIZED_FIELD", f"{field.type} has no fields. Remove sizedFields."
        return
    for name in sized:
        below = target.fields.get(name)
        if below is None:
            yield "INVALID_SIZED_FIELD", f'"{target.name}" has no field "{name}". Name fields that it has.'
        elif not _is_list(below.type):
            message = f'"{target.name}.{name}" is {below.type}, which is no list. Name fields that are.'
            yield "APPLIED_TO_NON_LIST", message


def _is_list(type_text: str) -> bool:
    return type_text.startswith("[")


def _strings(text: str | None) -> list[str]:
    """The strings of a GraphQL list, which may be written without brackets when it has one item."""
    if text is None or text == "null":
        return []
    value = parse_value(text, no_location=True)
    items = value.values if isinstance(value, ListValueNode) else (value,)
    return [item.value for item in items if isinstance(item, StringValueNode)]

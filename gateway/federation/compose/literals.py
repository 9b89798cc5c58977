"""Whether a literal fits an input type: for arguments inside field sets; and when two literals are equal."""

from __future__ import annotations

from collections.abc import Iterable

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    parse_value,
    print_ast,
)

from gateway.federation.compose.model import FieldDef, Kind, Subgraph

_BUILT_IN: dict[str, tuple[type[ValueNode], ...]] = {
    "Int": (IntValueNode,),
    "Float": (IntValueNode, FloatValueNode),
    "String": (StringValueNode,),
    "Boolean": (BooleanValueNode,),
    "ID": (StringValueNode, IntValueNode),
}
_INT_LIMIT = 2**31


def literal_fault(subgraph: Subgraph, type_text: str, value: ValueNode) -> str | None:
    """Why the value does not fit, as a clause; None when it fits. A custom scalar takes everything but variables."""
    if isinstance(value, VariableNode):
        return f"${value.name.value} is a variable, and there are none here"
    if type_text.endswith("!"):
        return f"{type_text} cannot be null" if _is_null(value) else literal_fault(subgraph, type_text[:-1], value)
    if _is_null(value):
        return None
    if type_text.startswith("["):
        items = value.values if isinstance(value, ListValueNode) else (value,)
        return next((fault for item in items if (fault := literal_fault(subgraph, type_text[1:-1], item))), None)
    return _named_fault(subgraph, type_text, value)


def _is_null(value: ValueNode) -> bool:
    return isinstance(value, NullValueNode)


def _named_fault(subgraph: Subgraph, name: str, value: ValueNode) -> str | None:
    misfit = f"{print_ast(value)} is no {name}"
    if name in _BUILT_IN:
        fits = isinstance(value, _BUILT_IN[name])
        too_large = (
            name == "Int" and isinstance(value, IntValueNode) and not -_INT_LIMIT <= int(value.value) < _INT_LIMIT
        )
        return misfit if not fits or too_large else None
    type_def = subgraph.types.get(name)
    if type_def is None:
        return None
    if type_def.kind is Kind.ENUM:
        return None if isinstance(value, EnumValueNode) and value.value in type_def.values else misfit
    if type_def.kind is Kind.INPUT:
        return _object_fault(subgraph, type_def.name, type_def.fields.values(), value)
    return None


def _object_fault(subgraph: Subgraph, name: str, fields: Iterable[FieldDef], value: ValueNode) -> str | None:
    if not isinstance(value, ObjectValueNode):
        return f"{print_ast(value)} is no {name}"
    given = {part.name.value: part.value for part in value.fields}
    known = {field.name: field for field in fields}
    for key in given:
        if key not in known:
            return f'{name} has no field "{key}"'
    for field in known.values():
        if field.name in given:
            fault = literal_fault(subgraph, field.type, given[field.name])
            if fault is not None:
                return fault
        elif field.required:
            return f'{name} needs its field "{field.name}"'
    return None


def canonical_literal(text: str) -> str:
    """The literal in one form: `1.0` as `1`, object fields by name. Equal values have equal canonical literals."""
    return _canonical(parse_value(text, no_location=True))


def _canonical(value: ValueNode) -> str:
    if isinstance(value, ListValueNode):
        return "[" + ", ".join(_canonical(item) for item in value.values) + "]"
    if isinstance(value, ObjectValueNode):
        parts = sorted(f"{part.name.value}: {_canonical(part.value)}" for part in value.fields)
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, (IntValueNode, FloatValueNode)):
        return f"{float(value.value):.17g}" if isinstance(value, FloatValueNode) else value.value
    return print_ast(value)

"""@context and @fromContext: an argument that the gateway fills in from an object further up.

    type User @context(name: "user") { currency: String! orders: [Order!]! }
    type Order @key(fields: "id") { id: ID! total(in: String @fromContext(field: "$user { currency }")): Int! }

Clients do not see such an argument. Its value is read at the nearest ancestor of a type that sets the context; so it
may be missing there, and the argument has to take null. The field is asked for by an entity fetch of its own, which
is why its type needs a key. Codes and verdicts are those of Apollo's composition, as trying shows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graphql import FieldNode, InlineFragmentNode, SelectionNode, Visitor, visit

from gateway.federation.compose.field_sets import Coordinate, FieldSetError, coordinates, parse_field_set
from gateway.federation.compose.model import ArgumentDef, FieldDef, Kind, Place, Subgraph, TypeDef
from gateway.federation.compose.positions import problem
from gateway.federation.compose.type_text import is_subtype, named
from gateway.federation.errors import Problem

_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9]*$")
_VALUE = re.compile(r"^\s*\$\s*([A-Za-z_]\w*)\s*(\S.*)$", re.DOTALL)


class _Fault(Exception):
    """Why a selection gives no value; a clause that can follow a colon."""


@dataclass(frozen=True, slots=True)
class ContextUse:
    """What `@fromContext(field: "$user { currency }")` says. selection: a field set, as written."""

    context: str
    selection: str


def context_use(argument: ArgumentDef) -> ContextUse | None:
    """None for an argument that clients give, or whose text is no use of a context."""
    match = _VALUE.match(argument.from_context or "")
    return ContextUse(match[1], match[2]) if match is not None else None


def supergraph_context(subgraph: str, context: str) -> str:
    """A context's name in the supergraph: subgraphs may use one name for different things."""
    return f"{subgraph}__{context}"


def context_fields(subgraph: Subgraph) -> set[Coordinate]:
    """Fields that some argument is filled in from, at any depth."""
    uses = [
        use
        for _, field in subgraph.object_fields()
        for argument in field.arguments.values()
        if (use := context_use(argument)) is not None
    ]
    return {
        coordinate
        for use in uses
        for type_def in subgraph.types.values()
        if use.context in type_def.contexts
        for coordinate in coordinates(subgraph, type_def.name, use.selection)
    }


def context_problems(subgraph: Subgraph) -> Iterator[Problem]:
    """What is wrong with a subgraph's contexts."""
    setters: dict[str, list[TypeDef]] = {}
    for type_def in subgraph.types.values():
        for name, place in type_def.contexts.items():
            setters.setdefault(name, []).append(type_def)
            fault = _name_fault(name)
            if fault is not None:
                yield problem(subgraph.name, place, "CONTEXT_NAME_INVALID", fault)
    for directive in subgraph.directives.values():
        for argument in directive.arguments.values():
            if argument.from_context is not None:
                yield _not_set(subgraph, argument.place, f"@{directive.name}({argument.name}:)", "a directive")
    for type_def, field in subgraph.object_fields():
        for argument in field.arguments.values():
            if argument.from_context is not None:
                yield from _argument_problems(subgraph, type_def, field, argument, setters)


def _name_fault(name: str) -> str | None:
    if _NAME.match(name):
        return None
    return f'"{name}" cannot be the name of a context: use letters and digits only, a letter first.'


def _not_set(subgraph: Subgraph, place: Place, where: str, what: str) -> Problem:
    message = f'"{where}" cannot be filled in from a context: it belongs to {what}. Take the @fromContext away.'
    return problem(subgraph.name, place, "CONTEXT_NOT_SET", message)


def _argument_problems(
    subgraph: Subgraph, type_def: TypeDef, field: FieldDef, argument: ArgumentDef, setters: dict[str, list[TypeDef]]
) -> Iterator[Problem]:
    where = f"{type_def.name}.{field.name}({argument.name}:)"

    def fault(code: str, message: str) -> Problem:
        return problem(subgraph.name, argument.place, code, message)

    if type_def.kind is Kind.INTERFACE:
        yield _not_set(subgraph, argument.place, where, "a field of an interface")
        return
    declaring = [name for name in type_def.interfaces if field.name in subgraph.types[name].fields]
    if declaring:
        what = f'a field that the interface "{declaring[0]}" declares'
        yield _not_set(subgraph, argument.place, where, what)
    if argument.default is not None:
        yield _not_set(subgraph, argument.place, where, "an argument with a default, which it could never have")
    if not any(key.resolvable for key in type_def.keys):
        message = (
            f'"{type_def.name}" has no resolvable @key, and "{where}" is filled in from a context: such a field is'
            " asked for by an entity fetch. Give the type a key."
        )
        yield fault("CONTEXT_NO_RESOLVABLE_KEY", message)
    use = context_use(argument)
    if use is None:
        message = f'"{where}" names no context: write @fromContext(field: "$name {{ field }}").'
        yield fault("NO_CONTEXT_IN_SELECTION", message)
        return
    if use.context not in setters:
        message = f'"{where}" reads the context "{use.context}", which no type sets. Mark one @context(name: ...).'
        yield fault("CONTEXT_NOT_SET", message)
        return
    for setter in setters[use.context]:
        try:
            _check_selection(subgraph, setter, use.selection, argument)
        except _Fault as reason:
            message = f'"{where}" cannot read "{use.selection}" of "{setter.name}": {reason}.'
            yield fault("CONTEXT_INVALID_SELECTION", message)


def _check_selection(subgraph: Subgraph, setter: TypeDef, text: str, argument: ArgumentDef) -> None:
    """Raises _Fault unless the selection gives one value that the argument takes."""
    try:
        selection_set = parse_field_set(text)
    except FieldSetError as error:
        raise _Fault(str(error)) from error
    visit(selection_set, _Plain())
    found = _types_of(subgraph, setter, selection_set.selections)
    for value_type in found:
        # The object may lack the value, so null has to be welcome.
        if not is_subtype(value_type.removesuffix("!"), argument.type, lambda sub, super_: sub == super_):
            raise _Fault(
                f"it is {value_type.removesuffix('!')}, which may be null, and the argument is {argument.type}"
            )


class _Plain(Visitor):
    def enter_field(self, node: FieldNode, *_: object) -> None:
        if node.alias is not None:
            raise _Fault("aliases are not allowed here")

    def enter_directive(self, *_: object) -> None:
        raise _Fault("directives are not allowed here")


def _types_of(subgraph: Subgraph, type_def: TypeDef, selections: Sequence[SelectionNode]) -> list[str]:
    """The type of the one value that is selected, for each of the fragments that apply."""
    fragments = [node for node in selections if isinstance(node, InlineFragmentNode)]
    if not fragments or len(fragments) < len(selections):
        return [_type_of_value(subgraph, type_def, selections)]
    conditions = [(_condition(subgraph, node), node.selection_set.selections) for node in fragments]
    possible = subgraph.possible(type_def.name)
    applying = [(condition, below) for condition, below in conditions if condition.name in possible]
    if not applying:
        raise _Fault(f'none of its fragments applies to "{type_def.name}"')
    return [_type_of_value(subgraph, condition, below) for condition, below in applying]


def _condition(subgraph: Subgraph, node: InlineFragmentNode) -> TypeDef:
    condition = subgraph.types.get(node.type_condition.name.value) if node.type_condition is not None else None
    if condition is None or condition.kind is not Kind.OBJECT:
        raise _Fault("a fragment here needs a type condition that is an object type")
    return condition


def _type_of_value(subgraph: Subgraph, type_def: TypeDef, selections: Sequence[SelectionNode]) -> str:
    if len(selections) != 1:
        raise _Fault("it must select exactly one value")
    node = selections[0]
    if not isinstance(node, FieldNode):
        raise _Fault("only the context's own type may have fragments")
    return _type_of_field(subgraph, type_def, node)


def _type_of_field(subgraph: Subgraph, type_def: TypeDef, node: FieldNode) -> str:
    field = type_def.fields.get(node.name.value)
    if field is None:
        raise _Fault(f'"{type_def.name}" has no field "{node.name.value}"')
    target = subgraph.types.get(named(field.type))
    is_composite = target is not None and target.composite
    if not is_composite:
        if node.selection_set is not None:
            raise _Fault(f'"{field.name}" is {field.type}, of which nothing can be selected')
        return field.type
    assert target is not None
    if node.selection_set is None:
        raise _Fault(f'"{field.name}" is an object: select a field of it')
    return _wrapped(field.type, _type_of_value(subgraph, target, node.selection_set.selections))


def _wrapped(outer: str, inner: str) -> str:
    """The type of `inner` read through `outer`: in its lists, and perhaps null."""
    bare = outer.removesuffix("!")
    return f"[{_wrapped(bare[1:-1], inner)}]" if bare.startswith("[") else inner.removesuffix("!")


def check_nowhere_else(coordinate: str, found: Sequence[tuple[str, ArgumentDef]]) -> Iterator[tuple[str, str, Place]]:
    """(subgraph, message, place) of each subgraph that wants a client to give what another fills in from a context."""
    filled = [subgraph for subgraph, argument in found if argument.from_context is not None]
    for subgraph, argument in found:
        if filled and argument.from_context is None and argument.required:
            message = (
                f'"{coordinate}" is filled in from a context in "{filled[0]}", so clients cannot give it; but in'
                f' "{subgraph}" it is required. Make it nullable there, or fill it in there, too.'
            )
            yield subgraph, message, argument.place

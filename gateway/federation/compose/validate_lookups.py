"""@lookup on a root field: its arguments are the key of what it returns, so a plan knows that key before asking.

Our own extension of the supergraph; name and meaning are those of the GraphQL composite schemas draft.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.federation.compose.field_sets import FieldSetError, simple_fields
from gateway.federation.compose.model import QUERY, FieldDef, Key, Kind, Place, Subgraph, TypeDef
from gateway.federation.compose.positions import problem
from gateway.federation.compose.type_text import named
from gateway.federation.errors import Problem


def lookup_problems(subgraph: Subgraph) -> Iterator[Problem]:
    """LOOKUP_INVALID for each @lookup that does not stand on a root field whose arguments are a key."""
    for type_def, field in subgraph.object_fields():
        if field.lookup is not None:
            fault = _fault(subgraph, type_def, field)
            if fault is not None:
                yield _problem(subgraph, field.lookup, f'"{type_def.name}.{field.name}" cannot be a @lookup: {fault}')


def _problem(subgraph: Subgraph, place: Place, message: str) -> Problem:
    return problem(subgraph.name, place, "LOOKUP_INVALID", message)


def _fault(subgraph: Subgraph, type_def: TypeDef, field: FieldDef) -> str | None:
    """Why not, with what to do; None when it is a proper lookup."""
    if type_def.name != QUERY:
        return "only fields of the query root can be. Remove the mark."
    if field.type.lstrip().startswith("["):
        return f"it returns a list ({field.type}). A lookup returns one object."
    target = subgraph.types.get(named(field.type))
    if target is None or target.kind not in (Kind.OBJECT, Kind.INTERFACE):
        return f"it returns {field.type}, which is no object or interface type."
    if not target.keys:
        return f'"{target.name}" has no @key in this subgraph. Give it the key that the arguments are.'
    if any(_is_key(target, key, field) for key in target.keys):
        return None
    keys = ", ".join(f'"{key.fields.text}"' for key in target.keys)
    return (
        f'its arguments must be exactly the fields of a flat @key of "{target.name}" ({keys}), with the same names and'
        " types, all required."
    )


def _is_key(target: TypeDef, key: Key, field: FieldDef) -> bool:
    """The arguments are the key: a required argument of the same name and type for each field, no other required."""
    try:
        names = simple_fields(key.fields.text or "")
    except FieldSetError:
        return False
    if not names:
        return False
    for name in names:
        argument, part = field.arguments.get(name), target.fields.get(name)
        if argument is None or part is None or not argument.required:
            return False
        if argument.type.rstrip("!") != part.type.rstrip("!"):
            return False
    return all(name in names for name, argument in field.arguments.items() if argument.required)

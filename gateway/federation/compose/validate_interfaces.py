"""Interface keys and interface objects: the rules of entity interfaces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.federation.compose.field_sets import FieldSetError, field_set_paths
from gateway.federation.compose.model import Key, Kind, Subgraph, TypeDef
from gateway.federation.compose.positions import problem
from gateway.federation.compose.report import listing
from gateway.federation.errors import Problem


def interface_problems(subgraph: Subgraph) -> Iterator[Problem]:
    """What one subgraph can get wrong alone."""
    for type_def in subgraph.types.values():
        if type_def.kind is Kind.INTERFACE:
            for key in type_def.keys:
                yield from _key_on_implementations(subgraph, type_def, key)
        if type_def.interface_object and not type_def.keys:
            message = f'"{type_def.name}" is an @interfaceObject without a @key. Give it a key that the interface has.'
            yield problem(subgraph.name, type_def.place, "INTERFACE_OBJECT_USAGE_ERROR", message)


def _key_on_implementations(subgraph: Subgraph, interface: TypeDef, key: Key) -> Iterator[Problem]:
    wanted = _paths(key)
    for name in subgraph.possible(interface.name):
        matching = [own for own in subgraph.types[name].keys if _paths(own) == wanted]
        if wanted is None or any(own.resolvable or not key.resolvable for own in matching):
            continue
        advice = "make it resolvable there" if matching else f'add it to "{name}"'
        message = (
            f'The interface "{interface.name}" has @key(fields: "{key.fields.text}"), which its implementation "{name}"'
            f" does not have{' as a resolvable key' if matching else ''}: {advice}."
        )
        yield problem(subgraph.name, key.fields.place, "INTERFACE_KEY_NOT_ON_IMPLEMENTATION", message)


def _paths(key: Key) -> frozenset[str] | None:
    """What the key consists of, whatever its order; None when it cannot be parsed."""
    try:
        return field_set_paths(key.fields.text or "")
    except FieldSetError:
        return None


def entity_interface_problems(subgraphs: Sequence[Subgraph]) -> Iterator[Problem]:
    """What only shows when all subgraphs are looked at together."""
    implementations = _implementations(subgraphs)
    for subgraph in subgraphs:
        for type_def in subgraph.types.values():
            if type_def.interface_object:
                yield from _interface_object(subgraph, type_def, implementations.get(type_def.name, ()), subgraphs)
            elif type_def.kind is Kind.INTERFACE and any(key.resolvable for key in type_def.keys):
                yield from _missing_implementations(subgraph, type_def, implementations.get(type_def.name, ()))


def _implementations(subgraphs: Sequence[Subgraph]) -> dict[str, list[str]]:
    """Interface to the object types that implement it in any subgraph, sorted."""
    found: dict[str, set[str]] = {}
    for subgraph in subgraphs:
        for type_def in subgraph.types.values():
            if type_def.kind is Kind.OBJECT and not type_def.interface_object:
                for interface in type_def.interfaces:
                    found.setdefault(interface, set()).add(type_def.name)
    return {name: sorted(types) for name, types in found.items()}


def _interface_object(
    subgraph: Subgraph, type_def: TypeDef, implementations: Sequence[str], subgraphs: Sequence[Subgraph]
) -> Iterator[Problem]:
    name = type_def.name
    own = [implementation for implementation in implementations if implementation in subgraph.types]
    if own:
        message = (
            f'"{name}" is an @interfaceObject here, so its implementations must stay unknown, but {listing(own)} is'
            " defined. Put its fields on the interface object, or define the interface itself."
        )
        yield problem(subgraph.name, type_def.place, "INTERFACE_OBJECT_USAGE_ERROR", message)
    definitions = [(other, other.types[name]) for other in subgraphs if name in other.types]
    if all(definition.interface_object for _, definition in definitions) and definitions[0][0] is subgraph:
        message = f'"{name}" is an @interfaceObject in every subgraph that has it. Define the interface in one of them.'
        yield problem(subgraph.name, type_def.place, "INTERFACE_OBJECT_USAGE_ERROR", message)


def _missing_implementations(
    subgraph: Subgraph, type_def: TypeDef, implementations: Sequence[str]
) -> Iterator[Problem]:
    own = set(subgraph.possible(type_def.name))
    missing = [implementation for implementation in implementations if implementation not in own]
    if missing:
        key = next(key for key in type_def.keys if key.resolvable)
        message = (
            f'The interface "{type_def.name}" has a resolvable @key here, so this subgraph must know every'
            f" implementation, but {listing(missing)} is missing. Define it here, implementing the interface."
        )
        yield problem(subgraph.name, key.fields.place, "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE", message)

"""Which @external marks count, and which fields a subgraph itself uses: in keys, requirements and the like."""

from __future__ import annotations

from dataclasses import replace

from gateway.federation.compose.context import context_fields
from gateway.federation.compose.field_sets import Coordinate, coordinates
from gateway.federation.compose.model import Subgraph
from gateway.federation.compose.type_text import named


def settle_externals(subgraph: Subgraph) -> Subgraph:
    """Drop @external from the key fields of extensions, in both federation versions.

    A subgraph that extends a type received the key in the representation, so it can give it back in spite of the mark.
    On a plain `type` of Federation 2 the mark stays: there the key may be used to enter, and never be read.
    """
    served: set[Coordinate] = set()
    for type_def in subgraph.types.values():
        for key in type_def.keys:
            if key.extension:
                served |= coordinates(subgraph, type_def.name, key.fields.text)
    return without_external(subgraph, served)


def without_external(subgraph: Subgraph, unmarked: set[Coordinate]) -> Subgraph:
    """The same subgraph with @external taken off these fields."""
    types = dict(subgraph.types)
    for type_name in {type_name for type_name, _ in unmarked}:
        type_def = types[type_name]
        fields = {
            name: replace(field, external=False) if (type_name, name) in unmarked else field
            for name, field in type_def.fields.items()
        }
        types[type_name] = replace(type_def, fields=fields)
    return replace(subgraph, types=types)


def used_fields(subgraph: Subgraph) -> set[Coordinate]:
    """Fields that the subgraph names in a @key, @requires, @provides or @fromContext, or that an interface asks for."""
    used = provided_fields(subgraph) | key_fields(subgraph) | required_fields(subgraph) | context_fields(subgraph)
    for type_def in subgraph.types.values():
        for interface in type_def.interfaces:
            declared = subgraph.types.get(interface)
            if declared is not None:
                used.update((type_def.name, name) for name in declared.fields if name in type_def.fields)
    return used


def key_fields(subgraph: Subgraph) -> set[Coordinate]:
    """Fields named in some @key, at any depth."""
    used: set[Coordinate] = set()
    for type_def in subgraph.types.values():
        for key in type_def.keys:
            used |= coordinates(subgraph, type_def.name, key.fields.text)
    return used


def required_fields(subgraph: Subgraph) -> set[Coordinate]:
    """Fields named in some @requires, at any depth."""
    used: set[Coordinate] = set()
    for type_def, field in subgraph.object_fields():
        if field.requires is not None:
            used |= coordinates(subgraph, type_def.name, field.requires.text)
    return used


def provided_fields(subgraph: Subgraph) -> set[Coordinate]:
    """Fields named in some @provides, at any depth."""
    used: set[Coordinate] = set()
    for _, field in subgraph.object_fields():
        if field.provides is not None:
            used |= coordinates(subgraph, named(field.type), field.provides.text)
    return used

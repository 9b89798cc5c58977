"""Federation 1 subgraphs as Federation 2 subgraphs, so that one set of merge rules does for both.

Federation 1 lets a subgraph say things that mean nothing (dropped here) and leaves sharing unsaid (said here).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.federation.compose.externals import used_fields
from gateway.federation.compose.federation_definitions import FEDERATION_1
from gateway.federation.compose.field_sets import Coordinate
from gateway.federation.compose.model import FieldDef, Kind, Subgraph, TypeDef
from gateway.federation.compose.type_text import named


def upgrade(subgraphs: Sequence[Subgraph]) -> list[Subgraph]:
    """The same subgraphs in the same order, those of Federation 1 rewritten."""
    cleared = [_cleared(subgraph) if is_federation_1(subgraph) else subgraph for subgraph in subgraphs]
    resolvers = _resolvers(cleared)
    return [_with_sharing(subgraph, resolvers) if is_federation_1(subgraph) else subgraph for subgraph in cleared]


def is_federation_1(subgraph: Subgraph) -> bool:
    return subgraph.federation == FEDERATION_1


def _cleared(subgraph: Subgraph) -> Subgraph:
    """Without what Federation 2 refuses and 1 ignored: unused externals, directives on interfaces and leaves."""
    types = {name: _cleared_type(subgraph, type_def) for name, type_def in subgraph.types.items()}
    return _without_unused_externals(replace(subgraph, types=types))


def _cleared_type(subgraph: Subgraph, type_def: TypeDef) -> TypeDef:
    if type_def.kind is Kind.INTERFACE:
        fields = {
            name: replace(field, external=False, requires=None, provides=None)
            for name, field in type_def.fields.items()
        }
        return replace(type_def, keys=(), fields=fields)
    if type_def.kind is Kind.OBJECT:
        return replace(
            type_def, fields={name: _without_leaf_provides(subgraph, field) for name, field in type_def.fields.items()}
        )
    return type_def


def _without_leaf_provides(subgraph: Subgraph, field: FieldDef) -> FieldDef:
    target = subgraph.types.get(named(field.type))
    if field.provides is None or (target is not None and target.composite):
        return field
    return replace(field, provides=None)


def _without_unused_externals(subgraph: Subgraph) -> Subgraph:
    """Drop external fields that nothing uses, and types and interfaces left empty by it."""
    used = used_fields(subgraph)
    types: dict[str, TypeDef] = {}
    for name, type_def in subgraph.types.items():
        kept = {
            field.name: field
            for field in type_def.fields.values()
            if not field.external or (type_def.name, field.name) in used
        }
        if kept or not type_def.fields:
            types[name] = replace(type_def, fields=kept)
    return replace(subgraph, types=types)


def _resolvers(subgraphs: Sequence[Subgraph]) -> dict[Coordinate, set[str]]:
    """For each field of an object, the subgraphs that resolve it."""
    found: dict[Coordinate, set[str]] = {}
    for subgraph in subgraphs:
        for type_def, field in subgraph.object_fields():
            if type_def.kind is Kind.OBJECT and not field.external:
                found.setdefault((type_def.name, field.name), set()).add(subgraph.name)
    return found


def _with_sharing(subgraph: Subgraph, resolvers: dict[Coordinate, set[str]]) -> Subgraph:
    """Mark shareable what several subgraphs resolve."""
    types = {
        name: replace(
            type_def,
            fields={
                field.name: replace(field, shareable=len(resolvers.get((name, field.name), ())) > 1)
                for field in type_def.fields.values()
            },
        )
        if type_def.kind is Kind.OBJECT
        else type_def
        for name, type_def in subgraph.types.items()
    }
    return replace(subgraph, types=types)

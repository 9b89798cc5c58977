"""Federation 1 subgraphs as Federation 2 subgraphs, so that one set of merge rules does for both.

Federation 1 lets a subgraph say things that mean nothing (dropped here) and leaves sharing unsaid (said here).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from gateway.federation.compose.externals import provided_fields, used_fields, without_external
from gateway.federation.compose.federation_definitions import FEDERATION_1
from gateway.federation.compose.field_sets import Coordinate, FieldSetError, own_part, top_level_fields
from gateway.federation.compose.model import Applied, FieldDef, FieldSet, Kind, Subgraph, TypeDef
from gateway.federation.compose.report import Report
from gateway.federation.compose.type_text import named


def upgrade(subgraphs: Sequence[Subgraph], report: Report) -> list[Subgraph]:
    """The same subgraphs in the same order, those of Federation 1 rewritten. What cannot be rewritten is reported."""
    cleared: list[Subgraph] = []
    interface_objects = {found.name for other in subgraphs for found in other.types.values() if found.interface_object}
    for subgraph in subgraphs:
        if is_federation_1(subgraph):
            _check_interface_keys(subgraph, interface_objects, report)
            subgraph = _cleared(without_external(subgraph, _served_without_key(subgraph, subgraphs)))
            subgraph = _without_repeated_tags(subgraph, subgraphs)
            subgraph = _without_unused_externals(subgraph, report)
        cleared.append(subgraph)
    resolvers = _resolvers(cleared)
    return [_with_sharing(subgraph, resolvers) if is_federation_1(subgraph) else subgraph for subgraph in cleared]


def is_federation_1(subgraph: Subgraph) -> bool:
    return subgraph.federation == FEDERATION_1


def _served_without_key(subgraph: Subgraph, subgraphs: Sequence[Subgraph]) -> set[Coordinate]:
    """Fields of extensions without any @key that are key fields of the type elsewhere: @external is ignored too."""
    served: set[Coordinate] = set()
    for type_def in subgraph.types.values():
        if type_def.keys or not (type_def.extension or type_def.extends):
            continue
        for other in subgraphs:
            elsewhere = other.types.get(type_def.name) if other is not subgraph else None
            for key in elsewhere.keys if elsewhere is not None else ():
                names = top_level_fields(key.fields.text or "")
                served.update((type_def.name, name) for name in names if name in type_def.fields)
    return served


def _check_interface_keys(subgraph: Subgraph, interface_objects: set[str], report: Report) -> None:
    """A keyed interface of Federation 1 cannot do what the @interfaceObject of another subgraph expects of it."""
    for type_def in subgraph.types.values():
        if type_def.kind is Kind.INTERFACE and type_def.keys and type_def.name in interface_objects:
            message = (
                f'"{type_def.name}" is an @interfaceObject elsewhere, but its @key in this Federation 1 subgraph'
                " does not let the gateway learn an object's type. Link Federation 2 here, or remove the @key."
            )
            place = type_def.keys[0].fields.place
            report.error("INTERFACE_OBJECT_USAGE_ERROR", message, subgraph.name, place)


def _cleared(subgraph: Subgraph) -> Subgraph:
    """Without what Federation 2 refuses and 1 ignored: directives on interfaces, needless requires and provides."""
    return replace(subgraph, types={name: _cleared_type(subgraph, found) for name, found in subgraph.types.items()})


def _cleared_type(subgraph: Subgraph, type_def: TypeDef) -> TypeDef:
    if type_def.kind is Kind.INTERFACE:
        fields = {
            name: replace(field, external=False, requires=None, provides=None)
            for name, field in type_def.fields.items()
        }
        return replace(type_def, keys=(), fields=fields)
    if type_def.kind is Kind.OBJECT:
        fields = {name: _cleared_field(subgraph, type_def, field) for name, field in type_def.fields.items()}
        return replace(type_def, fields=fields)
    return type_def


def _cleared_field(subgraph: Subgraph, type_def: TypeDef, field: FieldDef) -> FieldDef:
    target = subgraph.types.get(named(field.type))
    provides = field.provides if target is not None and target.composite else None
    return replace(
        field,
        requires=_foreign_part(subgraph, type_def.name, field.requires),
        provides=_foreign_part(subgraph, named(field.type), provides),
    )


def _foreign_part(subgraph: Subgraph, type_name: str, field_set: FieldSet | None) -> FieldSet | None:
    """The field set without the fields that the subgraph resolves itself; None when nothing remains."""
    if field_set is None or field_set.text is None:
        return field_set
    try:
        text = own_part(subgraph, type_name, field_set.text)
    except FieldSetError:
        return field_set
    return replace(field_set, text=text) if text else None


def _without_repeated_tags(subgraph: Subgraph, subgraphs: Sequence[Subgraph]) -> Subgraph:
    """Drop the @tag of an external field where the subgraph that resolves the field has the same one."""
    types = dict(subgraph.types)
    for type_def in subgraph.types.values():
        fields = dict(type_def.fields)
        for field in type_def.fields.values():
            if field.external and field.applied:
                repeated = {str(tag) for tag in _tags_elsewhere(subgraph, subgraphs, type_def.name, field.name)}
                kept = tuple(applied for applied in field.applied if str(applied) not in repeated)
                fields[field.name] = replace(field, applied=kept)
        types[type_def.name] = replace(type_def, fields=fields)
    return replace(subgraph, types=types)


def _tags_elsewhere(
    subgraph: Subgraph, subgraphs: Sequence[Subgraph], type_name: str, field_name: str
) -> Iterator[Applied]:
    for other in subgraphs:
        type_def = other.types.get(type_name)
        field = type_def.fields.get(field_name) if type_def is not None and other is not subgraph else None
        if field is not None and not field.external:
            yield from (applied for applied in field.applied if applied.name == "tag")


def _without_unused_externals(subgraph: Subgraph, report: Report) -> Subgraph:
    """Drop external fields that nothing uses, and types left empty by it; report such a type that is still named."""
    used = used_fields(subgraph)
    types: dict[str, TypeDef] = {}
    for name, type_def in subgraph.types.items():
        kept = {
            field.name: field for field in type_def.fields.values() if not field.external or (name, field.name) in used
        }
        if kept or not type_def.fields:
            types[name] = replace(type_def, fields=kept)
    referenced = {named(field.type) for type_def in types.values() for field in type_def.fields.values()}
    referenced |= {member for type_def in types.values() for member in type_def.members}
    for name in sorted((subgraph.types.keys() - types.keys()) & referenced):
        message = (
            f'"{name}" has only external fields, and none of them is used in a @key, @requires or @provides.'
            " Give it a field of its own, or remove it and what refers to it."
        )
        report.error("TYPE_WITH_ONLY_UNUSED_EXTERNAL", message, subgraph.name, subgraph.types[name].place)
    return replace(subgraph, types=types)


def _resolvers(subgraphs: Sequence[Subgraph]) -> dict[Coordinate, set[str]]:
    """For each field of an object, the subgraphs that resolve it."""
    found: dict[Coordinate, set[str]] = {}
    for subgraph in subgraphs:
        provided = provided_fields(subgraph)
        for type_def, field in subgraph.object_fields():
            coordinate = (type_def.name, field.name)
            if type_def.kind is Kind.OBJECT and (not field.external or coordinate in provided):
                found.setdefault(coordinate, set()).add(subgraph.name)
    return found


def _with_sharing(subgraph: Subgraph, resolvers: dict[Coordinate, set[str]]) -> Subgraph:
    """Mark shareable what several subgraphs resolve; but a subscription has one source, whatever the version."""
    types = dict(subgraph.types)
    for name, type_def in subgraph.types.items():
        if type_def.kind is Kind.OBJECT and name != "Subscription":
            fields = {
                field.name: replace(field, shareable=len(resolvers.get((name, field.name), ())) > 1)
                for field in type_def.fields.values()
            }
            types[name] = replace(type_def, fields=fields)
    return replace(subgraph, types=types)

"""Directives that stand where they mean nothing, or beside one another where they contradict."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.federation.compose.externals import used_fields
from gateway.federation.compose.merge_directives import ACCESS_RULES
from gateway.federation.compose.model import FieldDef, Kind, Subgraph, TypeDef
from gateway.federation.compose.positions import problem
from gateway.federation.errors import Problem


def mark_problems(subgraph: Subgraph) -> Iterator[Problem]:
    """Misplaced @external, @shareable, @requires, @provides and @key."""
    for type_def, field in subgraph.object_fields():
        if type_def.kind is Kind.INTERFACE:
            yield from _interface_field(subgraph, type_def, field)
        elif field.external:
            yield from _external_field(subgraph, type_def, field)
        if type_def.name == "Subscription" and field.shareable:
            message = (
                f'"Subscription.{field.name}" cannot be @shareable: a subscription has one source. Remove the mark.'
            )
            yield problem(subgraph.name, field.place, "INVALID_FIELD_SHARING", message)
    yield from _unused_externals(subgraph)
    yield from _access_rules_on_interfaces(subgraph)
    yield from _keys_on_interfaces(subgraph)


def _interface_field(subgraph: Subgraph, type_def: TypeDef, field: FieldDef) -> Iterator[Problem]:
    coordinate = f"{type_def.name}.{field.name}"
    if field.external:
        message = f'"{coordinate}" belongs to an interface, whose fields cannot be @external. Remove the mark.'
        yield problem(subgraph.name, field.place, "EXTERNAL_ON_INTERFACE", message)
    if field.shareable:
        message = f'"{coordinate}" belongs to an interface. Only fields of objects can be @shareable: remove the mark.'
        yield problem(subgraph.name, field.place, "INVALID_SHAREABLE_USAGE", message)
    for name, field_set in (("requires", field.requires), ("provides", field.provides)):
        if field_set is not None:
            message = f'"{coordinate}" belongs to an interface. Put @{name} on the field of its implementations.'
            yield problem(subgraph.name, field_set.place, f"{name.upper()}_UNSUPPORTED_ON_INTERFACE", message)


def _external_field(subgraph: Subgraph, type_def: TypeDef, field: FieldDef) -> Iterator[Problem]:
    coordinate = f"{type_def.name}.{field.name}"
    if field.provides is not None:
        message = f'"{coordinate}" is @external, so it cannot have @provides. Remove one of them.'
        yield problem(subgraph.name, field.place, "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE", message)
    for applied in (applied for applied in field.applied if not applied.composed):
        message = f'"{coordinate}" is @external, so {applied} says nothing here. Put it where the field is resolved.'
        yield problem(subgraph.name, applied.place, "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL", message)


def _unused_externals(subgraph: Subgraph) -> Iterator[Problem]:
    used = used_fields(subgraph)
    for type_def, field in subgraph.object_fields():
        if field.external and (type_def.name, field.name) not in used:
            message = (
                f'"{type_def.name}.{field.name}" is @external, but no @key, @requires, @provides or interface of this'
                " subgraph uses it. Remove the field, or the mark if this subgraph resolves it."
            )
            yield problem(subgraph.name, field.place, "EXTERNAL_UNUSED", message)


def _access_rules_on_interfaces(subgraph: Subgraph) -> Iterator[Problem]:
    for type_def in subgraph.types.values():
        if type_def.merged_kind is not Kind.INTERFACE:
            continue
        # A field of an interface object is resolved there, for all implementations: its rule is theirs.
        is_interface = type_def.kind is Kind.INTERFACE
        resolved = type_def.fields.values() if is_interface else ()
        fields = [(f"{type_def.name}.{field.name}", field.applied) for field in resolved]
        for element, found in [(type_def.name, type_def.applied), *fields]:
            for applied in found:
                if applied.name in ACCESS_RULES:
                    message = (
                        f'@{applied.name} cannot stand on "{element}", an interface. Put it on the implementations.'
                    )
                    yield problem(subgraph.name, applied.place, "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE", message)


def _keys_on_interfaces(subgraph: Subgraph) -> Iterator[Problem]:
    if subgraph.federation >= (2, 3):
        return
    for type_def in subgraph.types.values():
        if type_def.kind is Kind.INTERFACE and type_def.keys:
            message = f'@key on the interface "{type_def.name}" needs federation v2.3. Link that, or remove the @key.'
            yield problem(subgraph.name, type_def.keys[0].fields.place, "KEY_UNSUPPORTED_ON_INTERFACE", message)

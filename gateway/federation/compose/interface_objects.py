"""@interfaceObject after the merge: what it adds to the interface, it adds to every implementation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from gateway.federation.compose.merged import JoinField, MergedField, MergedType
from gateway.federation.compose.model import Kind
from gateway.federation.compose.report import Report
from gateway.federation.compose.sharing import check_sharing
from gateway.federation.compose.sources import MergeContext


def add_interface_object_fields(
    context: MergeContext, types: Mapping[str, MergedType], report: Report
) -> dict[str, MergedType]:
    """The same types, implementations extended.

    An implementation that has no such field of its own gets it with an argument-less @join__field: no subgraph resolves
    it on that type, but a jump into the interface object does.
    """
    extended = dict(types)
    for name, merged in types.items():
        if merged.kind is Kind.INTERFACE:
            added = _added_fields(context, merged)
            for implementation in context.implementations(name) if added else ():
                target = extended[implementation]
                missing = {field.name: field for field in added.values() if field.name not in target.fields}
                for field in missing:
                    sources = context.interface_object_sources(implementation, field)
                    check_sharing(context, implementation, sources, report)
                extended[implementation] = replace(target, fields={**target.fields, **missing})
    return extended


def _added_fields(context: MergeContext, merged: MergedType) -> dict[str, MergedField]:
    """Fields of the interface that some interface object resolves, as an implementation carries them."""
    resolved: set[str] = set()
    for source in context.types[merged.name]:
        if source.type.interface_object:
            resolved.update(field.name for field in source.type.fields.values() if not field.external)
    return {
        name: replace(field, joins=(JoinField(),), lookups=())
        for name, field in merged.fields.items()
        if name in resolved
    }

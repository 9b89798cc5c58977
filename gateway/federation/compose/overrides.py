"""@override: whose field it is after all takeovers, and the takeovers that cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.federation.compose.model import Kind, Override
from gateway.federation.compose.report import Report
from gateway.federation.compose.sources import FieldSource, MergeContext
from gateway.federation.labels import is_label


def resolve_overrides(context: MergeContext, sources: Sequence[FieldSource], report: Report) -> list[FieldSource]:
    """The sources of one field that remain, in the same order.

    A field taken over without a label is gone from its old owner, or kept as used_overridden where that subgraph still
    uses it. With a label both sides remain and carry it, unless the old side resolves nothing: then it says nothing.
    """
    by_name = {source.name: source for source in sources}
    for source in sources:
        override = source.field.override
        if override is None:
            continue
        old = by_name.get(override.source)
        if not _can_be_followed(context, source, override, old, report) or old is None:
            continue
        used = (old.type.name, old.field.name) in context.used[old.name]
        if override.label is not None:
            by_name[old.name] = replace(old, label=override.label, used_overridden=used)
            by_name[source.name] = replace(by_name[source.name], label=override.label)
            continue
        if used:
            by_name[old.name] = replace(old, used_overridden=True)
        else:
            del by_name[old.name]
        _hint_overridden(report, old, used)
    return list(by_name.values())


def _hint_overridden(report: Report, old: FieldSource, used: bool) -> None:
    advice = "Something there still uses it: it can be marked @external." if used else "It can be removed."
    message = f'"{old.type.name}.{old.field.name}" is overridden and never asked of this subgraph. {advice}'
    report.hint("OVERRIDDEN_FIELD_CAN_BE_REMOVED", message, old.name, old.place)


def _can_be_followed(
    context: MergeContext, source: FieldSource, override: Override, old: FieldSource | None, report: Report
) -> bool:
    """Whether the takeover changes anything, with all that is wrong or idle about it reported."""
    coordinate = f"{source.type.name}.{source.field.name}"
    if override.label is not None and not is_label(override.label):
        message = (
            f'"{override.label}" is no override label. Write percent(N) with N from 0 to 100, or a name that starts'
            " with a letter and holds letters, digits, and _-:./ only."
        )
        report.error("OVERRIDE_LABEL_INVALID", message, source.name, override.place)
    fault = _fault(coordinate, source, override, old, is_known=override.source in context.graphs)
    if fault is not None:
        report.error(*fault, source.name, override.place)
        return False
    if override.source not in context.graphs:
        known = ", ".join(name for name in context.graphs if name != source.name)
        message = f'"{coordinate}" is overridden from "{override.source}", which is no subgraph. Known: {known}.'
        report.hint("FROM_SUBGRAPH_DOES_NOT_EXIST", message, source.name, override.place)
        return False
    if old is None or old.field.external:
        message = f'"{coordinate}" is not resolved by "{override.source}": the @override can be removed.'
        report.hint("OVERRIDE_DIRECTIVE_CAN_BE_REMOVED", message, source.name, override.place)
        return False
    return True


def _fault(
    coordinate: str, source: FieldSource, override: Override, old: FieldSource | None, *, is_known: bool
) -> tuple[str, str] | None:
    """Code and message of why the takeover cannot be. is_known: it is from a subgraph that there is."""
    if source.type.kind is Kind.INTERFACE:
        message = f'@override cannot stand on "{coordinate}", a field of an interface. Remove it.'
        return "OVERRIDE_ON_INTERFACE", message
    if override.source == source.name:
        return "OVERRIDE_FROM_SELF_ERROR", f'"{coordinate}" overrides itself. Name the subgraph it is taken from.'
    collision = _collision(source, old, is_known=is_known)
    if collision is not None:
        return "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", collision
    if old is not None and old.field.override is not None:
        message = (
            f'"{coordinate}" is overridden from "{old.name}", where it has an @override itself. Keep one of the two.'
        )
        return "OVERRIDE_SOURCE_HAS_OVERRIDE", message
    return None


def _collision(source: FieldSource, old: FieldSource | None, *, is_known: bool) -> str | None:
    """Directives that cannot live beside a takeover: @external on the new side, @requires and @provides on the old."""
    coordinate = f"{source.type.name}.{source.field.name}"
    if source.type.interface_object or (old is not None and old.type.interface_object):
        return f'"{coordinate}" cannot be overridden: its type is an @interfaceObject. Remove the @override.'
    marks = [(source, "external", source.field.external and is_known)]
    if old is not None:
        marks += [(old, "requires", old.field.requires is not None), (old, "provides", old.field.provides is not None)]
    for side, name, present in marks:
        if present:
            return (
                f'"{coordinate}" cannot be overridden: in "{side.name}" it is marked @{name}.'
                f" Remove the @{name} or the @override."
            )
    return None

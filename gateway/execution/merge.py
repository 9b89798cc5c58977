"""Merging what a subgraph answered into the gateway's data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from gateway.execution.targets import JsonObject
from gateway.planning.plan import RenameTree

_TYPENAME = "__typename"


def merge_entities(entities: Sequence[JsonObject | None], slots: Sequence[Sequence[JsonObject]]) -> None:
    """Write each fetched entity into every object that asked for it.

    entities: u results, one per representation; None means "no such entity" and changes nothing. They become part of
              the data.
    slots:    u groups of objects; changed in place.
    """
    for entity, targets in zip(entities, slots, strict=True):
        if entity is None:
            continue
        # Later steps write into what is merged here, so two objects may not share a container.
        has_containers = any(value.__class__ is dict or value.__class__ is list for value in entity.values())
        for target in targets[1:]:
            merge_object(target, _copied(entity) if has_containers else entity)
        merge_object(targets[0], entity)


def find_stranger(
    entities: Sequence[JsonObject | None],
    representations: Sequence[JsonObject],
    echoed: Mapping[str, Mapping[str, str]],
) -> int | None:
    """The place of an entity whose key is not that of its representation; None when each one is who it should be.

    echoed: as in FetchStep. What an entity does not tell says nothing. An id may be a number here and text there.
    """
    for place, (entity, representation) in enumerate(zip(entities, representations, strict=True)):
        if entity is None:
            continue
        for key, name in echoed.get(representation["__typename"], {}).items():
            told = entity.pop(key, None)
            if told is not None and told != representation[name] and str(told) != str(representation[name]):
                return place
    return None


def merge_object(target: JsonObject, source: JsonObject) -> None:
    """Write an object's fields into another: objects by key, lists of one length by index, otherwise what is not null.

    target: changed in place. The type name that is known first stays: a later one may be an interface's.
    """
    if target.keys().isdisjoint(source):  # nearly always: a step fetches what is not there yet
        target.update(source)
        return
    for key, value in source.items():
        known = target.get(key)
        if known is None:
            target[key] = value
        elif key != _TYPENAME and value is not None:
            target[key] = _merged(known, value)


def _merged(known: Any, value: Any) -> Any:
    if known.__class__ is dict and value.__class__ is dict:
        merge_object(known, value)
        return known
    if known.__class__ is list and value.__class__ is list:
        if len(known) == len(value):
            return [_merged_item(one, other) for one, other in zip(known, value, strict=True)]
        return known  # two sources of one list disagree about it: the first one's stands
    return value


def _merged_item(known: Any, value: Any) -> Any:
    if known is None or value is None:
        return value if known is None else known
    return _merged(known, value)


def _copied(value: Any) -> Any:
    """A dict or a list with all that it holds. Leaves, which most values are, are not called for: half the time."""
    if value.__class__ is dict:
        return {
            key: _copied(item) if item.__class__ is dict or item.__class__ is list else item
            for key, item in value.items()
        }
    return [_copied(item) if item.__class__ is dict or item.__class__ is list else item for item in value]


def rename(value: Any, tree: RenameTree) -> None:
    """Give fields that had another name on the wire their internal keys again. Changes the value in place."""
    if value.__class__ is list:
        for item in value:
            rename(item, tree)
    elif isinstance(value, dict):
        known = cast("JsonObject", value)
        for wire, below in tree.below.items():
            if below and wire in known:
                rename(known[wire], below)
        for wire, key in tree.names.items():
            if wire in known:
                known[key] = known.pop(wire)

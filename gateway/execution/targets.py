"""Finding the objects that a step fetches for, in the gateway's data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from gateway.planning.plan import Path

JsonObject = dict[str, Any]
DataPath = tuple[str | int, ...]
"""Where a value lies in the gateway's data: internal keys and list indexes."""


def find_targets(data: JsonObject, path: Path) -> list[JsonObject]:
    """The objects at a path, in document order: lists are walked through, nulls and other types left out."""
    level: list[JsonObject] = [data]
    for element in path:
        found: list[JsonObject] = []
        for parent in level:
            value = parent.get(element.key)
            if type(value) is list:
                _flatten(cast("list[Any]", value), found)
            elif type(value) is dict:  # anything else breaks the source's promise; shaping answers null for it
                found.append(cast("JsonObject", value))
        types = element.types
        if types is not None:
            found = [value for value in found if type_of(value) in types]
        level = found
    return level


def type_of(value: JsonObject) -> str:
    """The object's runtime type as its source told it; "" when it told none."""
    name = value.get("__typename")
    return name if isinstance(name, str) else ""


def _flatten(values: list[Any], into: list[JsonObject]) -> None:
    for value in values:
        if type(value) is list:
            _flatten(cast("list[Any]", value), into)
        elif type(value) is dict:
            into.append(cast("JsonObject", value))


def locate_targets(data: JsonObject, path: Path) -> Iterator[tuple[DataPath, JsonObject]]:
    """As `find_targets`, with where each object lies. Same order. Slower, so only for errors."""
    yield from _locate(data, path, 0, ())


def _locate(value: Any, path: Path, depth: int, place: DataPath) -> Iterator[tuple[DataPath, JsonObject]]:
    if isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _locate(item, path, depth, (*place, index))
        return
    if not isinstance(value, dict):
        return
    target = cast("JsonObject", value)
    if depth > 0:
        types = path[depth - 1].types
        if types is not None and type_of(target) not in types:
            return
    if depth == len(path):
        yield place, target
    else:
        key = path[depth].key
        yield from _locate(target.get(key), path, depth + 1, (*place, key))

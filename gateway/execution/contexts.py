"""What a step takes from its objects' ancestors (`@fromContext`): objects with different values are asked for apart.

Each object's value is read at its nearest ancestor whose type sets the context, in the data that has been merged. The
value goes into a variable of the request, so one request can carry one value only: there is one for each set of values
that occurs, and those that go to one subgraph together share their HTTP request as any entity fetches do.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from graphql import NameNode, VariableNode, Visitor, parse, print_ast, visit

from gateway.execution.representations import ABSENT, freeze
from gateway.execution.targets import JsonObject, type_of
from gateway.planning.plan import (
    ContextVariable,
    EntitiesText,
    FetchStep,
    Path,
    RepresentationField,
    RepresentationShape,
    StepContexts,
)


@dataclass(slots=True)
class ContextGroup:
    """Objects with the same values. values: by the step's variables."""

    values: Mapping[str, Any]
    targets: list[JsonObject] = field(default_factory=list[JsonObject])


def group_by_context(
    data: JsonObject, path: Path, contexts: StepContexts
) -> tuple[list[ContextGroup], list[JsonObject]]:
    """The objects at a path by their values, in the order in which these occur; and those whose value is missing.

    An object whose value is null where the argument forbids that is in neither: its field is null.
    """
    groups: dict[Hashable, ContextGroup] = {}
    absent: list[JsonObject] = []
    for target, above in _with_ancestors(data, path, 0, ()):
        values = {wanted.name: _find(wanted, above, contexts.owners) for wanted in contexts.variables}
        if any(value is ABSENT for value in values.values()):
            absent.append(target)
        elif all(wanted.nullable or values[wanted.name] is not None for wanted in contexts.variables):
            identity = tuple(freeze(value) for value in values.values())
            groups.setdefault(identity, ContextGroup(values)).targets.append(target)
    return list(groups.values()), absent


def _with_ancestors(
    value: Any, path: Path, depth: int, above: tuple[JsonObject, ...]
) -> Iterator[tuple[JsonObject, tuple[JsonObject, ...]]]:
    """Objects at a path, each with the objects on the way to it, the root first."""
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _with_ancestors(item, path, depth, above)
        return
    if not isinstance(value, dict):
        return
    found = cast("JsonObject", value)
    types = path[depth - 1].types if depth else None
    if types is not None and type_of(found) not in types:
        return
    if depth == len(path):
        yield found, above
    else:
        yield from _with_ancestors(found.get(path[depth].key), path, depth + 1, (*above, found))


def _find(wanted: ContextVariable, above: Sequence[JsonObject], owners: Sequence[str]) -> Any:
    """The value at the nearest ancestor that sets it."""
    for ancestor, owner in zip(reversed(above), reversed(owners[: len(above)]), strict=True):
        setter = wanted.setters.get(owner or type_of(ancestor))
        if setter is not None:
            return _read(setter, ancestor)
    return ABSENT


def _read(wanted: RepresentationField, target: JsonObject) -> Any:
    value = target.get(wanted.key, ABSENT)
    if value is ABSENT or value is None or wanted.below is None:
        return value
    return _read_below(wanted.below, value)


def _read_below(shape: RepresentationShape, value: Any) -> Any:
    """The one value inside an object, or the list of those inside a list of objects."""
    if isinstance(value, list):
        items = [_read_below(shape, item) for item in cast("list[Any]", value)]
        return ABSENT if ABSENT in items else items
    if not isinstance(value, dict):
        return None if value is None else ABSENT
    below = cast("JsonObject", value)
    fields = shape.fields.get(shape.static_type or type_of(below), ())
    return _read(fields[0], below) if fields else ABSENT


@dataclass(frozen=True, slots=True)
class ContextRequest:
    """How one group of a step is asked for: under variables of its own, so that groups can share a request.

    variables: the step's names -> this group's.
    """

    document: str
    text: EntitiesText | None
    variables: Mapping[str, str]


def request_of_group(step: FetchStep, contexts: StepContexts, suffix: str) -> ContextRequest:
    """The request for one of a step's groups. suffix: of its variables' names; "" for the step's own names."""
    names = {wanted.name: wanted.name + suffix for wanted in contexts.variables}
    if not suffix:
        return ContextRequest(step.document, step.text, names)
    document, text = _renamed(step.document, step.text, tuple(names.items()))
    return ContextRequest(document, text, names)


@lru_cache(1024)
def _renamed(
    document: str, text: EntitiesText | None, names: tuple[tuple[str, str], ...]
) -> tuple[str, EntitiesText | None]:
    renaming = _Renaming(dict(names))
    renamed = print_ast(visit(parse(document, no_location=True), renaming))
    if text is None:
        return renamed, None
    definitions = tuple(_renamed_definition(definition, names) for definition in text.definitions)
    return renamed, EntitiesText(definitions, print_ast(visit(parse(text.selection, no_location=True), renaming)))


def _renamed_definition(definition: str, names: tuple[tuple[str, str], ...]) -> str:
    variable, colon, type_text = definition.partition(":")
    return f"${dict(names).get(variable.strip()[1:], variable.strip()[1:])}{colon}{type_text}"


class _Renaming(Visitor):
    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self._names = names

    def enter_variable(self, node: VariableNode, *_: Any) -> VariableNode | None:
        name = self._names.get(node.name.value)
        return VariableNode(name=NameNode(value=name)) if name is not None else None

"""Objects -> representations: what a subgraph is told about each object it is asked for."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from graphql import (
    GraphQLSchema,
    type_from_ast,  # pyright: ignore[reportUnknownVariableType] - generic lists
    value_from_ast,  # pyright: ignore[reportUnknownVariableType] - generic lists
)
from graphql.pyutils import Undefined

from gateway.execution.targets import JsonObject
from gateway.planning.plan import FetchStep, Representation, RepresentationField, RepresentationShape


class _Absent:
    """Something that a representation needs has not arrived."""


ABSENT: Final = _Absent()
"""A field is missing from the data: whatever should have brought it failed, or did not know the object."""
UNKEYED: Final = _Absent()
"""A key component is null where the subgraph forbids that: the object cannot be asked for."""


@dataclass(slots=True)
class Batch:
    """The representations of one fetch.

    representations: u different ones.
    slots:    u groups of targets: `slots[i]` are the objects that representation i stands for.
    absent:   targets that cannot be presented because something is missing.
    unkeyed:  targets that cannot be presented because a part of their key is null.
    """

    representations: list[JsonObject] = field(default_factory=list[JsonObject])
    slots: list[list[JsonObject]] = field(default_factory=list[list[JsonObject]])
    absent: list[JsonObject] = field(default_factory=list[JsonObject])
    unkeyed: list[JsonObject] = field(default_factory=list[JsonObject])

    @property
    def left_out(self) -> list[JsonObject]:
        """The targets that no representation stands for."""
        return self.absent + self.unkeyed


def build_batch(step: FetchStep, targets: Sequence[JsonObject], given: JsonObject | None, *, unique: bool) -> Batch:
    """Present the targets to the step's subgraph; equal representations once, unless `unique` is False.

    given: key components by name that the root field's arguments give; None when they cannot be a key.
    """
    if step.is_flat and unique:
        return _build_flat(step, targets)
    batch = Batch()
    slot_of: dict[Hashable, int] = {}
    fixed_type = _fixed_type(step)
    for target in targets:
        spec = step.representations[fixed_type or target["__typename"]]
        built = _build(spec, target, given)
        if isinstance(built, _Absent):
            (batch.absent if built is ABSENT else batch.unkeyed).append(target)
            continue
        identity = freeze(built) if unique else id(target)
        slot = slot_of.get(identity)
        if slot is None:
            slot_of[identity] = len(batch.slots)
            batch.representations.append(built)
            batch.slots.append([target])
        else:
            batch.slots[slot].append(target)
    return batch


def _fixed_type(step: FetchStep) -> str | None:
    """The runtime type of all targets; None when each tells its own."""
    return None if step.path and step.path[-1].types is not None else next(iter(step.representations))


def _build_flat(step: FetchStep, targets: Sequence[JsonObject]) -> Batch:
    """The same for representations of leaves, which nearly all are: what is there already is not built again.

    A fifth of the time (443 objects, 30 of them different, by one key or by three fields).
    """
    batch = Batch()
    slot_of: dict[Hashable, int] = {}
    fixed_type = _fixed_type(step)
    for target in targets:
        spec = step.representations[fixed_type or target["__typename"]]
        identity: list[Any] = [spec.as_type]
        for wanted in spec.fields:
            value = target.get(wanted.key, ABSENT)
            if value.__class__ is not str:
                if value is ABSENT:
                    batch.absent.append(target)
                    break
                if value is None and not wanted.nullable:
                    batch.unkeyed.append(target)
                    break
                value = freeze(value)
            identity.append(value)
        else:
            found = tuple(identity)
            slot = slot_of.get(found)
            if slot is None:
                slot_of[found] = len(batch.slots)
                values = {wanted.name: target[wanted.key] for wanted in spec.fields}
                batch.representations.append({"__typename": spec.as_type, **values})
                batch.slots.append([target])
            else:
                batch.slots[slot].append(target)
    return batch


def _build(spec: Representation, target: JsonObject, given: JsonObject | None) -> JsonObject | _Absent:
    built: JsonObject = {"__typename": spec.as_type}
    if spec.from_arguments:
        if given is None:
            return UNKEYED
        built.update(given)
    for wanted in spec.fields:
        value = _read(wanted, target)
        if isinstance(value, _Absent):
            return value
        built[wanted.name] = value
    return built


def _read(wanted: RepresentationField, target: JsonObject) -> Any:
    value = target.get(wanted.key, ABSENT)
    if value is ABSENT:
        return ABSENT
    if value is None:
        return None if wanted.nullable else UNKEYED
    return value if wanted.below is None else _read_below(wanted.below, value)


def _read_below(shape: RepresentationShape, value: Any) -> Any:
    """An object, or lists of them, reduced to what the shape wants."""
    if value is None:
        return None
    if value.__class__ is list:
        items: list[Any] = []
        for item in value:
            read = _read_below(shape, item)
            if isinstance(read, _Absent):
                return read
            items.append(read)
        return items
    if not isinstance(value, dict):
        return ABSENT
    known = cast("JsonObject", value)
    type_name = shape.static_type or known.get("__typename")
    if not isinstance(type_name, str):
        return ABSENT
    built: JsonObject = {} if shape.static_type else {"__typename": type_name}
    for wanted in shape.fields.get(type_name, ()):
        read = _read(wanted, known)
        if isinstance(read, _Absent):
            return read
        built[wanted.name] = read
    return built


def freeze(value: Any) -> Hashable:
    """A hashable stand-in that is equal for equal JSON values, and tells 1, 1.0 and true apart."""
    if value.__class__ is dict:
        return tuple((key, freeze(item)) for key, item in value.items())
    if value.__class__ is list:
        return (list, *(freeze(item) for item in value))
    return value if value.__class__ is str else (value.__class__, value)


def key_from_arguments(step: FetchStep, variables: Mapping[str, Any], schema: GraphQLSchema) -> JsonObject | None:
    """The key that a step which starts early takes from the root field's arguments; None when a part is missing."""
    spec = next(iter(step.representations.values()))
    given: JsonObject = {}
    for argument in spec.from_arguments:
        input_type: Any = type_from_ast(schema, argument.type)
        value = value_from_ast(argument.value, input_type, dict(variables))
        if value is None or value is Undefined:
            return None
        given[argument.name] = value
    return given

"""Finding the object that a representation stands for, by the keys that a subgraph can really resolve."""

from __future__ import annotations

from typing import Any

from tests.support.requirements import Incomplete, from_representation, from_world
from tests.support.subgraph_sdl import Key, SubgraphModel
from tests.support.world import Record, ScenarioError, World


def find_entity(representation: dict[str, Any], model: SubgraphModel, world: World) -> Record | None:
    """The one record that the representation's keys name; None when there is none.

    Its type must be a composite one of this subgraph. Raises Incomplete when no resolvable key is wholly there.
    """
    typename = str(representation["__typename"])
    keys = [key for key in model.types[typename].keys if key.resolvable]
    if not keys:
        raise Incomplete(f"{typename} cannot be resolved here")
    values, problems = _complete(keys, representation, typename, model)
    if not values:
        raise Incomplete(f"no key of {typename} is complete: {'; '.join(problems)}")
    found = [r for r in world.candidates(typename) if _matches(world, r, values, typename, model)]
    if len(found) > 1:
        raise ScenarioError(f"{representation} names {len(found)} objects")
    return found[0] if found else None


def _complete(
    keys: list[Key], representation: dict[str, Any], typename: str, model: SubgraphModel
) -> tuple[list[tuple[Key, Any]], list[str]]:
    values: list[tuple[Key, Any]] = []
    problems: list[str] = []
    for key in keys:
        try:
            values.append((key, from_representation(representation, key.fields, typename, model.schema)))
        except Incomplete as problem:
            problems.append(str(problem))
    return values, problems


def _matches(world: World, record: Record, values: list[tuple[Key, Any]], typename: str, model: SubgraphModel) -> bool:
    return all(from_world(world, record, key.fields, typename, model.schema) == value for key, value in values)

"""A plan as JSON in the shape that Apollo's tools read: QueryPlan, Sequence, Parallel, Fetch, Flatten.

That shape nests: steps of a sequence follow each other, steps of a parallel node run side by side. Ours is a graph,
which says more: a step starts when those it needs are there. So the steps are put in waves, each step into the first
one behind all that it awaits. Keys out of arguments (`@lookup`) have no words in that shape: plan without them.

Names in paths and in `requires` are internal keys, as the operations' aliases make them. `@` stands for the elements of
a list, and `|[Film,Album]` behind a path element for the runtime types to go on with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from graphql import ListTypeNode, NonNullTypeNode, TypeNode

from gateway.federation.supergraph import FieldDefinition, Kind, Supergraph
from gateway.planning.plan import FetchStep, Path, Plan, RenameTree, RepresentationField

_NUMBERED = re.compile(r"__\d+$")

Json = dict[str, Any]


def plan_as_query_plan(plan: Plan, supergraph: Supergraph) -> Json:
    """{"kind": "QueryPlan", "node": ...}; without `node` when nothing is fetched."""
    waves = [_node("Parallel", [_step(step, plan, supergraph) for step in wave]) for wave in _waves(plan)]
    return {"kind": "QueryPlan", **({"node": _node("Sequence", waves)} if waves else {})}


def _node(kind: str, nodes: Sequence[Json]) -> Json:
    return nodes[0] if len(nodes) == 1 else {"kind": kind, "nodes": list(nodes)}


def _waves(plan: Plan) -> list[list[FetchStep]]:
    numbers: dict[int, int] = {}
    waves: list[list[FetchStep]] = []
    for step in plan.steps:
        awaited = (*step.dependencies, *step.merge_after)
        number = numbers[step.id] = max((numbers[need] + 1 for need in awaited), default=0)
        if number == len(waves):
            waves.append([])
        waves[number].append(step)
    return waves


def _step(step: FetchStep, plan: Plan, supergraph: Supergraph) -> Json:
    fetch = _fetch(step)
    if not step.path:
        return fetch
    return {"kind": "Flatten", "path": list(_path(step.path, plan.root_type, supergraph)), "node": fetch}


def _fetch(step: FetchStep) -> Json:
    requires = [
        {"kind": "InlineFragment", "typeCondition": name, "selections": [_TYPENAME, *map(_required, spec.fields)]}
        for name, spec in step.representations.items()
    ]
    presented = [
        {"kind": "ValueSetter", "path": [f"... on {name}", "__typename"], "setValueTo": spec.as_type}
        for name, spec in step.representations.items()
        if spec.as_type != name
    ]
    renamed = list(_renamed(step.rename, ())) if step.rename is not None else []
    return {
        "kind": "Fetch",
        "serviceName": step.graph,
        **({"requires": requires} if requires else {}),
        "variableUsages": list(step.variables),
        "operation": step.document,
        "operationKind": "mutation" if step.kind == "mutation" else "query",
        **({"inputRewrites": presented} if presented else {}),
        **({"outputRewrites": renamed} if renamed else {}),
    }


_TYPENAME: Json = {"kind": "Field", "name": "__typename"}


def _required(wanted: RepresentationField) -> Json:
    found: Json = {"kind": "Field", "name": wanted.name}
    if wanted.key != wanted.name:
        found["alias"] = wanted.key
    if wanted.below is None:
        return found
    if wanted.below.static_type is not None:
        return {**found, "selections": [_required(below) for below in wanted.below.fields[wanted.below.static_type]]}
    by_type = [
        {"kind": "InlineFragment", "typeCondition": name, "selections": [_TYPENAME, *map(_required, fields)]}
        for name, fields in wanted.below.fields.items()
    ]
    return {**found, "selections": by_type}


def _renamed(tree: RenameTree, path: tuple[str, ...]) -> Iterator[Json]:
    for wire, key in tree.names.items():
        yield {"kind": "KeyRenamer", "path": [*path, wire], "renameKeyTo": key}
    for wire, below in tree.below.items():
        yield from _renamed(below, (*path, tree.names.get(wire, wire)))


def _path(path: Path, root_type: str, supergraph: Supergraph) -> Iterator[str]:
    """The path's elements, with `@` behind each field that is a list, once for each list in it."""
    types = frozenset({root_type})
    for element in path:
        definition = _definition(element.key, types, supergraph)
        parts = [element.key, *("@" * _lists(definition.type))]
        if element.types is not None:
            parts[-1] += f"|[{','.join(sorted(element.types))}]"
        yield from parts
        below = definition.named
        is_object = supergraph.kind(below) is Kind.OBJECT
        types = element.types or (frozenset({below}) if is_object else supergraph.possible_anywhere(below) | {below})


def _definition(key: str, types: frozenset[str], supergraph: Supergraph) -> FieldDefinition:
    """The field that an internal key stands for, on objects of these types."""
    for name in (key, _NUMBERED.sub("", key)):
        for type_name in sorted(types):
            found = supergraph.field(type_name, name)
            if found is not None:
                return found
    raise AssertionError(f"no field of {sorted(types)} is kept under {key}")


def _lists(node: TypeNode) -> int:
    if isinstance(node, NonNullTypeNode):
        return _lists(node.type)
    return 1 + _lists(node.type) if isinstance(node, ListTypeNode) else 0

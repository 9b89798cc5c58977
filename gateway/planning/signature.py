"""Which runtime types have the same plan. Two plans are the same when they differ in nothing but the type's name.

Types whose plans differ may still have fields alike. Written for each type, what lies below such a field would be
there once for each of them, and with n types on k levels n^k times. So these fields are written apart, once for all of
their types.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace

from graphql import print_ast

from gateway.federation.selection import print_selections
from gateway.federation.supergraph import Supergraph
from gateway.planning.draft import Types
from gateway.planning.solution import AbstractPlan, Item, Jump, ObjectPlan, Source

_OWN = "its own type"


class Signatures:
    """Signatures of plans, each computed once."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        self._jumps: dict[tuple[Jump, str], Hashable] = {}
        self._objects: dict[ObjectPlan, int] = {}
        self._numbers: dict[Hashable, int] = {}

    def groups(self, plans: Sequence[ObjectPlan], *, apart: bool = False) -> list[tuple[Types, ObjectPlan]]:
        """Plans that are the same, put together: (their types, one of them), in the order of the types.

        apart: first what several plans that are not the same have alike, then what is left of each.
        """
        groups = self._same(plans)
        return groups if len(groups) == 1 or not apart else self._taken_apart(plans)

    def _taken_apart(self, plans: Sequence[ObjectPlan]) -> list[tuple[Types, ObjectPlan]]:
        alike: dict[Hashable, list[tuple[ObjectPlan, Item]]] = {}
        for plan in plans:
            for item in plan.items:
                if item.child is not None and all(source.jump is None for source in item.providers):
                    alike.setdefault(self._item(item, plan.type), []).append((plan, item))
        shared: dict[Types, tuple[ObjectPlan, list[Item]]] = {}
        taken: set[Item] = set()
        for found in alike.values():
            if len(found) > 1:
                types = frozenset(plan.type for plan, _ in found)
                shared.setdefault(types, (found[0][0], []))[1].append(found[0][1])
                taken.update(item for _, item in found)
        parts = [(types, replace(plan, items=tuple(items))) for types, (plan, items) in shared.items()]
        left = [replace(plan, items=tuple(item for item in plan.items if item not in taken)) for plan in plans]
        return [*parts, *self._same(left)]

    def _same(self, plans: Sequence[ObjectPlan]) -> list[tuple[Types, ObjectPlan]]:
        found: dict[Hashable, list[ObjectPlan]] = {}
        for plan in plans:
            found.setdefault(self._object(plan), []).append(plan)
        return [(frozenset(plan.type for plan in same), same[0]) for same in found.values()]

    def _number(self, signature: Hashable) -> int:
        """A small number for a signature, so that signatures of signatures stay small."""
        return self._numbers.setdefault(signature, len(self._numbers))

    def _object(self, plan: ObjectPlan) -> int:
        found = self._objects.get(plan)
        if found is None:
            found = self._number(tuple(self._item(item, plan.type) for item in plan.items))
            self._objects[plan] = found
        return found

    def _item(self, item: Item, type_name: str) -> Hashable:
        providers = tuple(self._source(source, item, type_name) for source in item.providers)
        return (item.field.key, providers, self._child(item.child) if item.child is not None else None)

    def _child(self, child: AbstractPlan) -> int:
        return self._number(tuple((plan.type, self._object(plan)) for plan in child.by_type))

    def _source(self, source: Source, item: Item, type_name: str) -> Hashable:
        info = self._supergraph.source(source.type, item.field.name, source.graph)
        field_type = print_ast(info.type) if info is not None else ""
        as_type = _OWN if source.type == type_name else source.type
        jump = self._jump(source.jump, type_name) if source.jump is not None else None
        return (source.graph, as_type, field_type, jump)

    def _jump(self, jump: Jump, type_name: str) -> Hashable:
        found = self._jumps.get((jump, type_name))
        if found is None:
            as_type = _OWN if jump.as_type == type_name else jump.as_type
            needs = tuple(self._item(item, type_name) for item in jump.needs)
            found = self._number(
                (
                    jump.graph,
                    as_type,
                    print_selections(jump.key),
                    print_selections(jump.requires),
                    needs,
                    jump.level,
                    jump.contexts,
                )
            )
            self._jumps[jump, type_name] = found
        return found

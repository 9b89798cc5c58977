"""Reach: which sources can be had for an object, given those that hold it.

A subgraph is entered by a key, or by a key and what a computed field requires; each part of either must be readable in
some source that is there already, which may itself have been entered for it.
"""

from __future__ import annotations

from typing import Protocol

from gateway.federation.selection import ContextValue, Field, Selections
from gateway.federation.supergraph import Entry, FieldSource, Supergraph
from gateway.planning.reader import Reader
from gateway.planning.recursion import Recursion
from gateway.planning.solution import ARGUMENTS, Item, Jump, ObjectPlan, Source, item_depth, item_fetches, shallowest

Held = tuple[Source, ...]


class Positions(Protocol):
    """What reaching needs of the solver: parts of keys and requirements can lie deeper inside the object."""

    def solve(self, type_name: str, selections: Selections, held: Held) -> ObjectPlan | None: ...

    def alternatives(self, type_name: str, field: Field, usable: list[Source], every: list[Source]) -> list[Item]: ...


class Reach:
    """Keeps what it found for the positions of one planning call."""

    def __init__(self, supergraph: Supergraph, reader: Reader, recursion: Recursion, positions: Positions) -> None:
        self._supergraph = supergraph
        self._reader = reader
        self._recursion = recursion
        self._positions = positions
        self._closures: dict[tuple[str, Held], Held] = {}
        self._required: dict[tuple[str, str, str, str, Held, tuple[ContextValue, ...]], Source | None] = {}

    def closure(self, type_name: str, held: Held) -> Held:
        """All sources that can be had for an object: those held, and every subgraph that can be entered from there.

        Rounds of growing level, so that keys which take several hops, or parts from other subgraphs, need no care.
        """
        key = (type_name, held)
        found = self._closures.get(key)
        if found is not None:
            return found
        guard = ("closure", key)
        if self._recursion.is_guarded(guard):
            return held
        return self._recursion.remember(self._closures, key, guard, lambda: self._find_closure(type_name, held))

    def _find_closure(self, type_name: str, held: Held) -> Held:
        if held and type_name == self._supergraph.roots.get("mutation"):
            return held  # entering another subgraph's mutation root would run nothing there but could be taken for it
        available = {(source.graph, source.type): source for source in held}
        entries = self._supergraph.entries(type_name)
        while True:
            found: list[Source] = []
            for entry in entries:
                if (entry.graph, entry.as_type) in available:
                    continue
                keyed = self._best_key(type_name, entry, held, tuple(available.values()))
                if keyed is not None:
                    key, needs, level = keyed
                    jump = Jump(entry.graph, entry.as_type, key, (), needs, level + 1)
                    found.append(Source(entry.graph, entry.as_type, (), level + 1, jump))
            if not found:
                return tuple(sorted(available.values(), key=earliest))
            soonest = min(source.lateness for source in found)
            for source in found:
                if source.lateness == soonest:
                    available[source.graph, source.type] = source

    def _best_key(
        self, type_name: str, entry: Entry, held: Held, available: Held
    ) -> tuple[Selections, tuple[Item, ...], int] | None:
        """The key by which the entry can be made soonest, with what it needs and from which level on that is there."""
        best: tuple[Selections, tuple[Item, ...], int] | None = None
        best_cost = (0, 0)
        for key in entry.keys:
            needs = self._satisfy(type_name, key, held, available)
            if needs is None:
                continue
            items, level = needs
            cost = (level, len(item_fetches(items)))
            if best is None or cost < best_cost:
                best, best_cost = (key, items, level), cost
        return best

    def _satisfy(
        self, type_name: str, selections: Selections, held: Held, available: Held
    ) -> tuple[tuple[Item, ...], int] | None:
        """A provider for every field of a key, each as early as possible; None when one has none."""
        items: list[Item] = []
        for field in self._reader.fields(selections, type_name):
            item = self._provide(type_name, field, held, available)
            if item is None:
                return None
            items.append(item)
        return tuple(items), max((item_depth(item) for item in items), default=0)

    def _provide(self, type_name: str, field: Field, held: Held, available: Held) -> Item | None:
        given = next((s for s in available if s.graph == ARGUMENTS and _names(s.view, field)), None)
        if given is not None:
            return Item(field, (given,))
        readers = sorted((s for s in available if self._reader.read(s, type_name, field)), key=earliest)
        items = self._positions.alternatives(type_name, field, readers, readers)
        if not items:
            computed = sorted(self.requiring_sources(type_name, field, held), key=earliest)
            items = self._positions.alternatives(type_name, field, computed, computed)
        return min(items, key=shallowest, default=None)

    def requiring_sources(self, type_name: str, field: Field, held: Held) -> list[Source]:
        """Sources that compute the field from other fields: each is a request of its own, even into a held subgraph."""
        found: list[Source] = []
        for entry in self._supergraph.entries(type_name):
            info = self._supergraph.source(entry.as_type, field.name, entry.graph)
            if info is None or info.external or not (info.requires or info.contexts):
                continue
            contexts = _bound_in(entry.graph, field)
            if len(contexts) < len(info.contexts):
                continue
            key = (type_name, field.name, entry.graph, entry.as_type, held, contexts)
            guard = ("requires", type_name, field.name, entry.graph)
            if key in self._required:
                source = self._required[key]
            elif self._recursion.is_guarded(guard):
                continue
            else:
                source = self._recursion.remember(
                    self._required,
                    key,
                    guard,
                    lambda e=entry, i=info, c=contexts: self._required_jump(type_name, e, i, held, c),
                )
            if source is not None:
                found.append(source)
        return found

    def _required_jump(
        self, type_name: str, entry: Entry, info: FieldSource, held: Held, contexts: tuple[ContextValue, ...]
    ) -> Source | None:
        requirement = self._positions.solve(type_name, info.requires, held)
        if requirement is None:
            return None
        keyed = self._best_key(type_name, entry, held, self.closure(type_name, held))
        if keyed is None:
            return None
        key, needs, level = keyed
        level = max(level, requirement.depth) + 1
        jump = Jump(entry.graph, entry.as_type, key, info.requires, needs + requirement.items, level, contexts)
        return Source(entry.graph, entry.as_type, (), level, jump)


def earliest(source: Source) -> tuple[int, int, str, str]:
    return (source.lateness, len(source.chain), source.graph, source.type)


def _names(view: Selections, field: Field) -> bool:
    return not field.selections and any(isinstance(node, Field) and node.name == field.name for node in view)


def _bound_in(graph: str, field: Field) -> tuple[ContextValue, ...]:
    """What the field's arguments in this subgraph are filled in with."""
    return tuple(value for _, value in field.bound if value.graph == graph)

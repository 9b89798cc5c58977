"""Fields that need others: computed from a requirement (@requires), or readable on one path only (@provides).

A requirement names only fields that were there before it, so it can always be met.
"""

from __future__ import annotations

from tests.random_graphs.choices import Choices
from tests.random_graphs.fields import LEAVES
from tests.random_graphs.graph import FieldDef, Graph, ObjectType, Placement
from tests.random_graphs.inputs import draw_arguments, draw_given
from tests.random_graphs.knowing import Knowledge


class Requirements:
    """Draws field sets into a graph whose plain fields are there."""

    def __init__(self, graph: Graph, knowledge: Knowledge) -> None:
        self._graph = graph
        self._knowledge = knowledge

    # -- computed fields -------------------------------------------------------------------------------------------

    def computed_fields(self, choose: Choices, entity: ObjectType, most: int) -> None:
        """Up to so many fields with @requires, each on fields that were there before it."""
        for i in range(choose.number(1, most)):
            place = choose.within(f"c{i}")
            graph = place.one(entity.homes())
            found = self._requirable(entity, graph)
            if found:
                name = f"k{i}" if entity.opaque else f"c{i}"
                parts = self._require_all(place, entity, graph, place.some(found, 1, 3))
                entity.define(FieldDef(name, place.one(LEAVES), draw_arguments(self._graph, place)))
                entity.part(graph).fields[name] = Placement(requires=" ".join(parts))

    def _require_all(self, choose: Choices, entity: ObjectType, graph: str, names: list[str]) -> list[str]:
        """Objects first: to know them can make a leaf one of the subgraph's own keys, which are not required."""
        part, parts = entity.part(graph), list[str]()
        for name in sorted(names, key=lambda name: entity.fields[name].is_leaf):
            if name not in part.fields or part.fields[name].external:
                parts.append(self._require(choose, entity, graph, name))
        return parts

    def _requirable(self, entity: ObjectType, graph: str) -> list[str]:
        """Fields that this subgraph cannot read itself, and of which something can be required."""
        part = entity.part(graph)
        if entity.opaque:
            self._define_interface_fields(entity)
        missing = [n for n in entity.fields if n not in part.fields or part.fields[n].external]
        return [n for n in missing if self._is_answered(entity, n) and self._can_require(entity.fields[n], graph)]

    def _define_interface_fields(self, opaque: ObjectType) -> None:
        """The interface object may require what the interface declares elsewhere."""
        face = self._graph.abstract[opaque.name]
        member = self._graph.types[face.members[0]]
        for name in (name for names in face.declared.values() for name in names):
            if member.fields[name].is_leaf:
                opaque.define(member.fields[name])

    @staticmethod
    def _is_answered(entity: ObjectType, name: str) -> bool:
        return entity.opaque or (bool(entity.owners(name)) and name not in entity.apart)

    def _can_require(self, definition: FieldDef, graph: str) -> bool:
        if definition.is_leaf:
            return True
        if not self._knowledge.may_hold(definition.named, graph):
            return False
        names = self._members(definition.named)
        return any(self._leaves(self._graph.types[name]) for name in names)

    def _members(self, named: str) -> list[str]:
        opaque = self._graph.opaque
        if opaque is not None and named == opaque.name:
            return []
        return self._graph.abstract[named].members if named in self._graph.abstract else [named]

    @staticmethod
    def _leaves(type_: ObjectType) -> list[str]:
        return [name for name in type_.known() if type_.fields[name].is_leaf and name not in type_.apart]

    def _require(self, choose: Choices, entity: ObjectType, graph: str, name: str) -> str:
        """Declare what is required as external, and give the field set. Nested parts may lie in a third subgraph."""
        definition = entity.fields[name]
        entity.part(graph).fields.setdefault(name, Placement(external=True))
        entity.required.add(name)
        text = f"{name}{draw_given(choose, definition)}"
        return text if definition.is_leaf else f"{text} {{ {self._below(choose, definition.named, graph)} }}"

    def _below(self, choose: Choices, named: str, graph: str) -> str:
        self._knowledge.hold(named, graph)
        abstract = self._graph.abstract.get(named)
        if abstract is None:
            return self._required_below(choose, self._graph.types[named], graph)
        # Of a type that the subgraph does not know to implement the interface, nobody can say what this would require.
        knows_all = set(abstract.held[graph]) == set(abstract.members)
        if abstract.is_interface and knows_all and choose.chance(40):
            return self._interface_fields(choose, named, graph)
        members = [self._graph.types[name] for name in abstract.held[graph]]
        found = choose.some([member for member in members if self._leaves(member)], 1, 2)
        fragments = [f"... on {m.name} {{ {self._required_below(choose, m, graph)} }}" for m in found]
        return " ".join(fragments) or "__typename"

    def _interface_fields(self, choose: Choices, named: str, graph: str) -> str:
        abstract = self._graph.abstract[named]
        members = [self._graph.types[name] for name in abstract.members]
        names = [n for n in abstract.declared.get(graph, ["id"]) if members[0].fields[n].is_leaf]
        chosen = choose.some(names, 1, 2)
        for member in members:
            member.required.update(chosen)
        return " ".join(f"{name}{draw_given(choose, members[0].fields[name])}" for name in chosen)

    def _required_below(self, choose: Choices, type_: ObjectType, graph: str) -> str:
        """One or two leaves of an object, or an object further down."""
        deeper = [
            name
            for name in type_.known()
            if not type_.fields[name].is_leaf
            and name not in type_.part(graph).fields
            and type_.keys
            and self._can_require(type_.fields[name], graph)
        ]
        parts: list[str] = []
        if deeper and choose.chance(25):
            parts.append(self._require(choose, type_, graph, choose.one(deeper)))
        for leaf in choose.some(self._leaves(type_), 0 if parts else 1, 2):
            part = type_.part(graph)
            part.fields.setdefault(leaf, Placement(external=bool(type_.keys)))
            type_.required.add(leaf)
            parts.append(f"{leaf}{draw_given(choose, type_.fields[leaf])}")
        return " ".join(parts)

    # -- provided fields -------------------------------------------------------------------------------------------

    def provided_fields(self, choose: Choices) -> None:
        """Fields that are readable on one path only (@provides)."""
        for owner in [*self._graph.types.values()]:
            for graph, part in [*owner.parts.items()]:
                for name, placement in list(part.fields.items()):
                    place = choose.within(f"{graph} {owner.name}.{name}")
                    if placement.readable and not placement.requires and place.chance(40):
                        placement.provides = self._provide(place, owner.fields[name].named, graph, depth=1)

    def _provide(self, choose: Choices, named: str, graph: str, depth: int) -> str:
        """A field set of what the subgraph cannot answer by itself; "" when there is nothing."""
        abstract = self._graph.abstract.get(named)
        if abstract is None:
            type_ = self._graph.types.get(named)
            return self._provide_object(choose, type_, graph, depth) if type_ is not None and type_.keys else ""
        if graph not in abstract.held:
            return ""
        members = [self._graph.types[name] for name in abstract.held[graph]]
        sets = {m.name: self._provide_object(choose, m, graph, depth) for m in choose.some(members) if m.keys}
        return " ".join(f"... on {name} {{ {text} }}" for name, text in sets.items() if text)

    def _provide_object(self, choose: Choices, type_: ObjectType, graph: str, depth: int) -> str:
        part = type_.part(graph)
        found = [
            name
            for name in type_.known()
            if not (type_.fields[name].arguments or type_.is_veiled(name))
            and (name not in part.fields or part.fields[name].external)
            and not type_.is_computed(name)
            and (type_.fields[name].is_leaf or (depth > 0 and self._is_further_entity(type_.fields[name], graph)))
        ]
        parts: list[str] = []
        for name in choose.some(found, 1, 2) if found else []:
            definition = type_.fields[name]
            below = ""
            if not definition.is_leaf:
                self._knowledge.hold(definition.named, graph)
                below = self._provide(choose, definition.named, graph, depth - 1)
                if not below:
                    continue
            part.fields.setdefault(name, Placement(external=True))
            type_.provided.add(name)
            parts.append(f"{name} {{ {below} }}" if below else name)
        return " ".join(parts)

    def _is_further_entity(self, definition: FieldDef, graph: str) -> bool:
        target = self._graph.types.get(definition.named)
        return target is not None and bool(target.keys) and not target.opaque and graph not in target.barred

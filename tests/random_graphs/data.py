"""Data for a graph: records of every entity, values of root fields, what subgraphs do not know, what fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.random_graphs import strictness
from tests.random_graphs.choices import Choices
from tests.random_graphs.graph import FieldDef, Graph, ObjectType
from tests.random_graphs.knowing import FULL_VALUE
from tests.support.world import FieldValue, World, find

Tables = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Found:
    """A root field's value: the object of this type that the argument `id` names."""

    typename: str

    def __repr__(self) -> str:
        return f'find("{self.typename}")'

    def __call__(self, world: World, arguments: dict[str, Any]) -> Any:
        value: FieldValue = find(self.typename)
        return value(world, arguments)


@dataclass(slots=True)
class Data:
    """What a World is made of, and the one field ("T0.f1") that fails wherever it is read, if any."""

    tables: Tables = field(default_factory=dict[str, dict[str, dict[str, Any]]])
    query: dict[str, Any] = field(default_factory=dict[str, Any])
    mutation: dict[str, Any] = field(default_factory=dict[str, Any])
    unknown: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    subtypes: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    failing: str = ""

    def world(self) -> World:
        return World(
            self.tables, query=self.query, mutation=self.mutation, unknown=self.unknown, subtypes=self.subtypes
        )


def draw_data(graph: Graph, choose: Choices) -> Data:
    """Data for this graph. What is left out of it, a World derives."""
    return _Drawing(graph, choose).draw()


class _Drawing:
    def __init__(self, graph: Graph, choose: Choices) -> None:
        self._graph = graph
        self._choose = choose
        self._count = 0
        self._labels: dict[str, list[str]] = {}
        for i, entity in enumerate(graph.entities):
            # The ids of an interface's implementations differ; those of other types are alike.
            start = 10 * i if entity.barred else 0
            count = choose.within(f"labels {entity.name}").one([4, 5, 3, 6, 1])
            self._labels[entity.name] = [str(start + n + 1) for n in range(count)]

    def draw(self) -> Data:
        data = Data()
        opaque = self._graph.opaque
        for entity in self._graph.entities:
            rows = {label: self._record(entity, label) for label in self._labels[entity.name]}
            data.tables[entity.name] = rows
            if opaque is not None and entity.name in self._graph.abstract[opaque.name].members:
                data.subtypes.setdefault(opaque.name, []).append(entity.name)
                for label, row in rows.items():
                    row.update({k: v for k, v in self._record(opaque, label).items() if k not in row})
        for name, roots in (("Query", data.query), ("Mutation", data.mutation)):
            root = self._graph.types.get(name)
            for field_name, definition in root.fields.items() if root else ():
                found = definition.arguments == "(id: ID!)"
                roots[field_name] = Found(definition.named) if found else self._value(root, definition)
        self._forget(data)
        self._fail(data)
        return data

    def _record(self, entity: ObjectType, label: str) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for name, definition in entity.fields.items():
            self._choose_place(entity, label, name)
            if name == "left":
                fields[name] = "l"  # shared by all: only the whole key tells them apart
            elif name == "id" or (entity.opaque and not entity.owners(name)):
                continue
            elif not definition.is_leaf:
                fields[name] = self._value(entity, definition)
            elif self._is_nulled(entity, definition):
                fields[name] = None
            elif definition.named.startswith("Enum") and not entity.is_computed(name):
                fields[name] = self._enum(entity, definition)
            elif any(placement.more_arguments for placement in entity.placements(name)):
                continue
        return fields

    def _choose_place(self, entity: ObjectType, label: str, name: str) -> None:
        self._here = self._choose.within(f"{entity.name}:{label}.{name}")

    def _is_nulled(self, entity: ObjectType, definition: FieldDef) -> bool:
        strict = definition.type.endswith("!") or any(p.strict for p in entity.placements(definition.name))
        return not strict and not entity.is_computed(definition.name) and self._here.chance(15)

    def _enum(self, entity: ObjectType, definition: FieldDef) -> Any:
        enum = self._graph.choosable[definition.named]
        known = [enum.parts[graph] for graph, part in entity.parts.items() if definition.name in part.fields]
        values = [v for v in known[0] if all("@" not in part.get(v, "@") for part in known)]
        return [self._here.one(values) for _ in range(2)] if "[" in definition.type else self._here.one(values)

    def _value(self, owner: ObjectType, definition: FieldDef) -> Any:
        """A value for a composite field, as tables write it."""
        strict = any(placement.strict for placement in owner.placements(definition.name))
        if owner.name in ("Query", "Mutation"):
            self._choose_place(owner, "", definition.name)
        members = [definition.named]
        if definition.named in self._graph.abstract:
            members = self._graph.possible(owner, definition.name)
        return self._typed(definition.type + ("!" if strict else ""), members)

    def _typed(self, declared: str, members: list[str]) -> Any:
        if not declared.endswith("!") and self._here.chance(15):
            return None
        declared = declared.removesuffix("!")
        if declared.startswith("["):
            return [self._typed(declared[1:-1], members) for _ in range(self._here.one([4, 3, 5, 2, 6, 0]))]
        name = self._here.one(members)
        if name in self._labels:
            return f"{name}:{self._here.one(self._labels[name])}"
        return {"__typename": name, **self._value_object(name)}

    def _value_object(self, name: str) -> dict[str, Any]:
        self._count += 1
        number = self._count
        if name == FULL_VALUE:
            return {"p": number, "q": f"q{number}"}
        if name.startswith("Spot"):
            return {}
        if name == strictness.NAME:
            return strictness.fragile_value(number)
        reference = self._graph.types[name].fields["w"]
        return {"x": number, "y": f"y{number}", "z": [number], "w": self._typed(reference.type, [reference.named])}

    # -- what is not known, what fails -----------------------------------------------------------------------------

    def _forget(self, data: Data) -> None:
        """A subgraph that extends a type may not know all of its objects: null for what it alone would have."""
        choose = self._choose.within("forget")
        options = [(t, g) for t in self._graph.entities if t.apart for g in t.barred]
        if not options or not choose.chance(90):
            return
        entity, graph = choose.one(options)
        for label in choose.some(self._labels[entity.name], 1, 2):
            data.unknown.setdefault(graph, []).append(f"{entity.name}:{label}")
            data.tables[entity.name][label].update(dict.fromkeys(entity.apart))

    def _fail(self, data: Data) -> None:
        """A nullable leaf field fails in every subgraph, so that which one is asked does not matter."""
        if strictness.NAME in self._graph.types:
            data.failing = strictness.FAILING
            return
        choose = self._choose.within("fail")
        options = [
            (entity.name, name)
            for entity in self._graph.entities
            for name in entity.known()
            if self._may_fail(entity, name)
        ]
        if options and choose.chance(25):
            type_name, name = choose.one(options)
            data.failing = f"{type_name}.{name}"
            for row in data.tables[type_name].values():
                row[name] = None

    def _may_fail(self, entity: ObjectType, name: str) -> bool:
        definition = entity.fields[name]
        special = entity.key_fields | self._required(entity)
        strict = any(placement.strict for placement in entity.placements(name)) or definition.type.endswith("!")
        return definition.is_leaf and name not in special and not strict and not entity.is_computed(name)

    def _required(self, entity: ObjectType) -> set[str]:
        opaque = self._graph.opaque
        return entity.required | (opaque.required if opaque is not None else set())

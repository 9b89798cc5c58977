"""Drawing a graph and how it is split: owners, keys, stubs, shareable copies, requirements, provided fields, overrides.

Every graph can be answered completely, by construction: subgraphs in which a type can be entered are connected by
common keys, which consist of plain fields; a requirement names only fields that were there before. So a field that the
gateway cannot plan is a fault, as is any difference from the monolith.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import assume
from hypothesis import strategies as st

from tests.random_graphs.graph import AbstractType, FieldDef, Graph, ObjectType, Part, Placement

LEAVES = ("Int", "String", "Boolean", "Float", "Int!", "String!", "[Int!]", "[String]!")
WRAPPED = ("{}", "[{}!]!", "{}!", "[{}]", "[{}!]")
ROOTS = ("{}", "[{}!]!", "[{}]", "[{}!]", "{}!", "[{}!]!")
ARGUMENTS = ("", "", "", "(n: Int)", "(n: Int = 2)")
LEAF_NAMES = set(LEAVES)

T = TypeVar("T")


class Choices:
    """What hypothesis decides. Everything shrinks towards the first option, the least number and "no"."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self._draw = draw

    def one(self, options: Sequence[T]) -> T:
        return self._draw(st.sampled_from(options))

    def some(self, options: Sequence[T], least: int = 1, most: int | None = None) -> list[T]:
        """Different options, in any order."""
        return self._draw(st.lists(st.sampled_from(options), min_size=least, max_size=most, unique=True))

    def number(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))

    def chance(self, percent: int) -> bool:
        return self._draw(st.integers(0, 99)) >= 100 - percent


def draw_graph(choices: Choices) -> Graph:
    """A graph of up to four subgraphs and four entities."""
    split = _Split(choices, ["a", "b", "c", "d"][: choices.number(2, 4)])
    entities = [split.entity(i) for i in range(choices.one([1, 2, 3, 4, 3]))]
    split.unify(entities)
    for entity in entities:
        for i in range(choices.number(1, 5)):
            split.plain_field(entity, f"f{i}")
    for entity in entities:
        split.computed_fields(entity)
    split.provided_fields(entities)
    for i in range(choices.number(1, 4)):
        split.root_field(f"q{i}", entities)
    split.graph.settle()
    return split.graph


class _Split:
    def __init__(self, choices: Choices, names: list[str]) -> None:
        self.graph = Graph(names)
        self._choose = choices
        self._entities: list[ObjectType] = []

    # -- entities and keys -----------------------------------------------------------------------------------------

    def entity(self, index: int) -> ObjectType:
        """A type with one to three keys. Each subgraph that can be entered shares a key with an earlier one."""
        choose = self._choose
        entity = self.graph.type(f"T{index}")
        kinds = ["id", "code", "left right", "spot", "id left", *(["boss", "peers"] if index else [])]
        keys = [self._key(entity, kind) for kind in choose.some(kinds, 1, 3)]
        entity.keys = keys
        first = choose.one(self.graph.names)
        others = [graph for graph in self.graph.names if graph != first and choose.chance(80)]
        for key in choose.some(keys):
            self._enter(entity, first, key)
        for graph in others:
            common = choose.one(list(entity.part(choose.one(entity.homes())).keys))
            for key in dict.fromkeys([common, *choose.some(keys, 0)]):
                self._enter(entity, graph, key)
        self._entities.append(entity)
        return entity

    def _key(self, entity: ObjectType, kind: str) -> str:
        if kind == "spot":
            return f"spot {{ {self._choose.one(['x', 'x y'])} }}"
        if kind in ("boss", "peers"):
            other = self._choose.one(self._entities)
            type_ = f"{other.name}!" if kind == "boss" else f"[{other.name}!]!"
            entity.define(FieldDef(kind, type_))
            return f"{kind} {{ {self._first_key(other)} }} rank"
        return kind

    @staticmethod
    def _first_key(entity: ObjectType) -> str:
        return next(iter(next(iter(entity.parts.values())).keys))

    def _enter(self, entity: ObjectType, graph: str, key: str, *, resolvable: bool = True) -> None:
        """Give the type a key in a subgraph, with all its fields."""
        part = entity.part(graph)
        part.keys[key] = resolvable or part.keys.get(key, False)
        outer = key.split(" {")[0]
        if outer == "spot":
            spot = self.graph.type(f"Spot{entity.name}")
            for name in ("x", "y"):
                spot.define(FieldDef(name, "String!"))
                spot.part(graph).fields[name] = Placement()
            entity.define(FieldDef("spot", f"{spot.name}!"))
            names = ["spot"]
        elif outer in ("boss", "peers"):
            other = self.graph.types[entity.fields[outer].named]
            self._know(other, graph, self._first_key(other))
            entity.define(FieldDef("rank", "String!"))
            names = [outer, "rank"]
        else:
            names = key.split()
        for name in names:
            entity.define(FieldDef(name, "ID!" if name == "id" else "String!"))
            entity.key_fields.add(name)
            self._place(part, name, Placement())

    def _know(self, entity: ObjectType, graph: str, key: str | None = None) -> None:
        """See to it that a subgraph can name an object of this type, by this key if one is given: at least a stub."""
        part = entity.parts.get(graph)
        if part is None:
            self._enter(entity, graph, key or self._first_key(entity), resolvable=self._choose.chance(40))
        elif key is not None or not part.keys:
            key = key or self._first_key(entity)
            if key not in part.keys:
                self._enter(entity, graph, key, resolvable=part.enterable)

    @staticmethod
    def _place(part: Part, name: str, placement: Placement) -> None:
        before = part.fields.get(name)
        # A field that a requirement needs from elsewhere cannot become a key here: such a draw is given up.
        assume(before is None or before.external == placement.external)
        if before is None:
            part.fields[name] = placement

    def unify(self, entities: list[ObjectType]) -> None:
        """Perhaps a union or an interface over some of the entities."""
        if self._choose.chance(50):
            members = [entity.name for entity in self._choose.some(entities)]
            self.graph.abstract["U"] = AbstractType("U", members, self._choose.chance(50))

    # -- plain fields ----------------------------------------------------------------------------------------------

    def plain_field(self, entity: ObjectType, name: str) -> None:
        """A field with an owner, perhaps with copies, or taken over from another subgraph."""
        choose = self._choose
        type_ = self._type()
        is_leaf = type_ in LEAF_NAMES
        definition = entity.define(FieldDef(name, type_, choose.one(ARGUMENTS) if is_leaf else ""))
        homes = entity.homes()
        owners = choose.some(homes, 1, 2) if choose.chance(30) else [choose.one(homes)]
        if is_leaf and len(owners) == 2 and choose.chance(40):
            entity.part(owners[0]).fields[name] = Placement(overrides=owners[1])
            entity.part(owners[1]).fields[name] = Placement(given_up=True)
            return
        self._own(entity, definition, owners)

    def _type(self) -> str:
        kind = self._choose.one(["leaf", "leaf", "entity", "entity", "value", "abstract"])
        if kind == "leaf" or (kind == "abstract" and not self.graph.abstract):
            return self._choose.one(LEAVES)
        name = {"entity": lambda: self._choose.one(self._entities).name, "value": lambda: "V", "abstract": lambda: "U"}
        return self._choose.one(WRAPPED).format(name[kind]())

    def _own(self, entity: ObjectType, definition: FieldDef, owners: Sequence[str]) -> None:
        for graph in owners:
            entity.part(graph).fields[definition.name] = Placement()
            self._hold(definition.named, graph)
        if definition.named == "V":
            self._value(owners)

    def _hold(self, named: str, graph: str) -> None:
        """A subgraph that declares a type knows what belongs to it."""
        if named in self.graph.abstract:
            abstract = self.graph.abstract[named]
            for member in abstract.members:
                self._know(self.graph.types[member], graph)
            abstract.holders = list(dict.fromkeys([*abstract.holders, graph]))
        elif named.startswith("T"):
            self._know(self.graph.types[named], graph)

    def _value(self, owners: Sequence[str]) -> None:
        """A value type's fields, spread over the subgraphs that share the field which returns it."""
        value = self.graph.type("V")
        for definition in (FieldDef("x", "Int"), FieldDef("y", "String!"), FieldDef("z", "[Int!]")):
            value.define(definition)
        value.define(FieldDef("w", value.fields["w"].type if "w" in value.fields else self._reference()))
        for graph in owners:
            for name in self._choose.some(list(value.fields), 1):
                self._give(value, name, graph)
        for name in value.fields:
            if not any(value.part(graph).readable(name) for graph in owners):
                self._give(value, name, self._choose.one(owners))

    def _reference(self) -> str:
        return self._choose.one(WRAPPED).format(self._choose.one(self._entities).name)

    def _give(self, value: ObjectType, name: str, graph: str) -> None:
        value.part(graph).fields[name] = Placement()
        self._hold(value.fields[name].named, graph)

    # -- fields that need others -----------------------------------------------------------------------------------

    def computed_fields(self, entity: ObjectType) -> None:
        """Fields with @requires, each on fields that were there before it."""
        for i in range(self._choose.number(0, 4)):
            graph = self._choose.one(entity.homes())
            found = self._requirable(entity, graph)
            if found:
                parts = [self._require(entity, graph, name) for name in self._choose.some(found, 1, 3)]
                definition = entity.define(FieldDef(f"c{i}", self._choose.one(LEAVES)))
                entity.part(graph).fields[definition.name] = Placement(requires=" ".join(parts))

    def _requirable(self, entity: ObjectType, graph: str) -> list[str]:
        """Fields that this subgraph cannot read itself, and of which something can be required."""
        part = entity.part(graph)
        missing = [n for n in entity.known() if n not in part.fields or part.fields[n].external]
        return [name for name in missing if self._below(entity.fields[name]) or self._is_leaf(entity, name)]

    @staticmethod
    def _is_leaf(entity: ObjectType, name: str) -> bool:
        return entity.fields[name].type in LEAF_NAMES or entity.fields[name].type == "ID!"

    def _below(self, definition: FieldDef) -> list[tuple[str, str]]:
        """(type, leaf) pairs below a composite field."""
        names = self.graph.abstract[definition.named].members if definition.named in self.graph.abstract else []
        types = [self.graph.types[name] for name in names or [definition.named] if name in self.graph.types]
        return [(t.name, name) for t in types for name in t.known() if self._is_leaf(t, name)]

    def _require(self, entity: ObjectType, graph: str, name: str) -> str:
        """Declare what is required as external, and give the field set. Nested ones may lie in a third subgraph."""
        definition = entity.fields[name]
        self._place(entity.part(graph), name, Placement(external=True))
        below = self._below(definition)
        if not below:
            return f"{name}{self._arguments(definition)}"
        self._hold(definition.named, graph)
        chosen = self._choose.some(below, 1, 2)
        inner = [self._require_below(type_name, leaf, graph) for type_name, leaf in chosen]
        if definition.named in self.graph.abstract:
            inner = [f"... on {type_name} {{ {text} }}" for (type_name, _), text in zip(chosen, inner, strict=True)]
        return f"{name} {{ {' '.join(inner)} }}"

    def _require_below(self, type_name: str, leaf: str, graph: str) -> str:
        below = self.graph.types[type_name]
        if leaf not in below.part(graph).fields:
            is_value = not below.keys
            below.part(graph).fields[leaf] = Placement(external=not is_value)
        return f"{leaf}{self._arguments(below.fields[leaf])}"

    def _arguments(self, definition: FieldDef) -> str:
        if not definition.arguments or self._choose.chance(30):
            return ""
        return f"(n: {self._choose.number(1, 2)})"

    def provided_fields(self, entities: list[ObjectType]) -> None:
        """Fields that are readable on one path only (@provides)."""
        for entity in entities:
            for graph, part in entity.parts.items():
                for name, placement in list(part.fields.items()):
                    target = self.graph.types.get(entity.fields[name].named)
                    plain = placement.readable and not placement.requires
                    if plain and target in entities and target.keys and self._choose.chance(25):
                        placement.provides = self._provide(target, graph)

    def _provide(self, target: ObjectType, graph: str) -> str:
        part = target.part(graph)
        found = [
            name
            for name in target.known()
            if self._is_leaf(target, name)
            and not target.fields[name].arguments
            and (name not in part.fields or part.fields[name].external)
            and not any(other.fields[name].requires for other in target.parts.values() if name in other.fields)
        ]
        if not found:
            return ""
        name = self._choose.one(found)
        part.fields.setdefault(name, Placement(external=True))
        target.provided.add(name)
        return name

    # -- roots -----------------------------------------------------------------------------------------------------

    def root_field(self, name: str, entities: list[ObjectType]) -> None:
        """A field of the query root: one object, a list, or one found by its id (perhaps a @lookup)."""
        choose = self._choose
        query = self.graph.type("Query")
        kind = choose.one(["entity", "entity", "find", "value", "abstract"])
        if kind == "value":
            definition = query.define(FieldDef(name, choose.one(ROOTS).format("V")))
            self._own(query, definition, choose.some(self.graph.names, 1))
        elif kind == "abstract" and self.graph.abstract:
            definition = query.define(FieldDef(name, choose.one(ROOTS).format("U")))
            self._own(query, definition, [choose.one(self.graph.names)])
        else:
            self._entity_root(name, choose.one(entities), is_find=kind == "find")

    def _entity_root(self, name: str, entity: ObjectType, *, is_find: bool) -> None:
        query = self.graph.type("Query")
        known = [graph for graph, part in entity.parts.items() if part.keys]
        owners = self._choose.some(known, 1, 2) if self._choose.chance(30) else [self._choose.one(known)]
        if not is_find:
            definition = query.define(FieldDef(name, self._choose.one(ROOTS).format(entity.name)))
            self._own(query, definition, owners)
            return
        self._own(query, query.define(FieldDef(name, entity.name, "(id: ID!)")), owners)
        for graph in owners:
            is_key = "id" in entity.part(graph).keys
            query.part(graph).fields[name].lookup = is_key and self._choose.chance(50)

"""What a subgraph must declare to speak of a type: keys and stubs of entities, members of abstract types, values."""

from __future__ import annotations

from tests.random_graphs.choices import Choices, Impossible
from tests.random_graphs.graph import AbstractType, FieldDef, Graph, ObjectType, Part, Placement

FULL_VALUE = "W"
FULL_VALUE_FIELDS = (FieldDef("p", "Int"), FieldDef("q", "String!"))


class Knowledge:
    """Sees to it that every subgraph declares what it uses."""

    def __init__(self, graph: Graph, choose: Choices) -> None:
        self.graph = graph
        self._choose = choose

    def may_hold(self, named: str, graph: str) -> bool:
        """Whether a subgraph may speak of a type: not of the implementations of its own interface object."""
        return not self._barred(named, graph)

    def hold(self, named: str, graph: str) -> None:
        """A subgraph that declares a field of this type knows what belongs to it."""
        opaque = self.graph.opaque
        if opaque is not None and named == opaque.name and graph in opaque.parts:
            return
        if named in self.graph.abstract:
            self._hold_abstract(self.graph.abstract[named], graph)
        elif named == FULL_VALUE:
            self._hold_value(graph)
        elif named in self.graph.types and self.graph.types[named].keys:
            self.know(self.graph.types[named], graph)

    def know(self, entity: ObjectType, graph: str, key: str | None = None) -> None:
        """See to it that a subgraph can name an object of this type, by this key if one is given: at least a stub."""
        if graph in entity.barred:
            raise Impossible(f"{entity.name} is opaque in {graph}")
        part = entity.parts.get(graph)
        if part is None:
            resolvable = self._choose.within(f"stub {entity.name} {graph}").chance(40)
            self.enter(entity, graph, key or first_key(entity), resolvable=resolvable)
        elif key is not None or not part.keys:
            key = key or first_key(entity)
            if key not in part.keys:
                self.enter(entity, graph, key, resolvable=part.enterable)

    def enter(self, entity: ObjectType, graph: str, key: str, *, resolvable: bool = True) -> None:
        """Give the type a key in a subgraph, with all its fields."""
        part = entity.part(graph)
        part.keys[key] = resolvable or part.keys.get(key, False)
        outer = key.split(" {")[0]
        if outer == "spot":
            self._spot(entity, graph)
            names = ["spot"]
        elif outer in ("boss", "peers"):
            other = self.graph.types[entity.fields[outer].named]
            self.know(other, graph, first_key(other))
            entity.define(FieldDef("rank", "String!"))
            names = [outer, "rank"]
        else:
            names = key.split()
        for name in names:
            entity.define(FieldDef(name, "ID!" if name == "id" else "String!"))
            entity.key_fields.add(name)
            _place_key_field(part, name)

    def _spot(self, entity: ObjectType, graph: str) -> None:
        spot = self.graph.type(f"Spot{entity.name}")
        for name in ("x", "y"):
            spot.define(FieldDef(name, "String!"))
            spot.part(graph).fields[name] = Placement()
        entity.define(FieldDef("spot", f"{spot.name}!"))

    def _hold_abstract(self, abstract: AbstractType, graph: str) -> None:
        if graph in abstract.held:
            return
        choose = self._choose.within(f"members {abstract.name} {graph}")
        pivot, *others = abstract.members
        usual = graph in abstract.keys or choose.chance(60)
        abstract.held[graph] = [pivot, *(m for m in others if usual or choose.chance(50))]
        for member in abstract.held[graph]:
            if member == FULL_VALUE:
                self._hold_value(graph)
            else:
                self.know(self.graph.types[member], graph, "id" if abstract.is_interface else None)

    def _hold_value(self, graph: str) -> None:
        value = self.graph.type(FULL_VALUE)
        for definition in FULL_VALUE_FIELDS:
            value.define(definition)
            value.part(graph).fields.setdefault(definition.name, Placement())

    def _barred(self, named: str, graph: str) -> bool:
        opaque = self.graph.opaque
        if opaque is not None and named == opaque.name:
            return False
        names = self.graph.abstract[named].members if named in self.graph.abstract else [named]
        return any(graph in self.graph.types[name].barred for name in names if name in self.graph.types)


def first_key(entity: ObjectType) -> str:
    """A key by which any subgraph may know the type."""
    return next(iter(next(iter(entity.parts.values())).keys))


def _place_key_field(part: Part, name: str) -> None:
    if name not in part.fields:
        part.fields[name] = Placement()
    elif part.fields[name].external:
        raise Impossible(f"{name} is required from elsewhere here, so it cannot become a key")

"""Plain fields: types, owners, copies, takeovers, value objects, and roots."""

from __future__ import annotations

from collections.abc import Sequence

from tests.random_graphs.choices import Choices
from tests.random_graphs.entities import INTERFACE, OPAQUE, UNION
from tests.random_graphs.graph import VEILED, FieldDef, Graph, ObjectType, Placement
from tests.random_graphs.inputs import COMMON_ENUM, OUTPUT_ENUM, draw_arguments
from tests.random_graphs.knowing import FULL_VALUE, Knowledge

LEAVES = ("Int", "String", "Boolean", "Float", "Int!", "String!", "[Int!]", "[String]!", "ID")
WRAPPED = ("{}", "[{}!]!", "{}!", "[{}]", "[{}!]", "[{}!]!")
ROOTS = ("[{}!]!", "[{}]", "[{}!]", "{}", "[{}!]!", "[{}!]!", "[{}]!", "{}!")
SPREAD_VALUE = "V"


class Fields:
    """Draws fields into a graph whose entities and abstract types are there."""

    def __init__(self, graph: Graph, knowledge: Knowledge, wishes: set[str]) -> None:
        self._graph = graph
        self._knowledge = knowledge
        self._wishes = wishes

    def shared_fields(self, choose: Choices) -> None:
        """Fields that the members of an interface have alike, each placed for itself."""
        for abstract in self._graph.abstract.values():
            if abstract.is_interface:
                for i in range(choose.number(1, 2)):
                    name = f"{abstract.name.lower()}{i}"
                    definition = FieldDef(name, self._leaf(choose), draw_arguments(self._graph, choose))
                    for member in abstract.members:
                        entity = self._graph.types[member]
                        self._place(choose.within(f"{member}.{name}"), entity, definition, entity.homes())

    def plain_fields(self, choose: Choices, entity: ObjectType) -> None:
        """One to five fields of an entity or of the interface object."""
        for i in range(choose.number(2, 5)):
            name = f"o{i}" if entity.opaque else f"f{i}"
            self._plain_field(choose.within(name), entity, name)

    def _plain_field(self, choose: Choices, entity: ObjectType, name: str) -> None:
        homes = entity.homes()
        owners = choose.some(homes, 2, 3) if "shared" in self._wishes and choose.chance(40) else [choose.one(homes)]
        type_ = self._type(choose, owners)
        composite_arguments = "(n: Int)" if choose.chance(15) else ""
        definition = FieldDef(name, type_, composite_arguments)
        if definition.is_leaf:
            definition = FieldDef(name, type_, draw_arguments(self._graph, choose))
        self._place(choose, entity, definition, owners)

    def _place(self, choose: Choices, entity: ObjectType, definition: FieldDef, homes: Sequence[str]) -> None:
        owners = list(homes) if len(homes) < 3 or choose.chance(30) else choose.some(homes, 1, 2)
        entity.define(definition)
        may_move = "overrides" in self._wishes and definition.named != SPREAD_VALUE and not entity.opaque
        if len(owners) > 1 and may_move and choose.chance(60):
            self._take_over(choose, entity, definition, owners)
            return
        self.own(choose, entity, definition, owners)
        may_hide = "hidden" in self._wishes and definition.is_leaf and not self._is_shared_above(entity, definition)
        if may_hide and choose.chance(25):
            entity.hidden.add(definition.name)
            entity.part(owners[0]).fields[definition.name].hidden = True
        self._vary(choose, entity, definition, owners)

    def _is_shared_above(self, entity: ObjectType, definition: FieldDef) -> bool:
        return definition.name[:-1] in {abstract.name.lower() for abstract in self._graph.above(entity)}

    def _take_over(self, choose: Choices, entity: ObjectType, definition: FieldDef, owners: list[str]) -> None:
        new, old, *_ = owners
        entity.part(new).fields[definition.name] = Placement(overrides=old if choose.chance(85) else "gone")
        if entity.part(new).fields[definition.name].overrides == old:
            entity.part(new).fields[definition.name].label = choose.one(["", "", "trial", "beta"])
            entity.part(old).fields[definition.name] = Placement(given_up=True)
            self._knowledge.hold(definition.named, old)
        self._knowledge.hold(definition.named, new)

    def _vary(self, choose: Choices, entity: ObjectType, definition: FieldDef, owners: Sequence[str]) -> None:
        """Subgraphs may promise more than the API does, and accept more than it has."""
        if len(owners) < 2 or definition.named == SPREAD_VALUE:
            return
        if definition.is_leaf and choose.chance(12):
            for graph in owners:
                entity.part(graph).fields[definition.name].more_arguments = VEILED
            return
        for graph in owners[1:]:
            placement = entity.part(graph).fields[definition.name]
            placement.strict = not definition.type.endswith("!") and choose.chance(25)
            if choose.chance(15):
                placement.more_arguments = "own: Int"

    def _type(self, choose: Choices, owners: Sequence[str]) -> str:
        kind = choose.one(["leaf", "leaf", "entity", "entity", "value", "abstract", "abstract"])
        if kind == "leaf":
            return self._leaf(choose)
        found = {"entity": [t.name for t in self._graph.entities], "value": [SPREAD_VALUE, FULL_VALUE]}
        names = found.get(kind) or [n for n in (UNION, INTERFACE, OPAQUE) if n in self._graph.abstract]
        allowed = [n for n in names if all(self._knowledge.may_hold(n, owner) for owner in owners)]
        return choose.one(WRAPPED).format(choose.one(allowed)) if allowed else self._leaf(choose)

    def _leaf(self, choose: Choices) -> str:
        if OUTPUT_ENUM in self._graph.choosable and choose.chance(30):
            return choose.one([OUTPUT_ENUM, f"{COMMON_ENUM}!", f"[{OUTPUT_ENUM}!]!", COMMON_ENUM])
        return choose.one(LEAVES)

    def own(self, choose: Choices, owner: ObjectType, definition: FieldDef, graphs: Sequence[str]) -> None:
        """Let these subgraphs answer the field."""
        owner.define(definition)
        for graph in graphs:
            owner.part(graph).fields[definition.name] = Placement()
            self._knowledge.hold(definition.named, graph)
        if definition.named == SPREAD_VALUE:
            self._spread_value(choose, graphs)

    def _spread_value(self, choose: Choices, graphs: Sequence[str]) -> None:
        """A value type's fields, spread over the subgraphs that share the field which returns it."""
        value = self._graph.type(SPREAD_VALUE)
        for definition in (FieldDef("x", "Int"), FieldDef("y", "String!"), FieldDef("z", "[Int!]")):
            value.define(definition)
        if "w" not in value.fields:
            free = [entity.name for entity in self._graph.entities if not entity.barred]
            value.define(FieldDef("w", choose.one(WRAPPED).format(choose.one(free))))
        for graph in graphs:
            for name in choose.some(list(value.fields), 1):
                self._give(value, name, graph)
        for name in value.fields:
            if not any(value.part(graph).readable(name) for graph in graphs):
                self._give(value, name, choose.one(graphs))

    def _give(self, value: ObjectType, name: str, graph: str) -> None:
        value.part(graph).fields[name] = Placement()
        self._knowledge.hold(value.fields[name].named, graph)

    # -- roots -----------------------------------------------------------------------------------------------------

    def root_fields(self, choose: Choices) -> None:
        """Fields of the query root, and of the mutation root if there is one."""
        query = self._graph.type("Query")
        abstract = [name for name in (INTERFACE, UNION, OPAQUE) if name in self._graph.abstract and choose.chance(70)]
        for i in range(choose.number(2, 4)):
            wanted = abstract[i] if i < len(abstract) else ""
            self._root_field(choose.within(f"q{i}"), query, f"q{i}", wanted)
        if "lookups" in self._wishes:
            for i in range(2):
                self._find_field(choose.within(f"l{i}"), f"l{i}", is_lookup=True)
        elif choose.chance(30):
            self._find_field(choose.within("l"), "l0", is_lookup=False)
        if "mutations" in self._wishes:
            for i in range(choose.number(2, 4)):
                self._root_field(choose.within(f"m{i}"), self._graph.type("Mutation"), f"m{i}")

    def _root_field(self, choose: Choices, root: ObjectType, name: str, wanted: str = "") -> None:
        """wanted: the type it has if some subgraph may speak of it."""
        owners = choose.some(self._graph.names, 1, 2) if choose.chance(30) else [choose.one(self._graph.names)]
        named = choose.one(["entity", "entity", "entity", SPREAD_VALUE, "abstract", "abstract", OPAQUE])
        if root.name == "Mutation":
            owners = owners[:1]  # two subgraphs that share a mutation must both have all of what it returns
        elif named == SPREAD_VALUE:
            owners = choose.some(self._graph.names)
        if named == "entity":
            named = choose.one([t.name for t in self._graph.entities])
        elif named == "abstract":
            named = choose.one([n for n in (UNION, INTERFACE, OPAQUE) if n in self._graph.abstract] or ["T0"])
        named = named if named == SPREAD_VALUE or named in self._graph.abstract or named != OPAQUE else "T0"
        able = [graph for graph in self._graph.names if wanted and self._knowledge.may_hold(wanted, graph)]
        if able:
            named, owners = wanted, [choose.one(able)]
        if not all(self._knowledge.may_hold(named, owner) for owner in owners):
            named = "T0"
        arguments = "(n: Int)" if choose.chance(20) else ""
        self.own(choose, root, FieldDef(name, choose.one(ROOTS).format(named), arguments), owners)

    def _find_field(self, choose: Choices, name: str, *, is_lookup: bool) -> None:
        """A field that finds an object by its id, perhaps a @lookup. Falls away when no type can be found so."""
        query = self._graph.type("Query")
        keyed = [t for t in self._graph.entities if any("id" in part.keys for part in t.parts.values())]
        if not keyed:
            return
        entity = choose.one(keyed)
        known = [graph for graph, part in entity.parts.items() if "id" in part.keys]
        owners = choose.some(known, 1, 2)
        self.own(choose, query, FieldDef(name, entity.name, "(id: ID!)"), owners)
        for graph in owners:
            query.part(graph).fields[name].lookup = is_lookup and choose.chance(85)

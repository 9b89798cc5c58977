"""Entities with their keys, and the abstract types over them: unions, interfaces, and an interface object."""

from __future__ import annotations

from tests.random_graphs.choices import Choices
from tests.random_graphs.graph import AbstractType, FieldDef, Graph, ObjectType, Placement
from tests.random_graphs.knowing import FULL_VALUE, Knowledge, first_key

UNION, INTERFACE, OPAQUE = "U", "N", "Face"
KEY_KINDS = ("id", "code", "left right", "spot", "id left")


def draw_entities(graph: Graph, choose: Choices, knowledge: Knowledge, wishes: set[str]) -> None:
    """Two to four types. The first is never opaque anywhere, so that every subgraph may know it."""
    names = [f"T{i}" for i in range(choose.number(2, 4))]
    _choose_members(graph, choose, names, wishes)
    for name in names:
        _draw_entity(graph, choose.within(name), knowledge, name, wishes)
    opaque = graph.opaque
    if opaque is not None:
        _make_entity_interface(graph, choose, knowledge)
    if "extension" in wishes:
        _extend(graph, choose.within("extension"), knowledge)


def _choose_members(graph: Graph, choose: Choices, names: list[str], wishes: set[str]) -> None:
    if "union" in wishes:
        values = [FULL_VALUE] if choose.chance(35) else []
        graph.abstract[UNION] = AbstractType(UNION, choose.some([*names, *values], 2), is_interface=False)
    if "interface" in wishes:
        graph.abstract[INTERFACE] = AbstractType(INTERFACE, choose.some(names, 2), is_interface=True)
    if "interface object" in wishes:
        graph.abstract[OPAQUE] = AbstractType(OPAQUE, choose.some(names[1:], 1), is_interface=True)
        opaque = graph.type(OPAQUE)
        opaque.opaque = True
        opaque.keys = ["id"]
        opaque.define(FieldDef("id", "ID!"))
        opaque.key_fields.add("id")
        for name in choose.some(graph.names, 1, max(1, len(graph.names) - 2)):
            opaque.part(name).keys["id"] = True
            opaque.part(name).fields["id"] = Placement()


def _draw_entity(graph: Graph, choose: Choices, knowledge: Knowledge, name: str, wishes: set[str]) -> None:
    """A type with one to three keys. Each subgraph that can be entered shares a key with an earlier one."""
    entity = graph.type(name)
    opaque = graph.opaque
    if opaque is not None and name in graph.abstract[OPAQUE].members:
        entity.barred = set(opaque.parts)
    kinds = [*KEY_KINDS, *(_nested_kinds(graph, wishes))]
    keys = [_key(graph, choose, entity, kind) for kind in choose.some(kinds, 1, 3)]
    if "id" not in keys and any(abstract.is_interface for abstract in graph.above(entity)):
        keys.insert(0, "id")
    entity.keys = keys
    allowed = [n for n in graph.names if n not in entity.barred]
    first = choose.one(allowed)
    others = [n for n in allowed if n != first and choose.chance(65)]
    for key in choose.some(keys):
        knowledge.enter(entity, first, key)
    if "id" in keys and any(abstract.is_interface for abstract in graph.above(entity)):
        knowledge.enter(entity, first, "id")
    for other in others:
        common = choose.one(list(entity.part(choose.one(entity.homes())).keys))
        for key in dict.fromkeys([common, *choose.some(keys, 0)]):
            knowledge.enter(entity, other, key)


def _nested_kinds(graph: Graph, wishes: set[str]) -> list[str]:
    if not _free_entities(graph):
        return []
    return ["boss", "peers"] * (3 if "nested keys" in wishes else 1)


def _free_entities(graph: Graph) -> list[ObjectType]:
    """Those that every subgraph may know."""
    return [entity for entity in graph.entities if entity.parts and not entity.barred]


def _key(graph: Graph, choose: Choices, entity: ObjectType, kind: str) -> str:
    if kind == "spot":
        return f"spot {{ {choose.one(['x', 'x y'])} }}"
    if kind in ("boss", "peers"):
        known = entity.fields.get(kind)
        other = graph.types[known.named] if known else choose.one(_free_entities(graph))
        entity.define(FieldDef(kind, f"{other.name}!" if kind == "boss" else f"[{other.name}!]!"))
        return f"{kind} {{ {first_key(other)} }} rank"
    return kind


def _make_entity_interface(graph: Graph, choose: Choices, knowledge: Knowledge) -> None:
    """Where the interface of the interface object is an entity itself: all its implementations are there."""
    face = graph.abstract[OPAQUE]
    barred = graph.types[OPAQUE].parts
    for home in choose.some([name for name in graph.names if name not in barred], 1, 2):
        face.keys.add(home)
        for member in face.members:
            knowledge.enter(graph.types[member], home, "id")
        knowledge.hold(OPAQUE, home)


def _extend(graph: Graph, choose: Choices, knowledge: Knowledge) -> None:
    """A subgraph that adds nullable fields to a type and has no other use for it: it need not know every object."""
    named = {t.fields[key].named for t in graph.entities for key in t.key_fields}
    found = [
        (entity, name)
        for entity in graph.entities[1:]
        for name in graph.names
        if name not in entity.parts and not entity.barred and entity.name not in named and " {" not in first_key(entity)
    ]
    if not found:
        return
    entity, name = choose.one(found)
    knowledge.enter(entity, name, first_key(entity))
    entity.barred.add(name)
    for i in range(choose.number(1, 2)):
        definition = entity.define(FieldDef(f"e{i}", choose.one(["Int", "String", "[Int!]"])))
        entity.part(name).fields[definition.name] = Placement()
        entity.apart.add(definition.name)


def declare_interfaces(graph: Graph, choose: Choices) -> None:
    """Give every interface some of the fields that its members have in common in each subgraph."""
    for abstract in graph.abstract.values():
        for name in abstract.held if abstract.is_interface else ():
            common = _common(graph, abstract, name)
            wanted = [f for f in common if choose.within(f"{abstract.name} {name} {f}").chance(75)]
            abstract.declared[name] = list(dict.fromkeys(["id", *wanted]))


def _common(graph: Graph, abstract: AbstractType, name: str) -> list[str]:
    """Fields that all members define alike, and that those which the subgraph knows have there."""
    first, *others = (graph.types[member] for member in abstract.members)
    here = [graph.types[member].parts[name].fields for member in abstract.held[name]]
    return [
        field_name
        for field_name, definition in first.fields.items()
        if all(other.fields.get(field_name) == definition for other in others)
        and all(field_name in fields for fields in here)
        and all(field_name in t.known() and field_name not in t.hidden for t in (first, *others))
    ]

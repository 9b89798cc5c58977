"""A split graph while it is drawn, and the schemas that it prints: one for the monolith, one for each subgraph."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.support.scenario import FEDERATION_2


@dataclass(frozen=True, slots=True)
class FieldDef:
    """A field as every subgraph and the API declare it. arguments: "(n: Int)" or nothing."""

    name: str
    type: str
    arguments: str = ""

    @property
    def named(self) -> str:
        """The name of its type without lists and marks."""
        return self.type.strip("[]!")

    def __str__(self) -> str:
        return f"{self.name}{self.arguments}: {self.type}"


@dataclass(slots=True)
class Placement:
    """One field in one subgraph. requires, provides: field sets; overrides: the subgraph it is taken from.

    given_up: another subgraph took it over. lookup: a root field whose argument is the key of what it returns.
    """

    external: bool = False
    requires: str = ""
    provides: str = ""
    overrides: str = ""
    given_up: bool = False
    lookup: bool = False

    @property
    def readable(self) -> bool:
        """Whether the subgraph answers it by itself, if only after a requirement."""
        return not self.external and not self.given_up


@dataclass(slots=True)
class Part:
    """What one subgraph has of one type. keys: field set -> whether the type can be entered by it here."""

    keys: dict[str, bool] = field(default_factory=dict[str, bool])
    fields: dict[str, Placement] = field(default_factory=dict[str, Placement])

    @property
    def enterable(self) -> bool:
        return any(self.keys.values())

    def readable(self, name: str) -> bool:
        return name in self.fields and self.fields[name].readable


@dataclass(eq=False, slots=True)
class ObjectType:
    """An object type: all its fields, and the part that each subgraph has. key_fields: those in some key."""

    name: str
    fields: dict[str, FieldDef] = field(default_factory=dict[str, FieldDef])
    parts: dict[str, Part] = field(default_factory=dict[str, Part])
    key_fields: set[str] = field(default_factory=set[str])
    keys: list[str] = field(default_factory=list[str])
    provided: set[str] = field(default_factory=set[str])

    def define(self, definition: FieldDef) -> FieldDef:
        return self.fields.setdefault(definition.name, definition)

    def part(self, graph: str) -> Part:
        """The subgraph's part, made when there is none."""
        return self.parts.setdefault(graph, Part())

    def homes(self) -> list[str]:
        """The subgraphs in which the type can be entered."""
        return [graph for graph, part in self.parts.items() if part.enterable]

    def known(self) -> list[str]:
        """The fields that some subgraph answers; the others belong to keys that no subgraph took."""
        return [name for name in self.fields if any(part.readable(name) for part in self.parts.values())]

    def is_shared(self, name: str) -> bool:
        """Whether several subgraphs resolve the field, so that it must be shareable."""
        return name in self.provided or sum(part.readable(name) for part in self.parts.values()) > 1


@dataclass(slots=True)
class AbstractType:
    """A union of object types, or an interface with what they have in common. holders: subgraphs that declare it."""

    name: str
    members: list[str]
    is_interface: bool
    holders: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Graph:
    """All types of one graph with their split. The query root is an object type named Query."""

    names: list[str]
    types: dict[str, ObjectType] = field(default_factory=dict[str, ObjectType])
    abstract: dict[str, AbstractType] = field(default_factory=dict[str, AbstractType])

    def type(self, name: str) -> ObjectType:
        return self.types.setdefault(name, ObjectType(name))

    def settle(self) -> None:
        """An interface whose members have nothing in common in one of its subgraphs becomes a union."""
        for abstract in self.abstract.values():
            if not all(self.common(abstract, graph) for graph in abstract.holders):
                abstract.is_interface = False

    def common(self, abstract: AbstractType, graph: str) -> list[FieldDef]:
        """The fields that every member answers in this subgraph, declared alike."""
        first, *others = (self.types[member] for member in abstract.members)
        return [
            definition
            for name, definition in first.fields.items()
            if first.parts[graph].readable(name)
            and all(o.fields.get(name) == definition and o.parts[graph].readable(name) for o in others)
        ]

    def api(self) -> str:
        """The monolith's schema."""
        lines: list[str] = []
        for object_type in self.types.values():
            names = object_type.known()
            if names:
                above = [a for a in self.abstract.values() if a.holders and object_type.name in a.members]
                body = [str(object_type.fields[name]) for name in names]
                lines.append(_type(object_type.name, above, "", body))
        for abstract in self.abstract.values():
            if abstract.holders:
                fields = {str(f): None for graph in abstract.holders for f in self.common(abstract, graph)}
                lines.append(_abstract(abstract, list(fields)))
        return "\n".join(lines)

    def subgraphs(self) -> dict[str, str]:
        """Each subgraph's SDL; those without a type are left out."""
        printed = {name: self._subgraph(name) for name in self.names}
        return {name: FEDERATION_2 + "\n".join(lines) for name, lines in printed.items() if lines}

    def _subgraph(self, name: str) -> list[str]:
        lines: list[str] = []
        for object_type in self.types.values():
            part = object_type.parts.get(name)
            if part is not None and part.fields:
                above = [a for a in self.abstract.values() if name in a.holders and object_type.name in a.members]
                keys = "".join(
                    f' @key(fields: "{key}"{"" if resolvable else ", resolvable: false"})'
                    for key, resolvable in part.keys.items()
                )
                body = [_field(object_type, field_name, part.fields[field_name]) for field_name in part.fields]
                lines.append(_type(object_type.name, above, keys, body))
        held = (abstract for abstract in self.abstract.values() if name in abstract.holders)
        return lines + [_abstract(abstract, [str(f) for f in self.common(abstract, name)]) for abstract in held]


def _field(object_type: ObjectType, name: str, placement: Placement) -> str:
    marks = [str(object_type.fields[name])]
    if placement.external:
        marks.append("@external")
    elif object_type.is_shared(name):
        marks.append("@shareable")
    if placement.requires:
        marks.append(f'@requires(fields: "{placement.requires}")')
    if placement.provides:
        marks.append(f'@provides(fields: "{placement.provides}")')
    if placement.overrides:
        marks.append(f'@override(from: "{placement.overrides}")')
    if placement.lookup:
        marks.append("@lookup")
    return " ".join(marks)


def _type(name: str, above: list[AbstractType], marks: str, fields: list[str]) -> str:
    interfaces = [abstract.name for abstract in above if abstract.is_interface]
    implements = f" implements {' & '.join(interfaces)}" if interfaces else ""
    return f"type {name}{implements}{marks} {{ {' '.join(fields)} }}"


def _abstract(abstract: AbstractType, fields: list[str]) -> str:
    if abstract.is_interface:
        return f"interface {abstract.name} {{ {' '.join(fields)} }}"
    return f"union {abstract.name} = {' | '.join(abstract.members)}"

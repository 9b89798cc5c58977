"""A split graph while it is drawn: what there is, and which part of it each subgraph has. `sdl.py` prints it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain

SCALARS = ("Int", "String", "Boolean", "Float", "ID")
VEILED = "veiled: Int @inaccessible"
"""An argument that clients cannot see."""


@dataclass(frozen=True, slots=True)
class FieldDef:
    """A field as the API declares it. arguments: "(n: Int)" or nothing."""

    name: str
    type: str
    arguments: str = ""

    @property
    def named(self) -> str:
        """The name of its type without lists and marks."""
        return self.type.strip("[]!")

    @property
    def is_leaf(self) -> bool:
        return self.named in SCALARS or self.named.startswith("Enum")


@dataclass(slots=True)
class Placement:
    """One field in one subgraph. requires, provides: field sets; overrides: the subgraph it is taken from.

    label: under which it is taken over; "": always. given_up: another subgraph took it over, if only under a label.
    lookup: a root field whose argument is the key of what it returns.
    strict: declared with a further "!". more_arguments: those that are not part of the API. hidden: @inaccessible.
    """

    external: bool = False
    requires: str = ""
    provides: str = ""
    overrides: str = ""
    label: str = ""
    given_up: bool = False
    lookup: bool = False
    strict: bool = False
    more_arguments: str = ""
    hidden: bool = False

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
    """An object type: all its fields, and the part that each subgraph has.

    key_fields: fields in some key. provided, required: fields that some field set elsewhere names.
    barred:     subgraphs that may not speak of the type: they know it as an interface object, or merely extend it.
    apart:      fields of a subgraph that merely extends the type; no field set names them.
    opaque:     it is an interface object: all its parts are.
    """

    name: str
    fields: dict[str, FieldDef] = field(default_factory=dict[str, FieldDef])
    parts: dict[str, Part] = field(default_factory=dict[str, Part])
    key_fields: set[str] = field(default_factory=set[str])
    keys: list[str] = field(default_factory=list[str])
    provided: set[str] = field(default_factory=set[str])
    required: set[str] = field(default_factory=set[str])
    hidden: set[str] = field(default_factory=set[str])
    barred: set[str] = field(default_factory=set[str])
    apart: set[str] = field(default_factory=set[str])
    opaque: bool = False

    def define(self, definition: FieldDef) -> FieldDef:
        return self.fields.setdefault(definition.name, definition)

    def part(self, graph: str) -> Part:
        """The subgraph's part, made when there is none."""
        return self.parts.setdefault(graph, Part())

    def homes(self) -> list[str]:
        """The subgraphs in which the type can be entered, and which may get fields."""
        return [graph for graph, part in self.parts.items() if part.enterable and graph not in self.barred]

    def owners(self, name: str) -> list[str]:
        """The subgraphs that answer the field."""
        return [graph for graph, part in self.parts.items() if part.readable(name)]

    def placements(self, name: str) -> list[Placement]:
        return [part.fields[name] for part in self.parts.values() if name in part.fields]

    def known(self) -> list[str]:
        """The fields that some subgraph answers; the others belong to keys that no subgraph took."""
        return [name for name in self.fields if self.owners(name)]

    def is_veiled(self, name: str) -> bool:
        """Whether the field has a hidden argument, which whoever declares it external must then declare as well."""
        return any(placement.more_arguments == VEILED for placement in self.placements(name))

    def is_computed(self, name: str) -> bool:
        return any(placement.requires for placement in self.placements(name))

    def is_shared(self, name: str) -> bool:
        """Whether several subgraphs resolve the field, so that it must be shareable."""
        return name in self.provided or len(self.owners(name)) > 1


@dataclass(slots=True)
class AbstractType:
    """A union of object types, or an interface with what they have in common.

    members: all of them; held: subgraph -> the members it knows; declared: subgraph -> the interface's fields there.
    keys:    subgraphs where the interface is an entity by its id; then all members are there.
    """

    name: str
    members: list[str]
    is_interface: bool
    held: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    declared: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    keys: set[str] = field(default_factory=set[str])


@dataclass(slots=True)
class Choosable:
    """An enum or an input type. parts: subgraph -> name of a value or field -> how the subgraph declares it.

    common_only: the API has what all subgraphs that use the type have in common; otherwise what any has.
    """

    name: str
    is_input: bool
    common_only: bool
    parts: dict[str, dict[str, str]]

    def names(self, graphs: list[str]) -> list[str]:
        """The values or fields that the API has when these subgraphs use the type."""
        known = dict.fromkeys(chain.from_iterable(self.parts[graph] for graph in graphs))
        visible = [name for name in known if not any("@" in self.parts[g].get(name, "") for g in graphs)]
        return [n for n in visible if not self.common_only or all(n in self.parts[g] for g in graphs)]

    def declaration(self, name: str, graphs: list[str]) -> str:
        """How the API declares it: the strictest of the subgraphs' declarations."""
        return max((self.parts[g][name] for g in graphs if name in self.parts[g]), key=lambda text: text.endswith("!"))


@dataclass(slots=True)
class Graph:
    """All types of one graph with their split. The roots are object types named Query and Mutation."""

    names: list[str]
    types: dict[str, ObjectType] = field(default_factory=dict[str, ObjectType])
    abstract: dict[str, AbstractType] = field(default_factory=dict[str, AbstractType])
    choosable: dict[str, Choosable] = field(default_factory=dict[str, Choosable])

    def type(self, name: str) -> ObjectType:
        return self.types.setdefault(name, ObjectType(name))

    @property
    def labels(self) -> list[str]:
        """The override labels, sorted."""
        parts = (part for object_type in self.types.values() for part in object_type.parts.values())
        return sorted({placed.label for part in parts for placed in part.fields.values() if placed.label})

    @property
    def entities(self) -> list[ObjectType]:
        return [t for t in self.types.values() if t.keys and not t.opaque]

    @property
    def opaque(self) -> ObjectType | None:
        """The interface object, if there is one."""
        return next((t for t in self.types.values() if t.opaque), None)

    def above(self, object_type: ObjectType) -> list[AbstractType]:
        """The abstract types with this member."""
        return [a for a in self.abstract.values() if object_type.name in a.members]

    def possible(self, owner: ObjectType, name: str) -> list[str]:
        """The types that objects below a field of abstract type can have: those known to all that may be asked for it.

        Who gave it up under a label is asked while the label is off.
        """
        abstract = self.abstract[owner.fields[name].named]
        is_labelled = any(placement.label for placement in owner.placements(name))
        former = [
            g for g, part in owner.parts.items() if is_labelled and name in part.fields and part.fields[name].given_up
        ]
        held = [abstract.held[graph] for graph in (*owner.owners(name), *former) if graph in abstract.held]
        return [member for member in abstract.members if all(member in members for members in held)]

    def users(self, name: str) -> list[str]:
        """The subgraphs that use an enum or an input type, perhaps through another one."""
        return [graph for graph in self.names if self._uses(graph, name)]

    def _uses(self, graph: str, name: str) -> bool:
        texts = [
            f"{t.fields[f].arguments} {p.more_arguments} {t.fields[f].type}"
            for t in self.types.values()
            if graph in t.parts
            for f, p in t.parts[graph].fields.items()
        ]
        if any(re.search(rf"\b{name}\b", text) for text in texts):
            return True
        through = (c for c in self.choosable.values() if c.is_input and c.name != name)
        return any(
            re.search(rf"\b{name}\b", text)
            for other in through
            if self._uses(graph, other.name)
            for text in other.parts[graph].values()
        )

"""A subgraph's schema as composition sees it: federation directives read, names canonical, positions kept.

Built by `load`, rebuilt by `upgrade`, read by validation and merge. Nothing here is ever changed in place.
Types are written as GraphQL text (`[Item!]!`); `type_text` compares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    """The kinds of named types; the value is the word used in messages."""

    SCALAR = "Scalar"
    OBJECT = "Object"
    INTERFACE = "Interface"
    UNION = "Union"
    ENUM = "Enum"
    INPUT = "InputObject"


QUERY = "Query"
ROOT_NAMES = (QUERY, "Mutation", "Subscription")


@dataclass(frozen=True, slots=True)
class Place:
    """Line and column in the subgraph's own SDL, counted from 1; 0 when composition itself wrote the element."""

    line: int = 0
    column: int = 0


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Applied:
    """A directive that composition carries through, for instance `@tag(name: "a")`.

    name: canonical: what the directive is called in the specification that defines it; local for a composed one.
    arguments: name to value as GraphQL text.
    composed: it is of a specification of the subgraphs' own, and may be repeatable.
    """

    name: str
    arguments: tuple[tuple[str, str], ...]
    place: Place
    composed: bool = False
    repeatable: bool = False

    def __str__(self) -> str:
        arguments = ", ".join(f"{name}: {value}" for name, value in self.arguments)
        return f"@{self.name}({arguments})" if arguments else f"@{self.name}"


@dataclass(frozen=True, slots=True)
class FieldSet:
    """The `fields` argument of @key, @requires or @provides. `text` is None when the argument is not a string."""

    text: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Key:
    """One @key application."""

    fields: FieldSet
    resolvable: bool
    extension: bool
    """The application stands on `extend type`, or on a type marked @extends."""


@dataclass(frozen=True, slots=True)
class Override:
    """One @override application: the field is taken over from the subgraph named `source`."""

    source: str
    label: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class ArgumentDef:
    """An argument of a field or of a directive. `default` is GraphQL text; None means there is none.

    from_context: what @fromContext says; None for an argument that clients give.
    """

    name: str
    type: str
    default: str | None
    description: str | None
    applied: tuple[Applied, ...]
    place: Place
    from_context: str | None = None

    @property
    def required(self) -> bool:
        return self.type.endswith("!") and self.default is None


@dataclass(frozen=True, slots=True)
class FieldDef:
    """A field of an object, an interface or an input object.

    external:  @external counts for it. A key field of an extension has lost the mark (see `externals`).
    shareable: @shareable stands on it or on the declaration it belongs to.
    default:   for input fields, as in ArgumentDef.
    """

    name: str
    type: str
    description: str | None
    place: Place
    arguments: Mapping[str, ArgumentDef] = field(default_factory=dict[str, ArgumentDef])
    default: str | None = None
    applied: tuple[Applied, ...] = ()
    external: bool = False
    shareable: bool = False
    requires: FieldSet | None = None
    provides: FieldSet | None = None
    override: Override | None = None
    lookup: Place | None = None

    @property
    def required(self) -> bool:
        """For an input field: the client must give it."""
        return self.type.endswith("!") and self.default is None


@dataclass(frozen=True, slots=True)
class EnumValue:
    """A value of an enum."""

    name: str
    description: str | None
    applied: tuple[Applied, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class TypeDef:
    """A named type: its definition and all its extensions in one.

    extension: the subgraph has only `extend` declarations of it. extends: it is marked @extends, Federation 1's
        other way to say that.
    members: of a union, by name; interfaces: by name; contexts: that it sets, by name; each with its position.
    """

    name: str
    kind: Kind
    description: str | None
    place: Place
    extension: bool = False
    extends: bool = False
    keys: tuple[Key, ...] = ()
    interface_object: bool = False
    applied: tuple[Applied, ...] = ()
    interfaces: Mapping[str, Place] = field(default_factory=dict[str, Place])
    fields: Mapping[str, FieldDef] = field(default_factory=dict[str, FieldDef])
    members: Mapping[str, Place] = field(default_factory=dict[str, Place])
    values: Mapping[str, EnumValue] = field(default_factory=dict[str, EnumValue])
    contexts: Mapping[str, Place] = field(default_factory=dict[str, Place])

    @property
    def merged_kind(self) -> Kind:
        """The kind in the supergraph: an interface object is an interface there."""
        return Kind.INTERFACE if self.interface_object else self.kind

    @property
    def composite(self) -> bool:
        return self.kind in (Kind.OBJECT, Kind.INTERFACE, Kind.UNION)


@dataclass(frozen=True, slots=True)
class DirectiveDef:
    """A directive definition of the subgraph's own."""

    name: str
    description: str | None
    arguments: Mapping[str, ArgumentDef]
    locations: tuple[str, ...]
    repeatable: bool
    place: Place


@dataclass(frozen=True, slots=True)
class Composed:
    """A directive that `@composeDirective` carries into the supergraph.

    name: here; original: what its specification calls it. identity: URL of the specification without the version.
    """

    name: str
    original: str
    identity: str
    version: tuple[int, int]
    url: str
    place: Place


@dataclass(frozen=True, slots=True)
class Subgraph:
    """One loaded subgraph. Root types carry their standard names (Query, Mutation, Subscription).

    federation: (major, minor) of the federation specification: (1, 0) for Federation 1.
    composed: by local name. applied: on `schema` itself.
    """

    name: str
    url: str
    federation: tuple[int, int]
    types: Mapping[str, TypeDef]
    directives: Mapping[str, DirectiveDef]
    composed: Mapping[str, Composed] = field(default_factory=dict[str, Composed])
    applied: tuple[Applied, ...] = ()

    def object_fields(self) -> Iterator[tuple[TypeDef, FieldDef]]:
        """Every field of every object and interface, with its type."""
        for type_def in self.types.values():
            if type_def.kind in (Kind.OBJECT, Kind.INTERFACE):
                for field_def in type_def.fields.values():
                    yield type_def, field_def

    def possible(self, name: str) -> list[str]:
        """Names of the object types that an object of this composite type can have, in this subgraph."""
        type_def = self.types[name]
        if type_def.kind is Kind.OBJECT:
            return [name]
        if type_def.kind is Kind.UNION:
            return list(type_def.members)
        return [other.name for other in self.types.values() if other.kind is Kind.OBJECT and name in other.interfaces]

"""The merged schema: what the supergraph says, element by element, before printing. Directives are GraphQL text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.federation.compose.model import Kind

INACCESSIBLE = "@inaccessible"


@dataclass(frozen=True, slots=True)
class Graph:
    """One value of `join__Graph`."""

    id: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class ContextArgument:
    """An argument that the gateway fills in. selection: as in a field set, of the type that sets the context."""

    context: str
    name: str
    type: str
    selection: str


@dataclass(frozen=True, slots=True)
class JoinField:
    """One @join__field. graph None: no subgraph resolves the field on this type; an interface object does."""

    graph: str | None = None
    requires: str | None = None
    provides: str | None = None
    type: str | None = None
    external: bool = False
    override: str | None = None
    used_overridden: bool = False
    override_label: str | None = None
    contexts: tuple[ContextArgument, ...] = ()

    @property
    def plain(self) -> bool:
        """It says no more than that the field exists in the subgraph."""
        return self == JoinField(self.graph)


@dataclass(frozen=True, slots=True)
class JoinType:
    """One @join__type."""

    graph: str
    key: str | None = None
    resolvable: bool = True
    interface_object: bool = False


@dataclass(frozen=True, slots=True)
class MergedArgument:
    """An argument; `default` is GraphQL text."""

    name: str
    type: str
    default: str | None
    description: str | None
    directives: tuple[str, ...] = ()

    @property
    def inaccessible(self) -> bool:
        return INACCESSIBLE in self.directives


@dataclass(frozen=True, slots=True)
class MergedField:
    """A field of an object, interface or input object; `default` only on the last.

    joins: as they are printed: empty when the field is simply everywhere its type is.
    lookups: ids of the graphs in which the field is a @lookup.
    """

    name: str
    type: str
    description: str | None
    arguments: Mapping[str, MergedArgument] = field(default_factory=dict[str, MergedArgument])
    default: str | None = None
    directives: tuple[str, ...] = ()
    joins: tuple[JoinField, ...] = ()
    lookups: tuple[str, ...] = ()

    @property
    def inaccessible(self) -> bool:
        return INACCESSIBLE in self.directives


@dataclass(frozen=True, slots=True)
class MergedValue:
    """An enum value and the ids of the graphs that know it."""

    name: str
    description: str | None
    directives: tuple[str, ...]
    graphs: tuple[str, ...]

    @property
    def inaccessible(self) -> bool:
        return INACCESSIBLE in self.directives


@dataclass(frozen=True, slots=True)
class MergedType:
    """A named type.

    implements: (graph id, interface); members: (graph id, member).
    """

    name: str
    kind: Kind
    description: str | None
    directives: tuple[str, ...]
    joins: tuple[JoinType, ...]
    implements: tuple[tuple[str, str], ...] = ()
    fields: Mapping[str, MergedField] = field(default_factory=dict[str, MergedField])
    members: tuple[tuple[str, str], ...] = ()
    values: tuple[MergedValue, ...] = ()

    @property
    def interfaces(self) -> list[str]:
        return sorted({interface for _, interface in self.implements})

    @property
    def inaccessible(self) -> bool:
        return INACCESSIBLE in self.directives


@dataclass(frozen=True, slots=True)
class MergedDirective:
    """An executable directive that every subgraph defines, or one that is composed."""

    name: str
    description: str | None
    arguments: Mapping[str, MergedArgument]
    locations: tuple[str, ...]
    repeatable: bool
    composed: bool = False


@dataclass(frozen=True, slots=True)
class MergedSchema:
    """Everything that is printed.

    specs: specifications to link, by name (`tag`, `inaccessible`). links: those of the subgraphs' own, as text.
    applied: on `schema` itself, as text.
    """

    graphs: tuple[Graph, ...]
    types: Mapping[str, MergedType]
    directives: tuple[MergedDirective, ...]
    specs: tuple[str, ...]
    links: tuple[str, ...] = ()
    applied: tuple[str, ...] = ()

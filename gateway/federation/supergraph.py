"""The supergraph: who owns what.

This model is all that planning needs to know of the graph: for each type and field, in which subgraphs it can be read
and under which conditions. `read_supergraph.py` builds it from supergraph SDL, whoever composed that.

Types are told apart by where they are: `possible(type, graph)` are the runtime types that an abstract type can have *in
that subgraph*, which may be fewer than in the whole supergraph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property

from graphql import GraphQLSchema, TypeNode

from gateway.federation.access import Access
from gateway.federation.costs import Costs
from gateway.federation.selection import Selections


class Kind(Enum):
    OBJECT = "object"
    INTERFACE = "interface"
    UNION = "union"
    ENUM = "enum"
    SCALAR = "scalar"
    INPUT = "input object"

    @property
    def is_composite(self) -> bool:
        return self in (Kind.OBJECT, Kind.INTERFACE, Kind.UNION)


@dataclass(frozen=True, slots=True)
class Graph:
    """One subgraph. name: what users and configuration call it. url: where it is served; may be empty."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Key:
    """Fields that identify an entity. resolvable: the subgraph can be entered with them."""

    fields: Selections
    resolvable: bool = True


@dataclass(frozen=True, slots=True)
class TypeSource:
    """A type as one subgraph knows it."""

    keys: tuple[Key, ...] = ()
    is_interface_object: bool = False


@dataclass(frozen=True, slots=True)
class ContextArgument:
    """An argument that the gateway fills in: what `selection` finds at the nearest ancestor that sets `context`."""

    name: str
    type: TypeNode
    context: str
    selection: Selections


@dataclass(frozen=True, slots=True)
class FieldSource:
    """A field as one subgraph knows it.

    type:      its type in that subgraph, which may differ from the supergraph's in nullability or by being narrower.
    named:     the name inside that type.
    external:  declared there but not readable there, except below a field that provides it.
    requires:  fields that the representation must carry beside the key, for this subgraph to compute the field.
    provides:  external fields that are readable below this field in this subgraph.
    override_label: the label on which this entry depends; the entry with `override` is the new owner's, and external
               until the label is on.
    contexts:  arguments that clients do not give.
    """

    type: TypeNode
    named: str
    external: bool = False
    requires: Selections = ()
    provides: Selections = ()
    override: str | None = None
    override_label: str | None = None
    contexts: tuple[ContextArgument, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """A field of an object type or interface. sources: by subgraph name. lookup_in: where it is marked @lookup."""

    name: str
    type: TypeNode
    named: str
    sources: Mapping[str, FieldSource]
    arguments: Mapping[str, TypeNode] = field(default_factory=dict[str, TypeNode])
    lookup_in: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TypeDefinition:
    """A type of the supergraph.

    sources:    the subgraphs that know it.
    fields:     for objects and interfaces.
    interfaces: for objects and interfaces: subgraph name -> interfaces it implements there.
    members:    for unions: subgraph name -> members there.
    contexts:   that its objects set.
    """

    name: str
    kind: Kind
    sources: Mapping[str, TypeSource]
    fields: Mapping[str, FieldDefinition] = field(default_factory=dict[str, FieldDefinition])
    interfaces: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    members: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    contexts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """One way to enter an object: ask `graph` for `as_type` by any of `keys`.

    as_type differs from the object's own type when the subgraph knows only an interface of it, as interface object.
    """

    graph: str
    as_type: str
    keys: tuple[Selections, ...]


class Supergraph:
    """The composed graph. Immutable; derived look-ups are computed on first use and kept.

    roots: operation kind ("query", "mutation", "subscription") -> root type name.
    requirement_keys: internal keys of the fields with arguments that requirements name.
    costs: what `@cost` and `@listSize` say.
    access: what `@authenticated`, `@requiresScopes` and `@policy` say.
    """

    def __init__(
        self,
        *,
        graphs: Mapping[str, Graph],
        types: Mapping[str, TypeDefinition],
        roots: Mapping[str, str],
        api_schema: GraphQLSchema,
        requirement_keys: Mapping[tuple[str, str], str],
        sdl: str,
        costs: Costs | None = None,
        access: Access | None = None,
    ) -> None:
        self.graphs = graphs
        self.types = types
        self.roots = roots
        self.api_schema = api_schema
        self.requirement_keys = requirement_keys
        self.sdl = sdl
        self.costs = costs or Costs()
        self.access = access or Access()
        self._possible: dict[tuple[str, str], frozenset[str]] = {}
        self._possible_anywhere: dict[str, frozenset[str]] = {}
        self._entries: dict[str, tuple[Entry, ...]] = {}

    @cached_property
    def field_names(self) -> frozenset[str]:
        """Every field name of the graph: names that no internal key may take."""
        return frozenset(name for definition in self.types.values() for name in definition.fields)

    @cached_property
    def labels(self) -> frozenset[str]:
        """All override labels of the graph."""
        return frozenset[str]().union(*self._labelled.values())

    @cached_property
    def _labelled(self) -> Mapping[str, frozenset[str]]:
        """Names of the types with fields that depend on labels, with these."""
        found = {
            name: frozenset(
                source.override_label
                for known in definition.fields.values()
                for source in known.sources.values()
                if source.override_label is not None
            )
            for name, definition in self.types.items()
        }
        return {name: labels for name, labels in found.items() if labels}

    def under(self, labels: frozenset[str]) -> Supergraph:
        """The same graph with these override labels on; in this one all of them are off."""
        changed = {name: _relabelled(self.types[name], labels) for name, own in self._labelled.items() if own & labels}
        if not changed:
            return self
        view = Supergraph(
            graphs=self.graphs,
            types={**self.types, **changed},
            roots=self.roots,
            api_schema=self.api_schema,
            requirement_keys=self.requirement_keys,
            sdl=self.sdl,
            costs=self.costs,
            access=self.access,
        )
        # Which types there can be and how they are entered does not depend on who has which field.
        view._possible, view._possible_anywhere, view._entries = self._possible, self._possible_anywhere, self._entries
        return view

    def kind(self, type_name: str) -> Kind:
        return self.types[type_name].kind

    def field(self, type_name: str, field_name: str) -> FieldDefinition | None:
        definition = self.types.get(type_name)
        return definition.fields.get(field_name) if definition else None

    def source(self, type_name: str, field_name: str, graph: str) -> FieldSource | None:
        """The field as `graph` knows it on this type; None when it does not."""
        definition = self.field(type_name, field_name)
        return definition.sources.get(graph) if definition else None

    def is_root(self, type_name: str) -> bool:
        return type_name in self.roots.values()

    def is_interface_object(self, type_name: str, graph: str) -> bool:
        source = self.types[type_name].sources.get(graph)
        return source is not None and source.is_interface_object

    def possible(self, type_name: str, graph: str) -> frozenset[str]:
        """Runtime object types of a composite type in one subgraph.

        An interface object is its own, opaque, runtime type there: the set then holds the interface's name.
        """
        found = self._possible.get((type_name, graph))
        if found is None:
            found = self._possible[type_name, graph] = self._find_possible(type_name, graph)
        return found

    def _find_possible(self, type_name: str, graph: str) -> frozenset[str]:
        definition = self.types[type_name]
        if graph not in definition.sources:
            return frozenset()
        if definition.kind is Kind.OBJECT or definition.sources[graph].is_interface_object:
            return frozenset({type_name})
        if definition.kind is Kind.UNION:
            return definition.members.get(graph, frozenset())
        return frozenset(
            name
            for name, other in self.types.items()
            if other.kind is Kind.OBJECT and type_name in other.interfaces.get(graph, ())
        )

    def possible_anywhere(self, type_name: str) -> frozenset[str]:
        """Runtime object types of a composite type over all subgraphs."""
        found = self._possible_anywhere.get(type_name)
        if found is None:
            definition = self.types[type_name]
            names = {name for graph in definition.sources for name in self.possible(type_name, graph)}
            found = frozenset(name for name in names if self.types[name].kind is Kind.OBJECT)
            self._possible_anywhere[type_name] = found
        return found

    def entries(self, type_name: str) -> tuple[Entry, ...]:
        """Every way to enter an object of this type, in the order of the subgraphs."""
        found = self._entries.get(type_name)
        if found is None:
            found = self._entries[type_name] = tuple(self._find_entries(type_name))
        return found

    def _find_entries(self, type_name: str) -> list[Entry]:
        definition = self.types[type_name]
        if self.is_root(type_name):
            return [Entry(graph, type_name, ((),)) for graph in definition.sources]
        interfaces = sorted({name for names in definition.interfaces.values() for name in names})
        found: list[Entry] = []
        for as_type in (type_name, *interfaces):
            for graph, source in self.types[as_type].sources.items():
                keys = tuple(key.fields for key in source.keys if key.resolvable)
                if keys and (as_type == type_name or source.is_interface_object):
                    found.append(Entry(graph, as_type, keys))
        return found


def _relabelled(definition: TypeDefinition, labels: frozenset[str]) -> TypeDefinition:
    """The type once these labels are on: the new owners of its fields have them, the old ones no longer do."""
    fields = {
        name: replace(
            known,
            sources={
                graph: replace(source, external=source.override is None) if source.override_label in labels else source
                for graph, source in known.sources.items()
            },
        )
        for name, known in definition.fields.items()
    }
    return replace(definition, fields=fields)

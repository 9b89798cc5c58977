"""What the merge rules look at: where each element is defined, graph ids, subtyping across all subgraphs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from gateway.federation.compose.externals import key_fields, provided_fields, used_fields
from gateway.federation.compose.field_sets import Coordinate
from gateway.federation.compose.merged import Graph
from gateway.federation.compose.model import FieldDef, Kind, Place, Subgraph, TypeDef

Element = TypeVar("Element")


@dataclass(frozen=True, slots=True)
class TypeSource:
    """A type as one subgraph defines it."""

    subgraph: Subgraph
    type: TypeDef


@dataclass(frozen=True, slots=True)
class FieldSource:
    """A field as one subgraph defines it.

    used_overridden: another subgraph took it over, but this one still uses it: as good as external.
    label: of the progressive override that this source takes part in, on either side.
    """

    subgraph: Subgraph
    type: TypeDef
    field: FieldDef
    used_overridden: bool = False
    label: str | None = None

    @property
    def resolves(self) -> bool:
        """The subgraph can be asked for the field."""
        return not self.field.external and (not self.used_overridden or self.label is not None)

    @property
    def name(self) -> str:
        return self.subgraph.name

    @property
    def place(self) -> Place:
        return self.field.place


@dataclass(frozen=True, slots=True)
class MergeContext:
    """All subgraphs, sorted by name, and what follows from them together.

    graphs: by subgraph name. types: every definition of a type name, in subgraph order.
    used: by subgraph name, the fields its own keys, requires, provides and interfaces name; keyed and provided: those
        named by its keys, and by its provides.
    supertypes: type name to every interface and union that some subgraph puts it under.
    """

    subgraphs: Sequence[Subgraph]
    graphs: Mapping[str, Graph]
    types: Mapping[str, Sequence[TypeSource]]
    used: Mapping[str, set[Coordinate]]
    keyed: Mapping[str, set[Coordinate]]
    provided: Mapping[str, set[Coordinate]]
    supertypes: Mapping[str, set[str]]

    def is_subtype(self, sub: str, super_: str) -> bool:
        """Named types: `sub` implements or belongs to `super_` somewhere."""
        return super_ in self.supertypes.get(sub, ())

    def graph_id(self, subgraph: str) -> str:
        return self.graphs[subgraph].id

    def interface_object_sources(self, type_name: str, field_name: str) -> list[FieldSource]:
        """Where the field of an object type comes from through interface objects: sources of its interfaces."""
        return [
            FieldSource(source.subgraph, source.type, source.type.fields[field_name])
            for interface in sorted(self.supertypes.get(type_name, ()))
            for source in self.types[interface]
            if source.type.interface_object and field_name in source.type.fields
        ]

    def implementations(self, interface: str) -> list[str]:
        """Object types that implement the interface in some subgraph, sorted."""
        return sorted(
            name
            for name, found in self.supertypes.items()
            if interface in found and self.types[name][0].type.merged_kind is Kind.OBJECT
        )


def merge_context(subgraphs: Sequence[Subgraph]) -> MergeContext:
    """Look over the subgraphs, which must be sorted by name."""
    types: dict[str, list[TypeSource]] = {}
    supertypes: dict[str, set[str]] = {}
    for subgraph in subgraphs:
        for type_def in subgraph.types.values():
            types.setdefault(type_def.name, []).append(TypeSource(subgraph, type_def))
            supertypes.setdefault(type_def.name, set()).update(type_def.interfaces)
            for member in type_def.members:
                supertypes.setdefault(member, set()).add(type_def.name)
    return MergeContext(
        subgraphs=subgraphs,
        graphs={graph.name: graph for graph in name_graphs(subgraphs)},
        types=types,
        used={subgraph.name: used_fields(subgraph) for subgraph in subgraphs},
        keyed={subgraph.name: key_fields(subgraph) for subgraph in subgraphs},
        provided={subgraph.name: provided_fields(subgraph) for subgraph in subgraphs},
        supertypes=supertypes,
    )


def name_graphs(subgraphs: Sequence[Subgraph]) -> list[Graph]:
    """Ids for `join__Graph`: upper case, only letters, digits and `_`, distinct; numbered when they would clash."""
    bases = [_graph_base(subgraph.name) for subgraph in subgraphs]
    counts, numbers = Counter(bases), Counter[str]()
    graphs: list[Graph] = []
    for subgraph, base in zip(subgraphs, bases, strict=True):
        numbers[base] += 1
        graph_id = base if counts[base] == 1 else f"{base}_{numbers[base]}"
        graphs.append(Graph(graph_id, subgraph.name, subgraph.url))
    return graphs


def _graph_base(name: str) -> str:
    base = re.sub(r"[^A-Z0-9_]", "_", name.upper())
    if base[:1].isdigit():
        base = "_" + base
    return base + "_" if re.search(r"_\d+$", base) else base


def most_common(values: Sequence[Element]) -> Element:
    """The value that occurs most often; among equals the first."""
    return max(values, key=values.count)


def merged_description(descriptions: Sequence[str | None]) -> str | None:
    """The description most subgraphs give; the first of those given equally often."""
    given = [description for description in descriptions if description]
    return most_common(given) if given else None

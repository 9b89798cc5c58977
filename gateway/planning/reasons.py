"""Why a field cannot be had from a subgraph that has it, in words: the rules of `reach.py` and `reader.py`, told.

For messages only: nothing is decided here. What is said holds for one object: its type, and the subgraphs that hold it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from gateway.federation.selection import print_selections
from gateway.federation.supergraph import FieldSource, Supergraph


def fields_sources(type_name: str, field_name: str, supergraph: Supergraph) -> Iterator[tuple[str, str, FieldSource]]:
    """Every subgraph that declares a field of an object: (subgraph, the type it knows it on, the field there).

    The type is another than the object's where the field comes through an interface object.
    """
    definition = supergraph.types[type_name]
    interfaces = {name for names in definition.interfaces.values() for name in names}
    for as_type in (type_name, *sorted(interfaces)):
        known = supergraph.field(as_type, field_name)
        for graph, info in known.sources.items() if known else ():
            if as_type == type_name or supergraph.is_interface_object(as_type, graph):
                yield graph, as_type, info


def why_not_had(
    type_name: str, field_name: str, held: Collection[str], supergraph: Supergraph
) -> Iterator[tuple[str, str]]:
    """(subgraph, why it cannot give the field of an object held by these subgraphs), for each that has the field.

    Asked only where it is known that none of them can, or which of them cannot: those that could are told wrongly.
    """
    for graph, as_type, info in fields_sources(type_name, field_name, supergraph):
        if info.external and info.override_label is not None:
            yield graph, f'the override label "{info.override_label}" decides against "{graph}"'
        elif info.external:
            yield graph, f'in "{graph}" it is external'
        elif info.contexts:
            names = " and ".join(f'"{name}"' for name in sorted({argument.context for argument in info.contexts}))
            yield graph, f'"{graph}" needs the context {names}, which no object on the way here sets'
        elif info.requires and graph in held:
            yield graph, f'"{graph}" computes it from "{print_selections(info.requires)}", which cannot be had here'
        elif graph not in held:
            yield graph, _why_not_entered(type_name, graph, as_type, held, supergraph)


def _why_not_entered(type_name: str, graph: str, as_type: str, held: Collection[str], supergraph: Supergraph) -> str:
    entries = supergraph.entries(type_name)
    keys = [
        print_selections(key)
        for entry in entries
        if (entry.graph, entry.as_type) == (graph, as_type)
        for key in entry.keys
    ]
    if not keys:
        return f'"{graph}" has it, but no resolvable key of "{as_type}" to be entered by'
    quoted = " or ".join(f'"{key}"' for key in keys)
    return f'"{graph}" can be entered by {quoted} only, which cannot be had from {listed(sorted(held))}'


def listed(names: Collection[str]) -> str:
    """Names in quotes; without any, what an object at the root is held by."""
    return ", ".join(f'"{name}"' for name in names) or "the root"

"""Echoed keys: entities say whose they are, so that answers in a wrong order are noticed.

Problem: `_entities` promises results in the order of the representations. A subgraph that breaks it, or a connection on
which an answer belongs to another call, gives objects each other's fields, and nothing in the answer shows it.
Idea:    the key that an entity was asked by is selected, too, under an alias of its own. Execution compares.
Cost:    a few bytes for each entity; and the subgraph must be able to tell the key of an entity that it was given by
         that key, which some reference resolvers cannot. So it is the operator's choice, for each subgraph.
Left out: components of composite types, those of custom scalars and enums, which have more than one spelling, and
         those that are external to the subgraph.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from graphql import NamedTypeNode, NonNullTypeNode

from gateway.federation.supergraph import Supergraph
from gateway.operation.specialise import collect
from gateway.planning.draft import EntryDraft, FieldDraft, SelectionDraft, StepDraft

_COMPARABLE = frozenset(("ID", "String", "Int"))
_PREFIX = "key__"


def echo_keys(steps: Iterable[StepDraft], graphs: Collection[str], supergraph: Supergraph) -> None:
    """Select the keys of all entities that come from one of these subgraphs. Changes the steps."""
    for step in steps:
        if step.kind == "entities" and step.graph in graphs:
            for type_name, entry in step.entries.items():
                _echo(step, type_name, entry, supergraph)
        echo_keys(step.parts, graphs, supergraph)


def _echo(step: StepDraft, type_name: str, entry: EntryDraft, supergraph: Supergraph) -> None:
    selection = next((below for types, below in step.selection.by_type.items() if entry.as_type in types), None)
    if selection is None:
        return
    echoed: dict[str, str] = {}
    for name in _key_names(type_name, entry, supergraph):
        source = supergraph.source(entry.as_type, name, step.graph)
        if source is not None and not source.external and _is_comparable(source.type):
            key = _free_key(_PREFIX + name, name, selection)
            selection.fields[key] = FieldDraft(key, name, (), (), None)
            echoed[key] = name
    step.echoed[entry.as_type] = echoed


def _key_names(type_name: str, entry: EntryDraft, supergraph: Supergraph) -> list[str]:
    nodes = tuple(node for selections in entry.keys for node in selections)
    names = [field.name for field in collect(nodes, type_name, supergraph) if not field.selections]
    names += [argument.name for argument in entry.from_arguments]
    return [name for name in dict.fromkeys(names) if not name.startswith("__")]


def _is_comparable(type_: object) -> bool:
    named = type_.type if isinstance(type_, NonNullTypeNode) else type_
    return isinstance(named, NamedTypeNode) and named.name.value in _COMPARABLE


def _free_key(wanted: str, name: str, selection: SelectionDraft) -> str:
    """An internal key that no other field here has."""
    key = wanted
    while key in selection.fields and selection.fields[key].name != name:
        key += "_"
    return key

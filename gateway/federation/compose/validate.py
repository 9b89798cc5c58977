"""Checking the subgraphs before they are merged, after the upgrade."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.federation.compose.context import context_problems
from gateway.federation.compose.model import ROOT_NAMES, Subgraph
from gateway.federation.compose.positions import problem
from gateway.federation.compose.upgrade import is_federation_1
from gateway.federation.compose.validate_costs import cost_problems
from gateway.federation.compose.validate_field_sets import field_set_problems
from gateway.federation.compose.validate_interfaces import entity_interface_problems, interface_problems
from gateway.federation.compose.validate_lookups import lookup_problems
from gateway.federation.compose.validate_marks import mark_problems
from gateway.federation.errors import Problem


def subgraph_problems(subgraphs: Sequence[Subgraph]) -> Iterator[Problem]:
    """Every fault that a subgraph has by itself, subgraph by subgraph."""
    for subgraph in subgraphs:
        yield from field_set_problems(subgraph)
        yield from mark_problems(subgraph)
        yield from interface_problems(subgraph)
        yield from lookup_problems(subgraph)
        yield from cost_problems(subgraph)
        yield from context_problems(subgraph)


def graph_problems(subgraphs: Sequence[Subgraph]) -> Iterator[Problem]:
    """Every fault that shows between subgraphs before anything is merged."""
    yield from _extensions_without_base(subgraphs)
    yield from entity_interface_problems(subgraphs)


def _extensions_without_base(subgraphs: Sequence[Subgraph]) -> Iterator[Problem]:
    """A type that is only ever extended. In Federation 1, @extends is an extension too."""
    based = {
        type_def.name
        for subgraph in subgraphs
        for type_def in subgraph.types.values()
        if not type_def.extension and not (type_def.extends and is_federation_1(subgraph))
    }
    for subgraph in subgraphs:
        for type_def in subgraph.types.values():
            if type_def.name not in based and type_def.name not in ROOT_NAMES:
                message = f'"{type_def.name}" is extended, but no subgraph defines it. Define it in one of them.'
                yield problem(subgraph.name, type_def.place, "EXTENSION_WITH_NO_BASE", message)

"""What tests of reading supergraphs look at."""

from __future__ import annotations

import pytest

from gateway.federation.errors import SchemaError
from gateway.federation.read_supergraph import load_supergraph
from gateway.federation.selection import print_selections
from gateway.federation.supergraph import Supergraph
from tests.unit.supergraphs import load


def codes_of(sdl: str) -> list[str]:
    """The codes with which a file is refused."""
    with pytest.raises(SchemaError) as refused:
        load_supergraph(sdl)
    return [problem.code for problem in refused.value.problems]


def keys_of(supergraph: Supergraph, type_name: str, graph: str) -> list[tuple[str, bool]]:
    """(fields, resolvable) of each key."""
    keys = supergraph.types[type_name].sources[graph].keys
    return [(print_selections(key.fields), key.resolvable) for key in keys]


def item_field(field: str, **options: str) -> Supergraph:
    """A supergraph with one field on `Item`, which lives in a and b."""
    return load(
        "type Query @join__type(graph: A) @join__type(graph: B) { item: Item }"
        f" type Item @join__type(graph: A) @join__type(graph: B) {{ other: Int {field} }}",
        **options,
    )

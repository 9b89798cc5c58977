"""Requests grow with the plan, not with what it unfolds to: types times types at every level would be exponential."""

from __future__ import annotations

import pytest
from graphql import FieldNode, Visitor, parse, visit

from tests.support.gateway import Gateway
from tests.support.scenario import FEDERATION_2, Scenario
from tests.support.world import World

TYPES = 8


def _nested(types: int) -> Scenario:
    """Types behind an interface that returns itself; each has a field of its own, and one in another subgraph."""
    names = [f"N{i}" for i in range(types)]
    own = "".join(
        f'type {name} implements Node @key(fields: "id") {{ id: ID! next: Node p{i}: Int! }}\n'
        for i, name in enumerate(names)
    )
    other = "".join(f'type {name} @key(fields: "id") {{ id: ID! q: Int }}\n' for name in names)
    interface = "interface Node { id: ID! next: Node }\n"
    api = "".join(f"type {n} implements Node {{ id: ID! next: Node p{i}: Int! q: Int }}\n" for i, n in enumerate(names))
    return Scenario(
        name=f"{types} types",
        subgraphs={
            "tree": f"{FEDERATION_2} type Query {{ root: Node }} {interface} {own}",
            "more": f"{FEDERATION_2} {other}",
        },
        api=f"type Query {{ root: Node }} {interface} {api}",
        world=World(),
    )


def _query(depth: int, types: int, *, jumps: bool) -> str:
    """One level below the other, each with a fragment on every type."""
    selection = "id"
    for _ in range(depth):
        fragments = " ".join(f"... on N{i} {{ p{i} {'q' if jumps else ''} }}" for i in range(types))
        selection = f"{fragments} next {{ {selection} }}"
    return f"{{ root {{ {selection} }} }}"


class _Counting(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.fields = 0

    def enter_field(self, node: FieldNode, *_: object) -> None:
        self.fields += 1


def _fields(text: str) -> int:
    counting = _Counting()
    visit(parse(text), counting)
    return counting.fields


def _asked(scenario: Scenario, query: str) -> int:
    """The fields in all requests of the query's plan."""
    return sum(_fields(step.document) for step in Gateway(scenario).plan(query).steps)


@pytest.mark.parametrize("jumps", [False, True], ids=["in one subgraph", "with a jump at each level"])
def test_requests_grow_with_the_depth_of_the_query(jumps: bool) -> None:
    """A level more costs as much as the levels before it: with eight types, unfolding would make it eight times all."""
    scenario = _nested(TYPES)
    sizes = [_asked(scenario, _query(depth, TYPES, jumps=jumps)) for depth in (2, 4, 6)]
    assert sizes[2] - sizes[1] <= 1.25 * (sizes[1] - sizes[0])
    assert sizes[2] <= 5 * _fields(_query(6, TYPES, jumps=jumps))


@pytest.mark.parametrize("jumps", [False, True], ids=["in one subgraph", "with a jump at each level"])
def test_requests_grow_with_the_number_of_types(jumps: bool) -> None:
    """Twice the types cost twice as much, at four levels."""
    sizes = [_asked(_nested(types), _query(4, types, jumps=jumps)) for types in (4, 8)]
    assert sizes[1] <= 2.5 * sizes[0]

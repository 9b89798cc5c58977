"""Which runtime types have the same plan."""

from __future__ import annotations

import pytest

from gateway.operation.specialise import specialise
from gateway.planning.signature import Signatures
from gateway.planning.solver import Solver
from tests.unit.supergraphs import load, operation

GRAPH = load(
    """
    type Query @join__type(graph: A) @join__type(graph: B) @join__type(graph: C) { node: Node @join__field(graph: A) }
    interface Node @join__type(graph: A) {
      id: ID! far: Int size: Float inner: Inner arg(n: Int): Int need: Int
    }
    type W implements Node @join__implements(graph: A, interface: "Node") @join__type(graph: A, key: "id")
      @join__type(graph: B, key: "id") {
      id: ID! far: Int @join__field(graph: B) size: Float @join__field(graph: A) inner: Inner @join__field(graph: A)
      arg(n: Int): Int @join__field(graph: A) @join__field(graph: B, external: true)
      need: Int @join__field(graph: B, requires: "arg(n: 1)")
    }
    type X implements Node @join__implements(graph: A, interface: "Node") @join__type(graph: A, key: "id")
      @join__type(graph: B, key: "id") {
      id: ID! far: Int @join__field(graph: B) size: Float @join__field(graph: A) inner: Inner @join__field(graph: A)
      arg(n: Int): Int @join__field(graph: A) @join__field(graph: B, external: true)
      need: Int @join__field(graph: B, requires: "arg(n: 1)")
    }
    type Y implements Node @join__implements(graph: A, interface: "Node") @join__type(graph: A, key: "id")
      @join__type(graph: C, key: "id") @join__type(graph: B, key: "id") {
      id: ID! far: Int @join__field(graph: C) size: Float @join__field(graph: A, type: "Float!")
      inner: Inner @join__field(graph: A)
      arg(n: Int): Int @join__field(graph: A) @join__field(graph: B, external: true)
      need: Int @join__field(graph: B, requires: "arg(n: 2)")
    }
    interface Inner @join__type(graph: A) { id: ID! }
    type I implements Inner @join__implements(graph: A, interface: "Inner") @join__type(graph: A) { id: ID! i: Int }
    type J implements Inner @join__implements(graph: A, interface: "Inner") @join__type(graph: A) { id: ID! j: Int }
    """
)


def groups(selection: str) -> list[str]:
    """The groups of the types of `node`, each as its types."""
    text = f"{{ node {{ {selection} }} }}"
    solved = Solver(GRAPH).solve("Query", specialise(operation(text, GRAPH), {}), ())
    assert solved is not None
    child = solved.items[0].child
    assert child is not None
    return [",".join(sorted(types)) for types, _ in Signatures(GRAPH).groups(child.by_type)]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        pytest.param("id", ["W,X,Y"], id="the same everywhere"),
        pytest.param("__typename", ["W,X,Y"], id="nothing to fetch"),
        pytest.param("far", ["W,X", "Y"], id="another subgraph"),
        pytest.param("size", ["W,X", "Y"], id="another type there"),
        pytest.param("need", ["W,X", "Y"], id="another requirement"),
        pytest.param("id ... on W { size }", ["W", "X,Y"], id="other fields"),
        pytest.param("... on W { a: arg(n: 1) } ... on X { a: arg(n: 2) }", ["W", "X", "Y"], id="other arguments"),
        pytest.param("... on W { id size } ... on X { size id }", ["W", "X", "Y"], id="another order"),
        pytest.param("inner { id }", ["W,X,Y"], id="the same below"),
        pytest.param("inner { id } ... on W { inner { ... on I { i } } }", ["W", "X,Y"], id="others below"),
        pytest.param("inner { id } ... on W { inner { id } }", ["W,X,Y"], id="the same, written twice"),
    ],
)
def test_types_are_put_together_when_their_plans_differ_in_their_name_only(selection: str, expected: list[str]):
    assert groups(selection) == expected


def test_a_group_is_represented_by_one_of_its_plans():
    solved = Solver(GRAPH).solve("Query", specialise(operation("{ node { far } }", GRAPH), {}), ())
    assert solved is not None
    child = solved.items[0].child
    assert child is not None
    for types, found in Signatures(GRAPH).groups(child.by_type):
        assert found.type in types
        assert found in child.by_type

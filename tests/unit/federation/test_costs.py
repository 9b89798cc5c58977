"""Costs: what a supergraph's @cost and @listSize say, under whatever names it links them."""

from __future__ import annotations

import pytest

from gateway.federation.costs import Costs, ListSize
from tests.unit.supergraphs import load

URL = 'url: "https://specs.apollo.dev/cost/v0.1"'
EVERYWHERE = """
    type Query @join__type(graph: A) {
      a(x: Int @COST(weight: 2), f: F): T @COST(weight: 3)
      b: [T] @SIZE(assumedSize: 7)
      c(first: Int): [T] @SIZE(slicingArguments: ["first"], sizedFields: ["d"])
      e(first: Int): [T] @SIZE(slicingArguments: ["first"], requireOneSlicingArgument: false)
    }
    type T @join__type(graph: A) @COST(weight: 4) { d: [Int] }
    enum E @join__type(graph: A) @COST(weight: 5) { X @join__enumValue(graph: A) }
    scalar S @join__type(graph: A) @COST(weight: -6)
    input F @join__type(graph: A) { g: S @COST(weight: 8) h: E }
"""


@pytest.mark.parametrize(
    ("link", "cost", "size"),
    [
        (f'@link({URL}, import: ["@listSize"])', "cost", "listSize"),
        (f"@link({URL})", "cost", "cost__listSize"),
        (f'@link({URL}, as: "price", import: [{{name: "@listSize", as: "@long"}}])', "price", "long"),
    ],
)
def test_every_place_is_read_by_its_coordinate(link: str, cost: str, size: str) -> None:
    """Fields, arguments, objects, enums, scalars, input fields; the link says what the directives are called."""
    graph = load(EVERYWHERE.replace("COST", cost).replace("SIZE", size), links=link)
    assert graph.costs == Costs(
        weights={"Query.a": 3, "Query.a(x:)": 2, "T": 4, "E": 5, "S": -6, "F.g": 8},
        sizes={
            "Query.b": ListSize(assumed=7),
            "Query.c": ListSize(slicing=("first",), sized=("d",), one_only=True),
            "Query.e": ListSize(slicing=("first",)),
        },
    )


def test_without_the_link_the_names_mean_nothing() -> None:
    """Another specification may call a directive of its own `cost`."""
    assert load("type Query @join__type(graph: A) { a: Int @cost(weight: 3) }").costs == Costs()

"""@skip and @include: a field behind a false condition costs nothing, nor does what it requires."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.checks import check
from tests.support.fakes import Faults
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

ORCHARD = Scenario(
    name="orchard",
    subgraphs={
        "trees": FEDERATION_2
        + """
        type Query { tree: Tree }
        type Tree @key(fields: "id") { id: ID! species: String height: Int }
        """,
        "yield": FEDERATION_2
        + """
        type Tree @key(fields: "id") { id: ID! height: Int @external crop: Int @requires(fields: "height") }
        """,
        "market": FEDERATION_2
        + """
        type Tree @key(fields: "id") {
          id: ID!
          crop: Int @external
          revenue: Int @requires(fields: "crop")
          owner: String
        }
        """,
    },
    api="""
    type Query { tree: Tree }
    type Tree { id: ID! species: String height: Int crop: Int revenue: Int owner: String }
    """,
    world=World({"Tree": {"t1": {}}}, query={"tree": "t1"}),
)

QUERY = """
query($on: Boolean = false, $off: Boolean!) {
  tree { species revenue @include(if: $on) worth: revenue @skip(if: $off) }
}
"""
CHAIN = ["1 trees", "2 yield at tree after trees", "3 market at tree after yield"]


def case(name: str, query: str, variables: Mapping[str, Any], plan: list[str]) -> Case:
    """A case in which the subgraphs outside the plan break if they are asked."""
    used = {line.split()[1] for line in plan}
    breaking = Faults(field_errors={"Tree.crop": "asked", "Tree.revenue": "asked", "Tree.owner": "asked"})
    faults = {name: breaking for name in ORCHARD.subgraphs if name not in used}
    requests = {name: sum(line.split()[1] == name for line in plan) for name in used}
    return Case(name=name, query=query, variables=variables, plan=plan, faults=faults, requests=requests)


CASES = [
    case("both conditions false", QUERY, {"off": True}, ["1 trees"]),
    case("include is true", QUERY, {"on": True, "off": True}, CHAIN),
    case("skip is false", QUERY, {"on": False, "off": False}, CHAIN),
    case("both at once", QUERY, {"on": True, "off": False}, CHAIN),
    case("literals", "{ tree { id revenue @include(if: false) crop @skip(if: true) } }", {}, ["1 trees"]),
    case(
        "on a fragment",
        "query($on: Boolean!) { tree { id ... @include(if: $on) { revenue } } }",
        {"on": False},
        ["1 trees"],
    ),
    case(
        "on a spread",
        "query($on: Boolean!) { tree { id ...Money @include(if: $on) } } fragment Money on Tree { revenue crop }",
        {"on": False},
        ["1 trees"],
    ),
    case(
        "one condition true and the other false",
        "query($a: Boolean!, $b: Boolean!) { tree { crop @include(if: $a) owner @skip(if: $b) } }",
        {"a": True, "b": True},
        ["1 trees", "2 yield at tree after trees"],
    ),
    case(
        "skip and include on one field",
        "query($a: Boolean!) { tree { id crop @include(if: $a) @skip(if: $a) } }",
        {"a": True},
        ["1 trees"],
    ),
    case("an object of which nothing is left", "{ tree { id @skip(if: true) } }", {}, ["1 trees"]),
    case("nothing is left", "query($a: Boolean!) { tree @include(if: $a) { id crop } }", {"a": False}, []),
    case(
        "the same field with and without a condition",
        "query($a: Boolean!) { tree { crop @include(if: $a) crop } }",
        {"a": False},
        ["1 trees", "2 yield at tree after trees"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_false_conditions_cost_nothing(case: Case) -> None:
    """True conditions fetch everything behind them, false ones nothing at all."""
    await check(ORCHARD, case)

"""@requires and @provides together, nested and repeated; the same entity on different paths; recursion."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World, find

pytestmark = pytest.mark.anyio

BAKERY = Scenario(
    name="bakery",
    subgraphs={
        "range": FEDERATION_2
        + """
        type Query { loaves: [Loaf!]! loaf(upc: ID!): Loaf }
        type Loaf @key(fields: "upc") { upc: ID! title: String price: Int weight: Int }
        """,
        "bakers": FEDERATION_2
        + """
        type Query { me: Baker }
        type Baker @key(fields: "id") { id: ID! nick: String @shareable age: Int }
        """,
        "delivery": FEDERATION_2
        + """
        type Loaf @key(fields: "upc") {
          upc: ID!
          price: Int @external
          weight: Int @external
          fee: Int @requires(fields: "price weight")
          boxes: Int @requires(fields: "weight")
          fresh: Boolean
        }
        """,
        "notes": FEDERATION_2
        + """
        type Query { notes: [Note!]! }
        type Note @key(fields: "id") {
          id: ID!
          text: String
          by: Baker @provides(fields: "nick")
          loaf: Loaf!
        }
        type Baker @key(fields: "id") { id: ID! nick: String @external notes: [Note!] }
        type Loaf @key(fields: "upc") { upc: ID! notes: [Note!] }
        """,
    },
    api="""
    type Query { loaves: [Loaf!]! loaf(upc: ID!): Loaf me: Baker notes: [Note!]! }
    type Loaf { upc: ID! title: String price: Int weight: Int fee: Int boxes: Int fresh: Boolean notes: [Note!] }
    type Baker { id: ID! nick: String age: Int notes: [Note!] }
    type Note { id: ID! text: String by: Baker loaf: Loaf! }
    """,
    world=World(
        {
            "Loaf": {
                "rye": {"upc": "rye", "notes": ["n1", "n2"], "weight": 1100},
                "bun": {"upc": "bun", "notes": ["n3"], "weight": None},
                "tin": {"upc": "tin", "notes": []},
            },
            "Baker": {"b1": {"notes": ["n1", "n3"]}, "b2": {"notes": ["n2"]}},
            "Note": {
                "n1": {"by": "b1", "loaf": "rye"},
                "n2": {"by": "b2", "loaf": "rye"},
                "n3": {"by": "b1", "loaf": "bun"},
            },
        },
        query={
            "loaves": ["rye", "bun", "tin"],
            "loaf": find("Loaf", upc="upc"),
            "me": "b1",
            "notes": ["n1", "n2", "n3"],
        },
    ),
)

CASES = [
    Case(
        name="a requirement that is there already costs one jump",
        query="{ loaves { fee } }",
        plan=["1 range", "2 delivery at loaves after range"],
    ),
    Case(
        name="two requiring fields of one subgraph share the jump",
        query="{ loaves { fee boxes fresh weight } }",
        plan=["1 range", "2 delivery at loaves after range"],
        requests={"range": 1, "delivery": 1},
    ),
    Case(
        name="a requirement that is elsewhere costs two",
        query="{ notes { loaf { fee } } }",
        plan=["1 notes", "2 range at notes/loaf after notes", "3 delivery at notes/loaf after range"],
    ),
    Case(
        name="a field beside it that requires nothing does not wait",
        query="{ notes { loaf { fresh } } }",
        plan=["1 notes", "2 delivery at notes/loaf after notes"],
    ),
    Case(name="a provided field is taken on the spot", query="{ notes { by { id nick } } }", plan=["1 notes"]),
    Case(
        name="a field that is not provided is fetched",
        query="{ notes { by { nick age } } }",
        plan=["1 notes", "2 bakers at notes/by after notes"],
    ),
    Case(
        name="what is provided on one path is fetched on another",
        query="{ me { nick notes { by { nick } loaf { notes { by { nick } } } } } }",
        plan=["1 bakers", "2 notes at me after bakers"],
    ),
    Case(
        name="the same entity on two paths is right on both",
        query='{ loaf(upc: "rye") { fee notes { loaf { fee title } } } notes { loaf { boxes } } }',
    ),
    Case(
        name="through the same types again and again",
        query="""{
          me { notes { loaf { fee notes { by { age notes { loaf { boxes title } } } } } } }
        }""",
    ),
    Case(
        name="null is a value for a requirement",
        query='{ loaf(upc: "bun") { fee boxes weight } }',
        then=lambda fakes: _first_representation(
            fakes["delivery"].requests[0].representations, {"upc": "bun", "weight": None}
        ),
    ),
]


def _first_representation(representations: list[dict[str, object]], part: dict[str, object]) -> None:
    assert len(representations) == 1
    assert part.items() <= representations[0].items()


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_requires_and_provides(case: Case) -> None:
    """Requirements are complete, provided fields are used, on every path."""
    await check(BAKERY, case)

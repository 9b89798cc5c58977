"""@external in Federation 1 and 2, on `extend type` and on @extends: what an extension serves and what it does not."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

FEDERATION_1 = ""


def kitchen(name: str, header: str, dish: str) -> Scenario:
    """The same two subgraphs; header and the way to say "extension" vary. dish: how the type is introduced."""
    return Scenario(
        name=name,
        subgraphs={
            "menu": header
            + f"""
            type Query {{ dishes: [Dish!]! }}
            type Dish @key(fields: "id") {{ id: ID! title: String! {"@shareable" if header else ""} chef: String }}
            """,
            "orders": header
            + dish
            + """ @key(fields: "id") {
              id: ID! @external
              title: String! @external
              sold: Int
            }
            type Query { popular: [Dish!]! special: Dish @provides(fields: "title") }
            """,
        },
        api="""
        type Query { dishes: [Dish!]! popular: [Dish!]! special: Dish }
        type Dish { id: ID! title: String! chef: String sold: Int }
        """,
        world=World({"Dish": {"d1": {}, "d2": {}}}, query={"dishes": ["d1"], "popular": ["d2", "d1"], "special": "d2"}),
    )


KITCHENS = [
    kitchen("fed1 extends", FEDERATION_1, "type Dish @extends"),
    kitchen("fed1 extension", FEDERATION_1, "extend type Dish"),
    kitchen("fed2 extends", FEDERATION_2, "type Dish @extends"),
    kitchen("fed2 extension", FEDERATION_2, "extend type Dish"),
]

CASES = [
    Case(name="the external key is readable", query="{ popular { id sold } }", plan=["1 orders"]),
    Case(
        name="other external fields need a jump",
        query="{ popular { id title sold } }",
        plan=["1 orders", "2 menu at popular after orders"],
    ),
    Case(name="a provided external field needs none", query="{ special { title sold } }", plan=["1 orders"]),
    Case(
        name="beside a provided field the others still need one",
        query="{ special { title chef } }",
        plan=["1 orders", "2 menu at special after orders"],
    ),
    Case(
        name="the extension is entered by the key it marks external",
        query="{ dishes { title sold } }",
        plan=["1 menu", "2 orders at dishes after menu"],
    ),
]


@pytest.mark.parametrize("scenario", KITCHENS, ids=lambda s: s.name)
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_external_fields_of_an_extension(scenario: Scenario, case: Case) -> None:
    """Key fields of an extension are served; its other external fields only where they are provided."""
    await check(scenario, case)


TOOLS = Scenario(
    name="tools",
    subgraphs={
        "catalog": """
        type Query { tools: [Tool!]! }
        type Tool @key(fields: "upc") @key(fields: "sku maker { id }") {
          upc: ID! sku: ID! maker: Maker! title: String
        }
        type Maker { id: ID! }
        """,
        "depot": """
        extend type Query { scarce: [Tool!]! }
        extend type Tool @key(fields: "sku maker { id }") @key(fields: "upc") {
          upc: ID! @external
          sku: ID! @external
          maker: Maker! @external
          left: Int
        }
        type Maker { id: ID! }
        """,
    },
    api="""
    type Query { tools: [Tool!]! scarce: [Tool!]! }
    type Tool { upc: ID! sku: ID! maker: Maker! title: String left: Int }
    type Maker { id: ID! }
    """,
    world=World(
        {
            "Tool": {
                "t1": {"upc": "u1", "sku": "s1", "maker": {"id": "m1"}},
                "t2": {"upc": "u2", "sku": "s1", "maker": {"id": "m2"}},
            }
        },
        query={"tools": ["t1", "t2"], "scarce": ["t2"]},
    ),
)

TOOLS_CASES = [
    Case(
        name="all fields of both keys are served by the extension",
        query="{ scarce { upc sku maker { id } left } }",
        plan=["1 depot"],
    ),
    Case(
        name="out of the extension",
        query="{ scarce { title left } }",
        plan=["1 depot", "2 catalog at scarce after depot"],
    ),
    Case(
        name="into the extension",
        query="{ tools { left title } }",
        plan=["1 catalog", "2 depot at tools after catalog"],
    ),
]


@pytest.mark.parametrize("case", TOOLS_CASES, ids=str)
async def test_external_fields_used_in_keys(case: Case) -> None:
    """Federation 1: a compound and an alternative key, all their fields external, all of them served."""
    await check(TOOLS, case)


LODGE = Scenario(
    name="lodge",
    subgraphs={
        "session": FEDERATION_2
        + """
        type Query { visitor: Visitor }
        extend type Visitor @key(fields: "id") { id: ID! @external nights: Int }
        """,
        "register": FEDERATION_2
        + """
        type Visitor @key(fields: "id") @key(fields: "room") { id: ID! room: ID! surname: String }
        """,
        "lift": FEDERATION_2
        + """
        type Query { lastRider: Visitor }
        type Visitor @key(fields: "id") @key(fields: "room") { id: ID! @external room: ID! @shareable rides: Int }
        """,
    },
    api="""
    type Query { visitor: Visitor lastRider: Visitor }
    type Visitor { id: ID! nights: Int room: ID! surname: String rides: Int }
    """,
    world=World({"Visitor": {"v1": {"room": "12"}}}, query={"visitor": "v1", "lastRider": "v1"}),
)

LODGE_CASES = [
    Case(name="an extension of federation 2 serves its external key", query="{ visitor { id } }", plan=["1 session"]),
    Case(
        name="and it leads out",
        query="{ visitor { surname nights } }",
        plan=["1 session", "2 register at visitor after session"],
    ),
    Case(
        name="a plain type is entered by its external key",
        query="{ visitor { rides } }",
        plan=["1 session", "2 lift at visitor after session"],
    ),
    Case(
        name="a plain type never gives its external key back",
        query="{ lastRider { id rides } }",
        plan=["1 lift", "2 register at lastRider after lift"],
    ),
]


@pytest.mark.parametrize("case", LODGE_CASES, ids=str)
async def test_external_key_of_federation_2(case: Case) -> None:
    """On an extension the external key is served; on a plain type it is a way in and no way out."""
    await check(LODGE, case)

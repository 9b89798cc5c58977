"""Objects without a key of their own: a shared root field or a re-entered parent completes them."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.fakes import Faults
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio


FLOUR = (500, 350, 250)


def _recipe_part(fields: str) -> str:
    return (
        FEDERATION_2
        + f"""
        type Query {{ recipe: Recipe @shareable recipes: [Recipe!]! @shareable }}
        type Recipe @shareable {{ {fields} }}
        """
    )


RECIPES = Scenario(
    name="recipes",
    subgraphs={
        "texts": _recipe_part("title: String text: Text") + "type Text @shareable { short: String }",
        "pantry": _recipe_part("title: String flour: Int"),
        "nutrition": _recipe_part("energy: Int text: Text") + "type Text @shareable { long: String }",
    },
    api="""
    type Query { recipe: Recipe recipes: [Recipe!]! }
    type Recipe { title: String text: Text flour: Int energy: Int }
    type Text { short: String long: String }
    """,
    world=World(
        {
            "Recipe": {
                label: {"text": text, "flour": flour, "energy": flour + 1}
                for label, text, flour in zip(("r1", "r2", "r3"), ({}, None, {}), FLOUR, strict=True)
            }
        },
        query={"recipe": "r1", "recipes": ["r1", "r2", "r3"]},
    ),
)

RECIPES_CASES = [
    Case(name="one subgraph has it all", query="{ recipe { title flour } }", plan=["1 pantry"]),
    Case(name="two are asked at once", query="{ recipe { flour energy } }", plan=["1 pantry", "1 nutrition"]),
    Case(
        name="three are asked at once",
        query="{ recipe { title flour energy text { short long } } }",
        plan=["1 texts", "1 pantry", "1 nutrition"],
    ),
    Case(
        name="lists are merged by index",
        query="{ recipes { energy flour text { short long } } }",
        plan=["1 texts", "1 pantry", "1 nutrition"],
    ),
    Case(
        name="an item that one of them lacks keeps what the others know",
        query="{ recipes { flour energy } }",
        faults={"nutrition": Faults(spoil=lambda data: {"recipes": [None, *data["recipes"][1:]]})},
        data={"recipes": [{"flour": FLOUR[0], "energy": None}, *({"flour": f, "energy": f + 1} for f in FLOUR[1:])]},
    ),
    Case(
        name="whichever of them it is",
        query="{ recipes { flour energy } }",
        faults={"pantry": Faults(spoil=lambda data: {"recipes": [None, *data["recipes"][1:]]})},
        data={
            "recipes": [{"flour": None, "energy": FLOUR[0] + 1}, *({"flour": f, "energy": f + 1} for f in FLOUR[1:])]
        },
    ),
    Case(
        name="an object that one of them lacks keeps what the others know",
        query="{ recipe { energy text { short long } } }",
        faults={"nutrition": Faults(spoil=lambda data: {"recipe": {**data["recipe"], "text": None}})},
        data={"recipe": {"energy": FLOUR[0] + 1, "text": {"short": "Text:r1/text.short", "long": None}}},
    ),
    Case(name="a shared part is asked of whoever is asked anyway", query="{ recipes { title energy } }"),
]


@pytest.mark.parametrize("case", RECIPES_CASES, ids=str)
async def test_shared_root_fields(case: Case) -> None:
    """A value type spread over subgraphs is asked of all of them and merged."""
    await check(RECIPES, case)


HOUSES = Scenario(
    name="houses",
    subgraphs={
        "land": FEDERATION_2
        + """
        type Query { houses: [House!]! }
        type House @key(fields: "id") { id: ID! street: String garden: Garden @shareable }
        type Garden @shareable { size: Int pond: Pond }
        type Pond @shareable { depth: Int }
        """,
        "plants": FEDERATION_2
        + """
        type Query { greenest: House }
        type House @key(fields: "id") { id: ID! garden: Garden @shareable }
        type Garden @shareable { trees: Int pond: Pond }
        type Pond @shareable { lilies: Int }
        """,
        "owners": FEDERATION_2
        + """
        type Query { owner: Owner }
        type Owner { name: String house: House }
        type House @key(fields: "id") { id: ID! price: Int }
        """,
    },
    api="""
    type Query { houses: [House!]! greenest: House owner: Owner }
    type House { id: ID! street: String garden: Garden price: Int }
    type Garden { size: Int trees: Int pond: Pond }
    type Pond { depth: Int lilies: Int }
    type Owner { name: String house: House }
    """,
    world=World(
        {"House": {"h1": {"garden": {"pond": {}}}, "h2": {"garden": {"pond": None}}, "h3": {"garden": None}}},
        query={"houses": ["h1", "h2", "h3"], "greenest": "h1", "owner": {"name": "Kim", "house": "h2"}},
    ),
)

HOUSES_CASES = [
    Case(name="the child is all here", query="{ houses { garden { size } } }", plan=["1 land"]),
    Case(
        name="the child is completed by way of its parent",
        query="{ houses { garden { size trees } } }",
        plan=["1 land", "2 plants at houses after land"],
    ),
    Case(
        name="two levels below",
        query="{ greenest { garden { pond { lilies depth } trees } } }",
        plan=["1 plants", "2 land at greenest after plants"],
    ),
    Case(
        name="both parts are elsewhere",
        query="{ owner { name house { price garden { size trees pond { depth } } } } }",
        plan=["1 owners", "2 land at owner/house after owners", "2 plants at owner/house after owners"],
    ),
]


@pytest.mark.parametrize("case", HOUSES_CASES, ids=str)
async def test_children_without_key(case: Case) -> None:
    """A keyless child is taken again from its parent entity in another subgraph."""
    await check(HOUSES, case)


STUDIOS = Scenario(
    name="studios",
    subgraphs={
        "rooms": FEDERATION_2
        + """
        type Query { session: Session }
        type Session @key(fields: "id") { id: ID! desk: Desk! @shareable }
        type Desk @shareable { channels: Int }
        """,
        "rental": FEDERATION_2
        + """
        type Session @key(fields: "id") { id: ID! @external desk: Desk! @shareable }
        type Desk @key(fields: "serial") { serial: ID! }
        """,
        "service": FEDERATION_2
        + """
        type Desk @key(fields: "serial") { serial: ID! checked: String maker: Maker }
        type Maker { name: String }
        """,
    },
    api="""
    type Query { session: Session }
    type Session { id: ID! desk: Desk! }
    type Desk { channels: Int serial: ID! checked: String maker: Maker }
    type Maker { name: String }
    """,
    world=World(
        {
            "Session": {"s1": {"desk": "d1"}},
            "Desk": {"d1": {"serial": "d1", "maker": {}}},
        },
        query={"session": "s1"},
    ),
)

STUDIOS_CASES = [
    Case(
        name="the child's key comes by way of the parent",
        query="{ session { desk { channels checked } } }",
        plan=["1 rooms", "2 rental at session after rooms", "3 service at session/desk after rental"],
    ),
    Case(
        name="a key that only lets in is no hindrance",
        query="{ session { id desk { serial maker { name } } } }",
        plan=["1 rooms", "2 rental at session after rooms", "3 service at session/desk after rental"],
    ),
]


@pytest.mark.parametrize("case", STUDIOS_CASES, ids=str)
async def test_a_key_obtainable_only_through_another_parent(case: Case) -> None:
    """The parent is entered in a second subgraph for the child's key, with a key that cannot be read back there."""
    await check(STUDIOS, case)

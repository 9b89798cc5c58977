"""Requirements that need requirements: over four subgraphs, through hidden fields, round in a ring without a cycle."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

FLIGHTS = Scenario(
    name="flights",
    subgraphs={
        "routes": FEDERATION_2
        + """
        type Query { flights: [Flight!]! }
        type Flight @key(fields: "id") { id: ID! distance: Int }
        """,
        "fuel": FEDERATION_2
        + """
        type Flight @key(fields: "id") {
          id: ID!
          distance: Int @external
          litres: Int @requires(fields: "distance") @inaccessible
        }
        """,
        "fares": FEDERATION_2
        + """
        type Query { cheapest: Flight }
        type Flight @key(fields: "id") {
          id: ID!
          litres: Int @external
          distance: Int @external
          fare: Int @requires(fields: "litres")
          isLong: Boolean @requires(fields: "distance")
        }
        """,
        "offers": FEDERATION_2
        + """
        type Flight @key(fields: "id") {
          id: ID!
          fare: Int @external
          litres: Int @external
          offer: String @requires(fields: "fare litres")
          advert: String @requires(fields: "fare")
        }
        """,
    },
    api="""
    type Query { flights: [Flight!]! cheapest: Flight }
    type Flight { id: ID! distance: Int fare: Int isLong: Boolean offer: String advert: String }
    """,
    world=World({"Flight": {"f1": {}, "f2": {"distance": None}}}, query={"flights": ["f1", "f2"], "cheapest": "f1"}),
)

CHAIN = ["1 routes", "2 fuel at flights after routes", "3 fares at flights after fuel"]

FLIGHT_CASES = [
    Case(name="two links, the first one hidden", query="{ flights { fare } }", plan=CHAIN),
    Case(
        name="three links",
        query="{ flights { offer } }",
        plan=[*CHAIN, "4 offers at flights after fares"],
    ),
    Case(
        name="what the links have in common is fetched once",
        query="{ flights { offer advert fare distance } }",
        plan=[*CHAIN, "4 offers at flights after fares"],
        requests={"routes": 1, "fuel": 1, "fares": 1, "offers": 1},
    ),
    Case(
        name="a chain that starts in the middle",
        query="{ cheapest { offer } }",
        plan=[
            "1 fares",
            "2 routes at cheapest after fares",
            "3 fuel at cheapest after routes",
            "4 fares at cheapest after fuel",
            "5 offers at cheapest after fares",
        ],
    ),
    Case(
        name="a field that needs less is asked for with one that needs more",
        query="{ flights { isLong fare } }",
        plan=CHAIN,
    ),
]


@pytest.mark.parametrize("case", FLIGHT_CASES, ids=str)
async def test_chains_of_requirements(case: Case) -> None:
    """Each link waits for what it needs and no longer."""
    await check(FLIGHTS, case)


JOURNAL = Scenario(
    name="journal",
    subgraphs={
        "papers": FEDERATION_2
        + """
        type Query { papers: [Paper!]! }
        type Paper @key(fields: "id") { id: ID! author: Writer! title: String }
        type Writer @key(fields: "id") { id: ID! since: Int }
        """,
        "standing": FEDERATION_2
        + """
        type Query { firstPaper: Paper }
        type Paper @key(fields: "id") {
          id: ID!
          author: Writer! @external
          byExpert: Boolean @requires(fields: "author { rank }")
        }
        type Writer @key(fields: "id") {
          id: ID!
          since: Int @external
          rank: Int @requires(fields: "since")
        }
        """,
    },
    api="""
    type Query { papers: [Paper!]! firstPaper: Paper }
    type Paper { id: ID! author: Writer! title: String byExpert: Boolean }
    type Writer { id: ID! since: Int rank: Int }
    """,
    world=World(
        {
            "Paper": {"p1": {"author": "w1"}, "p2": {"author": "w2"}, "p3": {"author": "w1"}},
            "Writer": {"w1": {"since": 1990}, "w2": {"since": 2020}},
        },
        query={"papers": ["p1", "p2", "p3"], "firstPaper": "p3"},
    ),
)

JOURNAL_CASES = [
    Case(
        name="there and back and there again",
        query="{ papers { byExpert } }",
        plan=[
            "1 papers",
            "2 standing at papers/author after papers",
            "3 standing at papers after standing",
        ],
    ),
    Case(
        name="from the requiring subgraph",
        query="{ firstPaper { byExpert title } }",
        plan=[
            "1 standing",
            "2 papers at firstPaper after standing",
            "3 standing at firstPaper/author after papers",
            "4 standing at firstPaper after standing",
        ],
    ),
    Case(name="with the fields on the way", query="{ papers { byExpert author { id rank since } } }"),
]


@pytest.mark.parametrize("case", JOURNAL_CASES, ids=str)
async def test_requirements_in_a_ring(case: Case) -> None:
    """A requirement may pass through the requiring subgraph itself, as long as no field needs itself."""
    await check(JOURNAL, case)

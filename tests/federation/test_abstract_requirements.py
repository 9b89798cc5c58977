"""Requirements with interfaces and fragments in them, and through types that clients cannot see."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

FARM = Scenario(
    name="farm",
    subgraphs={
        "fields": FEDERATION_2
        + """
        type Query { plots: [Plot!]! }
        type Plot @key(fields: "id") { id: ID! crop: Crop soil: Soil @inaccessible }
        interface Crop { kind: String water: Water }
        type Wheat implements Crop @key(fields: "id") { id: ID! kind: String water: Water gluten: Int }
        type Maize implements Crop @key(fields: "id") { id: ID! kind: String water: Water sugar: Int }
        type Fallow implements Crop { kind: String water: Water }
        union Water = Rain | Canal
        type Rain { millimetres: Int }
        type Canal { litres: Int name: String }
        type Soil @inaccessible { acid: Int }
        """,
        "plans": FEDERATION_2
        + """
        type Query { best: Plot }
        type Plot @key(fields: "id") {
          id: ID!
          crop: Crop @external
          soil: Soil @external
          byKind: String @requires(fields: "crop { kind }")
          byType: String @requires(fields: "crop { ... on Wheat { gluten } ... on Maize { sugar } }")
          byWater: String @requires(
            fields: "crop { kind water { ... on Rain { millimetres } ... on Canal { litres } } }"
          )
          bySoil: String @requires(fields: "soil { acid }")
        }
        interface Crop { kind: String water: Water }
        type Wheat implements Crop @key(fields: "id") {
          id: ID! kind: String @external water: Water @external gluten: Int @external
        }
        type Maize implements Crop @key(fields: "id") {
          id: ID! kind: String @external water: Water @external sugar: Int @external
        }
        type Fallow implements Crop { kind: String @external water: Water @external }
        union Water = Rain | Canal
        type Rain { millimetres: Int @external }
        type Canal { litres: Int @external }
        type Soil @inaccessible { acid: Int @external }
        """,
    },
    api="""
    type Query { plots: [Plot!]! best: Plot }
    type Plot { id: ID! crop: Crop byKind: String byType: String byWater: String bySoil: String }
    interface Crop { kind: String water: Water }
    type Wheat implements Crop { id: ID! kind: String water: Water gluten: Int }
    type Maize implements Crop { id: ID! kind: String water: Water sugar: Int }
    type Fallow implements Crop { kind: String water: Water }
    union Water = Rain | Canal
    type Rain { millimetres: Int }
    type Canal { litres: Int name: String }
    """,
    world=World(
        {
            "Plot": {
                "p1": {"crop": "Wheat:w", "soil": {"acid": 5}},
                "p2": {"crop": "Maize:m", "soil": None},
                "p3": {"crop": {"__typename": "Fallow", "kind": "none", "water": None}, "soil": {"acid": 7}},
                "p4": {"crop": None, "soil": {"acid": None}},
            },
            "Wheat": {"w": {"water": {"__typename": "Rain", "millimetres": 12}}},
            "Maize": {"m": {"water": {"__typename": "Canal", "litres": 900, "name": "North"}}},
        },
        query={"plots": ["p1", "p2", "p3", "p4"], "best": "p2"},
        subtypes={"Crop": ["Wheat", "Maize", "Fallow"], "Water": ["Rain", "Canal"]},
    ),
)

THERE = ["1 fields", "2 plans at plots after fields"]
BACK = ["1 plans", "2 fields at best after plans", "3 plans at best after fields"]

CASES = [
    Case(name="a field of the interface", query="{ plots { byKind } }", plan=THERE),
    Case(name="fragments on some types", query="{ plots { id byType } }", plan=THERE),
    Case(name="fragments in fragments", query="{ plots { byWater } }", plan=THERE),
    Case(name="a hidden type", query="{ plots { bySoil } }", plan=THERE),
    Case(
        name="all at once with the client's own fields",
        query="{ plots { byKind byType byWater bySoil crop { __typename kind ... on Maize { sweet: sugar } } } }",
        plan=THERE,
    ),
    Case(name="from the requiring side", query="{ best { byKind } }", plan=BACK),
    Case(name="fragments from the requiring side", query="{ best { byType byWater } }", plan=BACK),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_requirements_on_abstract_types(case: Case) -> None:
    """What a requirement names is sent per runtime type; an object of no named type is sent with its type alone."""
    await check(FARM, case)


TRIPS = Scenario(
    name="trips",
    subgraphs={
        "timetable": FEDERATION_2
        + """
        type Query { trips: [Trip!]! }
        interface Trip { end: Town }
        type Bus implements Trip { end: Town }
        type Train implements Trip { end: Town }
        type Town @key(fields: "id") @key(fields: "code") { id: ID! code: ID! size: Int height: Int }
        """,
        "costs": FEDERATION_2
        + """
        type Town @key(fields: "id") {
          id: ID!
          size: Int @external
          height: Int @external
          tax: Int @requires(fields: "size")
          climb: Int @requires(fields: "height")
          both: Int @requires(fields: "size height")
          plain: Int
        }
        """,
    },
    api="""
    type Query { trips: [Trip!]! }
    interface Trip { end: Town }
    type Bus implements Trip { end: Town }
    type Train implements Trip { end: Town }
    type Town { id: ID! code: ID! size: Int height: Int tax: Int climb: Int both: Int plain: Int }
    """,
    world=World(
        {"Town": {"t1": {"code": "one"}, "t2": {"code": "two"}}},
        query={
            "trips": [
                {"__typename": "Bus", "end": "t1"},
                {"__typename": "Train", "end": "t1"},
                {"__typename": "Train", "end": "t2"},
                {"__typename": "Bus", "end": None},
            ]
        },
        subtypes={"Trip": ["Bus", "Train"]},
    ),
)

TRIPS_CASES = [
    Case(name="the same requirement below both types", query="{ trips { end { tax } } }"),
    Case(
        name="different requirements below different types",
        query="{ trips { ... on Bus { end { tax } } ... on Train { end { climb } } } }",
    ),
    Case(
        name="one requires and the other does not",
        query="{ trips { ... on Bus { end { plain } } ... on Train { end { both plain } } } }",
    ),
    Case(
        name="below both types and more below one",
        query="{ trips { end { tax } ... on Train { end { climb both code } } } }",
    ),
]


@pytest.mark.parametrize("case", TRIPS_CASES, ids=str)
async def test_requirements_that_differ_by_branch(case: Case) -> None:
    """An object has what was required of it on its own branch; no branch loses its field for another's needs."""
    await check(TRIPS, case)

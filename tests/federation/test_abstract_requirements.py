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

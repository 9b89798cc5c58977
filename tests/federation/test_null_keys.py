"""The subgraph between does not know an entity: the answer is null, and nobody is called with half a key."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.fakes import Faults
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

RECORDS = Scenario(
    name="records",
    subgraphs={
        "shop": FEDERATION_2
        + """
        type Query { discs: [Disc]! }
        type Disc @key(fields: "barcode") { barcode: ID! }
        """,
        "translator": FEDERATION_2
        + """
        type Disc @key(fields: "barcode") @key(fields: "number") { barcode: ID! number: ID }
        """,
        "studio": FEDERATION_2 + """type Disc @key(fields: "number") { number: ID! band: String year: Int! }""",
    },
    api="""
    type Query { discs: [Disc]! }
    type Disc { barcode: ID! number: ID band: String year: Int! }
    """,
    world=World(
        {
            "Disc": {
                "d1": {"barcode": "111", "number": "n1", "year": 1979},
                "d2": {"barcode": "222", "number": "n2"},
                "d3": {"barcode": "333", "number": "n3"},
                "d4": {"barcode": "444", "number": None},
            }
        },
        query={"discs": ["d1", "d2", None, "d3", "d4"]},
        unknown={"translator": ["Disc:d2"], "studio": ["Disc:d3"]},
    ),
)

NOBODY_KNOWN = {"translator": Faults(null_entities={"Disc:d1", "Disc:d2", "Disc:d3"})}

CASES = [
    Case(
        name="only known entities go on to the next subgraph",
        query="{ discs { barcode band } }",
        plan=["1 shop", "2 translator at discs after shop", "3 studio at discs after translator"],
        requests={"shop": 1, "translator": 1, "studio": 1},
        data={
            "discs": [
                {"barcode": "111", "band": "Disc:d1.band"},
                {"barcode": "222", "band": None},
                None,
                {"barcode": "333", "band": None},
                {"barcode": "444", "band": None},
            ]
        },
        then=lambda fakes: _sent(fakes["studio"].requests[0].representations, ["n1", "n3"]),
    ),
    Case(
        name="nobody known means no further request",
        query="{ discs { barcode band } }",
        faults=NOBODY_KNOWN,
        requests={"shop": 1, "translator": 1},
        data={
            "discs": [
                {"barcode": "111", "band": None},
                {"barcode": "222", "band": None},
                None,
                {"barcode": "333", "band": None},
                {"barcode": "444", "band": None},
            ]
        },
    ),
    Case(
        name="a missing non-null field takes its object along",
        query="{ discs { barcode year number } }",
        data={"discs": [{"barcode": "111", "year": 1979, "number": "n1"}, None, None, None, None]},
        errors=[("NULL_FOR_NON_NULL", ["discs", i, "year"]) for i in (1, 3, 4)],
    ),
]


def _sent(representations: list[dict[str, object]], numbers: list[str]) -> None:
    assert representations == [{"__typename": "Disc", "number": number} for number in numbers]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_unknown_entities(case: Case) -> None:
    """A null entity leaves its object as it is; steps that need it pass over it."""
    await check(RECORDS, case)

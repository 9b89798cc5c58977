"""Resolvable and other keys, simple and composite ones, on one type: only what the target resolves is a way in."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

THEATRE = Scenario(
    name="theatre",
    subgraphs={
        "halls": FEDERATION_2
        + """
        type Query { hall: Hall seats: [Seat!]! }
        type Hall { seats: [Seat!]! }
        type Seat @key(fields: "id", resolvable: false) @key(fields: "place { row number }") @key(fields: "id code") {
          id: ID!
          code: String!
          place: Place!
          plush: String @external
          comfort: String @requires(fields: "plush")
        }
        type Place @shareable { row: Int! number: Int! }
        """,
        "tickets": FEDERATION_2
        + """
        type Query { bestSeat: Seat }
        type Seat @key(fields: "id") @key(fields: "place { row number }", resolvable: false) @key(fields: "id code") {
          id: ID!
          code: String!
          place: Place!
          plush: String
          price: Int
        }
        type Place @shareable { row: Int! number: Int! }
        """,
    },
    api="""
    type Query { hall: Hall seats: [Seat!]! bestSeat: Seat }
    type Hall { seats: [Seat!]! }
    type Seat { id: ID! code: String! place: Place! comfort: String plush: String price: Int }
    type Place { row: Int! number: Int! }
    """,
    world=World(
        {
            "Seat": {
                "s1": {"code": "A", "place": {"row": 1, "number": 1}},
                "s2": {"code": "A", "place": {"row": 1, "number": 2}},
            }
        },
        query={"hall": {"seats": ["s1", "s2"]}, "seats": ["s2", "s1"], "bestSeat": "s1"},
    ),
)

CASES = [
    Case(
        name="the target is entered by a key that it resolves",
        query="{ hall { seats { price } } }",
        plan=["1 halls", "2 tickets at hall/seats after halls"],
        then=lambda fakes: _has_key(fakes["tickets"].requests[0].representations, {"id"}),
    ),
    Case(
        name="the way back uses the composite key",
        query="{ bestSeat { price comfort } }",
        plan=["1 tickets", "2 halls at bestSeat after tickets"],
        then=lambda fakes: _has_key(fakes["halls"].requests[0].representations, {"plush"}),
    ),
    Case(
        name="a requirement rides along with the key",
        query="{ seats { id comfort price } }",
        plan=["1 halls", "2 tickets at seats after halls", "3 halls at seats after tickets"],
        requests={"halls": 2, "tickets": 1},
    ),
    Case(
        name="a requirement below an object without a key",
        query="{ hall { seats { code comfort plush } } }",
        plan=["1 halls", "2 tickets at hall/seats after halls", "3 halls at hall/seats after tickets"],
    ),
    Case(
        name="the parts of the composite key are there for the client too",
        query="{ bestSeat { id code place { row number } comfort } }",
        plan=["1 tickets", "2 halls at bestSeat after tickets"],
    ),
]


def _has_key(representations: list[dict[str, object]], fields: set[str]) -> None:
    assert all(fields <= set(representation) for representation in representations)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_keys_of_every_kind(case: Case) -> None:
    """A key that is declared but not resolvable is never used to enter."""
    await check(THEATRE, case)

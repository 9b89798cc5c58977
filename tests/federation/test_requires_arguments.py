"""Requirements with arguments, beside the client's own arguments on the same field and beside each other."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

FREIGHT = Scenario(
    name="freight",
    subgraphs={
        "cargo": FEDERATION_2
        + """
        type Query { crates: [Crate!]! first: Crate! }
        type Crate @key(fields: "id") {
          id: ID!
          weight(unit: Unit!, digits: Int = 0): Float
          worth(currency: String! = "EUR"): Float
          content: Content!
        }
        type Content { volume(unit: Unit): Float kind: String }
        enum Unit { KG LB LITRE }
        """,
        "ports": FEDERATION_2
        + """
        type Crate @key(fields: "id") {
          id: ID!
          weight(unit: Unit!, digits: Int = 0): Float @external
          worth(currency: String! = "EUR"): Float @external
          content: Content! @external
          duty: Float @requires(fields: "worth(currency: \\"USD\\")")
          insurance: Float @requires(fields: "worth")
          heavy: Boolean @requires(fields: "weight(unit: KG, digits: 2)")
          heavyPounds: Boolean @requires(fields: "weight(unit: LB)")
          bulky: Boolean @requires(fields: "content { volume(unit: LITRE) kind }")
        }
        type Content { volume(unit: Unit): Float @external kind: String @external }
        enum Unit { KG LB LITRE }
        """,
    },
    api="""
    type Query { crates: [Crate!]! first: Crate! }
    type Crate {
      id: ID! weight(unit: Unit!, digits: Int = 0): Float worth(currency: String! = "EUR"): Float content: Content!
      duty: Float insurance: Float heavy: Boolean heavyPounds: Boolean bulky: Boolean
    }
    type Content { volume(unit: Unit): Float kind: String }
    enum Unit { KG LB LITRE }
    """,
    world=World(
        {"Crate": {"c1": {"content": {}}, "c2": {"content": {"kind": "tea"}}}},
        query={"crates": ["c1", "c2"], "first": "c2"},
    ),
)

ONE_JUMP = ["1 cargo", "2 ports at crates after cargo"]

CASES = [
    Case(name="a literal in the requirement", query="{ crates { duty } }", plan=ONE_JUMP),
    Case(
        name="the client asks with another literal",
        query='{ crates { duty worth(currency: "GBP") } }',
        plan=ONE_JUMP,
    ),
    Case(
        name="the client asks with an alias of the same name as the field",
        query='{ crates { worth: id duty content: worth(currency: "NOK") } }',
        plan=ONE_JUMP,
    ),
    Case(
        name="the client asks with a variable",
        query="query($c: String!) { crates { worth(currency: $c) duty } }",
        variables={"c": "USD"},
        plan=ONE_JUMP,
    ),
    Case(
        name="the client relies on a default of a variable",
        query="""
        query($c: String = "CHF", $u: Unit = LB) {
          crates { worth(currency: $c) heavy duty content { volume(unit: $u) } }
        }
        """,
        plan=ONE_JUMP,
    ),
    Case(
        name="a nullable variable with a default stands for a non-null argument",
        query='query($c: String = "CHF") { crates { worth(currency: $c) } }',
        plan=["1 cargo"],
    ),
    Case(
        name="in two fragments",
        query="""
        { crates { ...A ...B } }
        fragment A on Crate { a: worth(currency: "A") heavy }
        fragment B on Crate { b: worth(currency: "B") duty weight(unit: LB) }
        """,
        plan=ONE_JUMP,
    ),
    Case(
        name="an argument inside a nested requirement",
        query="{ crates { bulky content { volume } } }",
        plan=ONE_JUMP,
    ),
    Case(
        name="requirements with different arguments cannot share a representation",
        query="{ crates { duty insurance } }",
        plan=["1 cargo", "2 ports at crates after cargo", "2 ports at crates after cargo"],
        requests={"cargo": 1, "ports": 2},
    ),
    Case(
        name="nor can enum arguments",
        query="{ first { heavy heavyPounds weight(unit: KG) } }",
        plan=["1 cargo", "2 ports at first after cargo", "2 ports at first after cargo"],
        requests={"cargo": 1, "ports": 2},
    ),
    Case(
        name="what does not conflict joins one of the two",
        query="{ first { heavy bulky duty insurance } }",
        requests={"cargo": 1, "ports": 2},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_requirements_with_arguments(case: Case) -> None:
    """A requirement is fetched with its own arguments, whatever the client asks of the same field."""
    await check(FREIGHT, case)

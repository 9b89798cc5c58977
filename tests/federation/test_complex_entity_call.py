"""Keys with nested objects and lists, keys whose parts come from elsewhere, several keys per type, several hops."""

from __future__ import annotations

import pytest

from tests.support.checks import check
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

WORKSHOP = Scenario(
    name="workshop",
    subgraphs={
        "kits": FEDERATION_2
        + """
        type Query { kits: [Kit!]! }
        type Kit @key(fields: "parts { sku } maker { code }") { parts: [Part!]! maker: Maker! label: String }
        type Part @key(fields: "sku") { sku: ID! }
        type Maker @key(fields: "code") { code: ID! }
        """,
        "parts": FEDERATION_2
        + """
        type Part @key(fields: "sku") { sku: ID! serial: String! @shareable weight: Int }
        """,
        "makers": FEDERATION_2
        + """
        type Query { firstMaker: Maker }
        type Maker @key(fields: "code") { code: ID! country: Country @shareable founded: Int }
        type Country @shareable { iso: String! }
        """,
        "customs": FEDERATION_2
        + """
        type Kit @key(fields: "parts { sku serial } maker { country { iso } }") {
          parts: [Part!]! @external
          maker: Maker! @external
          tariff: Float
          customsNumber: ID! @shareable
        }
        type Part @key(fields: "sku", resolvable: false) { sku: ID! serial: String! @shareable }
        type Maker { country: Country @shareable }
        type Country @shareable { iso: String! }
        """,
        "ledger": FEDERATION_2
        + """
        type Kit @key(fields: "customsNumber") { customsNumber: ID! price: Int }
        """,
    },
    api="""
    type Query { kits: [Kit!]! firstMaker: Maker }
    type Kit { parts: [Part!]! maker: Maker! label: String tariff: Float customsNumber: ID! price: Int }
    type Part { sku: ID! serial: String! weight: Int }
    type Maker { code: ID! country: Country founded: Int }
    type Country { iso: String! }
    """,
    world=World(
        {
            "Kit": {
                "k1": {"parts": ["p1", "p2"], "maker": "m1"},
                "k2": {"parts": [], "maker": "m2"},
                "k3": {"parts": ["p2"], "maker": "m1"},
            },
            "Part": {"p1": {"sku": "p1"}, "p2": {"sku": "p2"}},
            "Maker": {
                "m1": {"code": "m1", "country": {"iso": "NO"}},
                "m2": {"code": "m2", "country": {"iso": "PT"}},
            },
        },
        query={"kits": ["k1", "k2", "k3"], "firstMaker": "m1"},
    ),
)

CASES = [
    Case(
        name="nested key fields are there without a jump",
        query="{ kits { parts { sku } maker { code } } }",
        plan=["1 kits"],
    ),
    Case(
        name="parts of a key are collected from two subgraphs at once",
        query="{ kits { label tariff } }",
        plan=[
            "1 kits",
            "2 parts at kits/parts after kits",
            "2 makers at kits/maker after kits",
            "3 customs at kits after makers, parts",
        ],
    ),
    Case(
        name="a key that another jump yields leads on to the next subgraph",
        query="{ kits { price } }",
        plan=[
            "1 kits",
            "2 parts at kits/parts after kits",
            "2 makers at kits/maker after kits",
            "3 customs at kits after makers, parts",
            "4 ledger at kits after customs",
        ],
    ),
    Case(
        name="what the key needed is also what the client asked for",
        query="{ kits { parts { serial weight } maker { founded country { iso } } tariff } }",
        plan=[
            "1 kits",
            "2 parts at kits/parts after kits",
            "2 makers at kits/maker after kits",
            "3 customs at kits after makers, parts",
        ],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_compound_keys(case: Case) -> None:
    """A key is complete before it is used, wherever its parts lie."""
    await check(WORKSHOP, case)


SEVERAL_KEYS = Scenario(
    name="several keys",
    subgraphs={
        "directory": FEDERATION_2
        + """
        type Query { people: [Person!]! }
        type Person @key(fields: "email") { email: ID! nick: String }
        """,
        "accounts": FEDERATION_2
        + """
        type Query { account: Person }
        type Person @key(fields: "email") @key(fields: "number") @key(fields: "badge { code }") {
          email: ID! number: ID! badge: Badge!
        }
        type Badge @shareable { code: ID! }
        """,
        "payroll": FEDERATION_2 + """type Person @key(fields: "number") { number: ID! salary: Int }""",
        "doors": FEDERATION_2
        + """
        type Query { lastEntered: Person }
        type Person @key(fields: "badge { code }") { badge: Badge! room: String }
        type Badge @shareable { code: ID! }
        """,
    },
    api="""
    type Query { people: [Person!]! account: Person lastEntered: Person }
    type Person { email: ID! nick: String number: ID! badge: Badge! salary: Int room: String }
    type Badge { code: ID! }
    """,
    world=World(
        {
            "Person": {
                "ana": {"email": "ana@example.org", "number": "1", "badge": {"code": "b-1"}},
                "bo": {"email": "bo@example.org", "number": "2", "badge": {"code": "b-2"}},
            },
        },
        query={"people": ["ana", "bo"], "account": "ana", "lastEntered": "bo"},
    ),
)

SEVERAL_KEYS_CASES = [
    Case(
        name="one key is turned into two others",
        query="{ people { nick salary room } }",
        plan=[
            "1 directory",
            "2 accounts at people after directory",
            "3 payroll at people after accounts",
            "3 doors at people after accounts",
        ],
    ),
    Case(
        name="the subgraph with all keys leads everywhere directly",
        query="{ account { salary room nick } }",
        plan=[
            "1 accounts",
            "2 payroll at account after accounts",
            "2 doors at account after accounts",
            "2 directory at account after accounts",
        ],
    ),
    Case(
        name="the way back goes through the translator too",
        query="{ lastEntered { room nick salary } }",
        plan=[
            "1 doors",
            "2 accounts at lastEntered after doors",
            "3 directory at lastEntered after accounts",
            "3 payroll at lastEntered after accounts",
        ],
    ),
]


@pytest.mark.parametrize("case", SEVERAL_KEYS_CASES, ids=str)
async def test_several_keys(case: Case) -> None:
    """A subgraph is entered by a key that it knows."""
    await check(SEVERAL_KEYS, case)

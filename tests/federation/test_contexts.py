"""@context and @fromContext: an argument gets its value from the nearest ancestor that sets the context."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.services.errors import SourceUnreachable
from tests.support.checks import check
from tests.support.fakes import FakeSubgraph, Faults
from tests.support.gateway import Gateway
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

FEDERATION_2_8 = FEDERATION_2.replace("v2.7", "v2.8").replace('"@tag"', '"@tag" "@context" "@fromContext"')


def told(name: str) -> Any:
    """A field that answers with its own name and whatever it was given."""
    return lambda world, given: " ".join([name, *(f"{key}={given[key]}" for key in sorted(given))])


# Payments are shown in the currency of whom they are shown to; what that is, another subgraph may have to say.
BAZAAR = Scenario(
    name="bazaar",
    subgraphs={
        "wallets": FEDERATION_2_8
        + """
        type Query { customer: Customer customers: [Customer!]! branch: Branch holders: [Holder!]! stalls: [Stall!]! }
        union Holder = Customer | Branch
        type Customer @key(fields: "id") @context(name: "holder") {
          id: ID!
          currency: String @external
          payments: [Payment!]!
          best: Payment
          partner: Customer
        }
        type Branch @key(fields: "id") @context(name: "holder") { id: ID! till: Till! best: Payment manager: Customer }
        type Till { coin: String! }
        type Payment @key(fields: "id") {
          id: ID!
          amount(
            in: String @fromContext(field: "$holder ... on Customer { currency } ... on Branch { till { coin } }")
            digits: Int
          ): String
          parts: [Part!]!
        }
        type Part @key(fields: "id") {
          id: ID!
          share(
            of: String @fromContext(field: "$holder ... on Customer { currency } ... on Branch { till { coin } }")
          ): String
        }
        interface Stall @context(name: "stall") { id: ID! zone: String offers: [Offer!]! guests: [Customer!]! }
        type Kiosk implements Stall @key(fields: "id") { id: ID! zone: String offers: [Offer!]! guests: [Customer!]! }
        type Hall implements Stall @key(fields: "id") { id: ID! zone: String offers: [Offer!]! guests: [Customer!]! }
        type Offer @key(fields: "id") { id: ID! label(zone: String @fromContext(field: "$stall { zone }")): String! }
        """,
        "profiles": FEDERATION_2_8
        + """
        type Customer @key(fields: "id") { id: ID! currency: String name: String! }
        """,
        "coupons": FEDERATION_2_8
        + """
        type Kiosk @key(fields: "id") @context(name: "place") { id: ID! floor: Int! visits: [Visit!]! }
        type Visit @key(fields: "id") @context(name: "buyer") { id: ID! rebate: Int! coupons: [Coupon!]! }
        type Coupon @key(fields: "id") {
          id: ID!
          text(
            rebate: Int @fromContext(field: "$buyer { rebate }")
            floor: Int @fromContext(field: "$place { floor }")
          ): String
        }
        type Payment @key(fields: "id") { id: ID! note: String! }
        """,
    },
    api="""
    type Query { customer: Customer customers: [Customer!]! branch: Branch holders: [Holder!]! stalls: [Stall!]! }
    union Holder = Customer | Branch
    type Customer { id: ID! currency: String name: String! payments: [Payment!]! best: Payment partner: Customer }
    type Branch { id: ID! till: Till! best: Payment manager: Customer }
    type Till { coin: String! }
    type Payment { id: ID! amount(digits: Int): String parts: [Part!]! note: String! }
    type Part { id: ID! share: String }
    interface Stall { id: ID! zone: String offers: [Offer!]! guests: [Customer!]! }
    type Kiosk implements Stall {
      id: ID! zone: String offers: [Offer!]! guests: [Customer!]! floor: Int! visits: [Visit!]!
    }
    type Visit { id: ID! rebate: Int! coupons: [Coupon!]! }
    type Hall implements Stall { id: ID! zone: String offers: [Offer!]! guests: [Customer!]! }
    type Offer { id: ID! label: String! }
    type Coupon { id: ID! text: String }
    """,
    world=World(
        {
            "Customer": {
                "c1": {"id": "1", "currency": "EUR", "payments": ["p1", "p2"], "best": "p1", "partner": "Customer:c2"},
                "c2": {"id": "2", "currency": "CHF", "payments": ["p2"], "best": "p2", "partner": None},
                "c3": {"id": "3", "currency": None, "payments": ["p3"], "best": None, "partner": "Customer:c1"},
                "c4": {"id": "4", "currency": "EUR", "payments": ["p3"], "best": "p3", "partner": None},
            },
            "Branch": {"b1": {"id": "1", "till": {"coin": "NOK"}, "best": "p3", "manager": "Customer:c2"}},
            "Payment": {
                name: {"id": name, "amount": told(name), "note": f"for {name}", "parts": parts}
                for name, parts in {"p1": ["q1", "q2"], "p2": ["q3"], "p3": []}.items()
            },
            "Part": {name: {"id": name, "share": told(name)} for name in ("q1", "q2", "q3")},
            "Kiosk": {
                "k1": {"id": "k1", "zone": "A", "offers": ["o1"], "guests": ["c1"], "floor": 1, "visits": ["v1", "v2"]},
                "k2": {"id": "k2", "zone": None, "offers": ["o2"], "guests": [], "floor": 2, "visits": ["v3"]},
            },
            "Hall": {"h1": {"id": "h1", "zone": "B", "offers": ["o1", "o2"], "guests": ["c2"]}},
            "Offer": {name: {"id": name, "label": told(name)} for name in ("o1", "o2")},
            "Visit": {
                "v1": {"id": "v1", "rebate": 5, "coupons": ["t1"]},
                "v2": {"id": "v2", "rebate": 5, "coupons": ["t1", "t2"]},
                "v3": {"id": "v3", "rebate": 5, "coupons": ["t1"]},
            },
            "Coupon": {name: {"id": name, "text": told(name)} for name in ("t1", "t2")},
        },
        query={
            "customer": "c1",
            "customers": ["c1", "c2", "c3", "c4"],
            "branch": "b1",
            "holders": ["Branch:b1", "Customer:c1", "Customer:c2"],
            "stalls": ["Kiosk:k1", "Hall:h1", "Kiosk:k2"],
        },
    ),
)


def given(fake: FakeSubgraph) -> list[dict[str, Any]]:
    """The contexts' values in each of its requests."""
    return [{k: v for k, v in r.variables.items() if k.startswith("context")} for r in fake.requests]


DOWN = Faults(raises=SourceUnreachable("profiles", "It is down."))

CASES = [
    Case(
        name="a value inside an object of the subgraph itself",
        query="{ branch { best { id amount } } }",
        plan=["1 wallets", "2 wallets at branch/best after wallets"],
        data={"branch": {"best": {"id": "p3", "amount": "p3 in=NOK"}}},
    ),
    Case(
        name="a value that another subgraph has",
        query="{ customer { payments { amount } } }",
        plan=["1 wallets", "2 profiles at customer after wallets", "3 wallets at customer/payments after profiles"],
        data={"customer": {"payments": [{"amount": "p1 in=EUR"}, {"amount": "p2 in=EUR"}]}},
        requests={"wallets": 2, "profiles": 1},
    ),
    Case(
        name="a request for each value that occurs",
        query="{ customers { id payments { id amount } } }",
        data={
            "customers": [
                {"id": "1", "payments": [{"id": "p1", "amount": "p1 in=EUR"}, {"id": "p2", "amount": "p2 in=EUR"}]},
                {"id": "2", "payments": [{"id": "p2", "amount": "p2 in=CHF"}]},
                {"id": "3", "payments": [{"id": "p3", "amount": "p3 in=None"}]},
                {"id": "4", "payments": [{"id": "p3", "amount": "p3 in=EUR"}]},
            ]
        },
        requests={"wallets": 4, "profiles": 1},
    ),
    Case(
        name="the value the client asked for anyway, and its own arguments beside it",
        query="""
        query($n: Int) {
          customer { money: currency best { amount(digits: $n) two: amount(digits: 2) plain: amount } }
        }
        """,
        variables={"n": 3},
        data={
            "customer": {
                "money": "EUR",
                "best": {"amount": "p1 digits=3 in=EUR", "two": "p1 digits=2 in=EUR", "plain": "p1 in=EUR"},
            }
        },
        requests={"wallets": 2, "profiles": 1},
    ),
    Case(
        name="the nearest of those that set it",
        query="{ customer { best { amount } partner { best { amount } } } branch { manager { best { amount } } } }",
        data={
            "customer": {"best": {"amount": "p1 in=EUR"}, "partner": {"best": {"amount": "p2 in=CHF"}}},
            "branch": {"manager": {"best": {"amount": "p2 in=CHF"}}},
        },
        requests={"wallets": 4, "profiles": 3},
    ),
    Case(
        name="farther up than the parent",
        query="{ customers { payments { parts { share } } } }",
        data={
            "customers": [
                {
                    "payments": [
                        {"parts": [{"share": "q1 of=EUR"}, {"share": "q2 of=EUR"}]},
                        {"parts": [{"share": "q3 of=EUR"}]},
                    ]
                },
                {"payments": [{"parts": [{"share": "q3 of=CHF"}]}]},
                {"payments": [{"parts": []}]},
                {"payments": [{"parts": []}]},
            ]
        },
        requests={"wallets": 3, "profiles": 1},
    ),
    Case(
        name="members of a union set it, each in its way",
        query="{ holders { ... on Customer { best { amount } } ... on Branch { best { amount } } } }",
        data={
            "holders": [
                {"best": {"amount": "p3 in=NOK"}},
                {"best": {"amount": "p1 in=EUR"}},
                {"best": {"amount": "p2 in=CHF"}},
            ]
        },
        requests={"wallets": 4, "profiles": 1},
    ),
    Case(
        name="all types of an interface set it",
        query="{ stalls { offers { label } } }",
        plan=["1 wallets", "2 wallets at stalls/offers after wallets"],
        data={
            "stalls": [
                {"offers": [{"label": "o1 zone=A"}]},
                {"offers": [{"label": "o1 zone=B"}, {"label": "o2 zone=B"}]},
                {"offers": [{"label": "o2 zone=None"}]},
            ]
        },
        requests={"wallets": 4},
    ),
    Case(
        name="two contexts of different ancestors",
        query="{ stalls { ... on Kiosk { visits { coupons { text } } } } }",
        data={
            "stalls": [
                {
                    "visits": [
                        {"coupons": [{"text": "t1 floor=1 rebate=5"}]},
                        {"coupons": [{"text": "t1 floor=1 rebate=5"}, {"text": "t2 floor=1 rebate=5"}]},
                    ]
                },
                {},
                {"visits": [{"coupons": [{"text": "t1 floor=2 rebate=5"}]}]},
            ]
        },
        requests={"wallets": 1, "coupons": 3},
    ),
    Case(
        name="without the field nobody fetches its context",
        query="{ customer { payments { id parts { id } } } }",
        plan=["1 wallets"],
        data={
            "customer": {
                "payments": [{"id": "p1", "parts": [{"id": "q1"}, {"id": "q2"}]}, {"id": "p2", "parts": [{"id": "q3"}]}]
            }
        },
    ),
    Case(
        name="nor does one that is skipped",
        query="{ customer { best { id amount @skip(if: true) } } }",
        plan=["1 wallets"],
        data={"customer": {"best": {"id": "p1"}}},
    ),
    Case(
        name="where its source fails the field is lost and nothing else",
        query="{ customer { best { id amount note } } branch { best { amount } } }",
        data={
            "customer": {"best": {"id": "p1", "amount": None, "note": "for p1"}},
            "branch": {"best": {"amount": "p3 in=NOK"}},
        },
        faults={"profiles": DOWN},
        errors=[(SourceUnreachable.code, ["customer", "best", "amount"])],
        requests={"wallets": 2, "profiles": 1, "coupons": 1},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_arguments_come_from_further_up(case: Case) -> None:
    """Whatever the plan, each object is asked for with the value of its own nearest setter."""
    await check(BAZAAR, case)


async def test_one_group_failing_costs_its_own_objects_only() -> None:
    """The others' requests have been answered."""
    gateway = Gateway(BAZAAR, faults={"wallets": Faults(field_errors={"Payment:p3.amount": "no"})})
    answer = await gateway.ask("{ customers { payments { amount } } }")
    amounts = [[payment["amount"] for payment in customer["payments"]] for customer in answer.data["customers"]]
    assert amounts == [["p1 in=EUR", "p2 in=EUR"], ["p2 in=CHF"], [None], [None]]
    assert sorted(tuple(error["path"]) for error in answer.errors) == [
        ("customers", 2, "payments", 0, "amount"),
        ("customers", 3, "payments", 0, "amount"),
    ]


async def test_groups_share_an_http_request_where_fetches_may() -> None:
    """Each under an alias, with variables of its own."""
    gateway = Gateway(BAZAAR, joining=True)
    answer = await gateway.ask("{ customers { payments { amount } } }")
    assert answer.requests == {"wallets": 2, "profiles": 1}
    [_, joint] = given(answer.fakes["wallets"])
    assert sorted(joint.values(), key=str) == ["CHF", "EUR", None]


async def test_a_clients_variable_keeps_its_name() -> None:
    """Even one that is called as ours would be."""
    answer = await Gateway(BAZAAR).ask(
        "query($context_0: Int) { customer { best { amount(digits: $context_0) } } }", {"context_0": 7}
    )
    assert answer.data == {"customer": {"best": {"amount": "p1 digits=7 in=EUR"}}}

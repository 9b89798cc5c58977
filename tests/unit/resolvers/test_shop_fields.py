"""The shop's fields: what each asks of its service, in how many calls, and what it makes of the answer."""

from __future__ import annotations

from typing import Any

import pytest
import respx

from tests.unit.resolvers.conftest import Ask
from tests.unit.resolvers.rows import BILLING, CHARGE, CUSTOMER, ENTITIES, ORDER, PRODUCT, STOCK, TICKET, batch, page

pytestmark = pytest.mark.anyio


# name: service, path, parameters that must be asked for, the service's answer, document, variables, expected data
READS: dict[str, tuple[str, str, dict[str, str], Any, str, dict[str, Any], Any]] = {
    "a customer": (
        "customers",
        "/customers",
        {"ids": "c-1"},
        batch(CUSTOMER),
        '{customer(id:"c-1"){id name email country city segment tier createdAt}}',
        {},
        {
            "customer": {
                **{name: CUSTOMER[name] for name in ("id", "name", "email", "country", "city")},
                "segment": "BUSINESS",
                "tier": "GOLD",
                "createdAt": "2024-03-02T10:11:12+00:00",
            }
        },
    ),
    "customers of a country": (
        "customers",
        "/customers",
        {"limit": "2", "country": "DE"},
        page(CUSTOMER),
        '{customers(first:2,country:"DE"){name}}',
        {},
        {"customers": [{"name": "Anneliese Vogel"}]},
    ),
    "a page of customers": (
        "customers",
        "/customers",
        {"limit": "20", "cursor": "abc"},
        page(CUSTOMER, next="def"),
        '{customersConnection(after:"abc"){nodes{id} pageInfo{hasNextPage endCursor}}}',
        {},
        {"customersConnection": {"nodes": [{"id": "c-1"}], "pageInfo": {"hasNextPage": True, "endCursor": "def"}}},
    ),
    "a product": (
        "catalog",
        "/products",
        {"ids": "p-1"},
        batch(PRODUCT),
        '{product(id:"p-1"){id sku name category price currency attributes}}',
        {},
        {
            "product": {
                **{name: PRODUCT[name] for name in ("id", "sku", "name", "attributes")},
                "category": "BOOKS",
                "price": "18.90",
                "currency": "EUR",
            }
        },
    ),
    "the last page of a category": (
        "catalog",
        "/products",
        {"limit": "1", "category": "books"},
        page(PRODUCT),
        "{productsConnection(first:1,category:BOOKS){nodes{id} pageInfo{hasNextPage endCursor}}}",
        {},
        {"productsConnection": {"nodes": [{"id": "p-1"}], "pageInfo": {"hasNextPage": False, "endCursor": None}}},
    ),
    "products": ("catalog", "/products", {"limit": "20"}, page(), "{products{id}}", {}, {"products": []}),
    "the newest orders": (
        "orders",
        "/orders",
        {"limit": "20", "status": "delivered"},
        page(ORDER),
        """{orders(first:20,status:DELIVERED){id status placedAt total currency customer{id}
            items{product{id} quantity unitPrice}}}""",
        {},
        {
            "orders": [
                {
                    "id": "o-1",
                    "status": "DELIVERED",
                    "placedAt": "2026-01-05T09:30:00+00:00",
                    "total": "56.70",
                    "currency": "EUR",
                    "customer": {"id": "c-1"},
                    "items": [{"product": {"id": "p-1"}, "quantity": 3, "unitPrice": "18.90"}],
                }
            ]
        },
    ),
    "orders without their count": (
        "orders",
        "/orders",
        {"limit": "20", "customer_id": "c-1"},
        page(ORDER),
        '{ordersConnection(customerId:"c-1"){nodes{id}}}',
        {},
        {"ordersConnection": {"nodes": [{"id": "o-1"}]}},
    ),
    "orders with their count, asked for in a fragment": (
        "orders",
        "/orders",
        {"limit": "20", "with_total": "true"},
        page(ORDER) | {"total": 77},
        "query Q{ordersConnection{...F nodes{id}}} fragment F on OrderConnection{...on OrderConnection{n:totalCount}}",
        {},
        {"ordersConnection": {"n": 77, "nodes": [{"id": "o-1"}]}},
    ),
    "an order by reference": (
        "orders",
        "/orders",
        {"ids": "o-1"},
        batch(ORDER),
        ENTITIES % "...on Order{total}",
        {"r": [{"__typename": "Order", "id": "o-1"}]},
        {"_entities": [{"total": "56.70"}]},
    ),
    "recent orders of two customers": (
        "orders",
        "/orders",
        {"customer_ids": "c-1,c-2", "limit": "5"},
        {"lists": {"c-2": page(), "c-1": page(ORDER)}},
        ENTITIES % "...on Customer{recentOrders{id}}",
        {"r": [{"__typename": "Customer", "id": "c-1"}, {"__typename": "Customer", "id": "c-2"}]},
        {"_entities": [{"recentOrders": [{"id": "o-1"}]}, {"recentOrders": []}]},
    ),
    "stock": (
        "inventory",
        "/stock",
        {"product_ids": "p-1,p-2"},
        {"items": [STOCK], "missing": ["p-2"]},
        ENTITIES % "...on Product{stock{onHand reserved available warehouses{code onHand reserved}}}",
        {"r": [{"__typename": "Product", "id": "p-1"}, {"__typename": "Product", "id": "p-2"}]},
        {
            "_entities": [
                {
                    "stock": {
                        "onHand": 40,
                        "reserved": 3,
                        "available": 37,
                        "warehouses": [{"code": "HAM", "onHand": 40, "reserved": 3}],
                    }
                },
                {"stock": None},
            ]
        },
    ),
    "a charge": (
        "payments",
        "/charges",
        {"ids": "ch-1"},
        batch(CHARGE),
        '{charge(id:"ch-1"){id amount currency status method createdAt paidAt order{id} customer{id}}}',
        {},
        {
            "charge": {
                "id": "ch-1",
                "amount": "0.05",
                "currency": "EUR",
                "status": "PENDING",
                "method": "DIRECT_DEBIT",
                "createdAt": "2026-01-05T09:31:00+00:00",
                "paidAt": None,
                "order": {"id": "o-1"},
                "customer": {"id": "c-1"},
            }
        },
    ),
    "payments of an order": (
        "payments",
        "/charges",
        {"order_ids": "o-1", "limit": "7"},
        {"lists": {"o-1": page(CHARGE)}},
        ENTITIES % "...on Order{payments(first:7){id}}",
        {"r": [{"__typename": "Order", "id": "o-1"}]},
        {"_entities": [{"payments": [{"id": "ch-1"}]}]},
    ),
    "billing": (
        "payments",
        "/billing",
        {"customer_ids": "c-1,c-2"},
        {"items": [BILLING], "missing": ["c-2"]},
        ENTITIES % "...on Customer{billing{currency totalPaid outstanding refunded lastPaymentAt chargeCount}}",
        {"r": [{"__typename": "Customer", "id": "c-1"}, {"__typename": "Customer", "id": "c-2"}]},
        {
            "_entities": [
                {
                    "billing": {
                        "currency": "EUR",
                        "totalPaid": "567.00",
                        "outstanding": "0.00",
                        "refunded": "1234567890.12",
                        "lastPaymentAt": None,
                        "chargeCount": 10,
                    }
                },
                {"billing": None},
            ]
        },
    ),
    "a ticket": (
        "support",
        "/tickets",
        {"ids": "t-1"},
        batch(TICKET),
        '{ticket(id:"t-1"){id subject body status priority createdAt closedAt customer{id} order{id}}}',
        {},
        {
            "ticket": {
                "id": "t-1",
                "subject": "Parcel has not arrived",
                "body": "...",
                "status": "OPEN",
                "priority": "URGENT",
                "createdAt": "2026-01-20T08:00:00+00:00",
                "closedAt": None,
                "customer": {"id": "c-1"},
                "order": None,
            }
        },
    ),
    "open tickets": (
        "support",
        "/tickets",
        {"customer_ids": "c-1", "status": "open", "limit": "20"},
        {"lists": {"c-1": page(TICKET | {"order_id": "o-1"})}},
        ENTITIES % "...on Customer{openTickets{id order{id}}}",
        {"r": [{"__typename": "Customer", "id": "c-1"}]},
        {"_entities": [{"openTickets": [{"id": "t-1", "order": {"id": "o-1"}}]}]},
    ),
}


@pytest.mark.parametrize("name", READS)
async def test_a_read_is_one_call(services: respx.MockRouter, ask: Ask, name: str) -> None:
    """With exactly these parameters; the answer's values in the graph's form."""
    service, path, parameters, answer, document, variables, expected = READS[name]
    route = services.get(f"http://{service}.test{path}").respond(json=answer)
    response = await ask(service, document, **variables)
    assert response.errors == []
    assert response.data == expected
    assert [dict(call.request.url.params) for call in route.calls] == [parameters]


@pytest.mark.parametrize(
    ("service", "path", "field"),
    [
        ("customers", "/customers", "customer"),
        ("catalog", "/products", "product"),
        ("orders", "/orders", "order"),
        ("payments", "/charges", "charge"),
        ("support", "/tickets", "ticket"),
    ],
)
async def test_what_does_not_exist_is_null(
    services: respx.MockRouter, ask: Ask, service: str, path: str, field: str
) -> None:
    """An unknown id costs a call, an impossible one none; neither is an error, alone or as a reference."""
    route = services.get(f"http://{service}.test{path}").respond(json={"items": [], "missing": ["x-1"]})
    document = f'{{a:{field}(id:"x-1"){{id}} b:{field}(id:"no.such.form"){{id}}}}'
    response = await ask(service, document)
    assert (response.data, response.errors) == ({"a": None, "b": None}, [])
    assert [dict(call.request.url.params) for call in route.calls] == [{"ids": "x-1"}]
    kind = field.capitalize()
    references = {"r": [{"__typename": kind, "id": "x-1"}]}
    assert (await ask(service, ENTITIES % f"...on {kind}{{id}}", **references)).data == {"_entities": [None]}


async def test_one_list_under_two_aliases_is_one_call(services: respx.MockRouter, ask: Ask) -> None:
    """The same page is fetched once per request."""
    route = services.get("http://orders.test/orders").respond(json=page(ORDER))
    response = await ask("orders", "{a:orders(first:200){id} b:orders(first:200){total}}")
    assert response.data == {"a": [{"id": "o-1"}], "b": [{"total": "56.70"}]}
    assert route.call_count == 1


@pytest.mark.parametrize("first", [0, -1, 201])
async def test_too_much_is_refused_without_a_call(services: respx.MockRouter, ask: Ask, first: int) -> None:
    """`first` has the services' bounds, and the client is told."""
    response = await ask("orders", "query($n:Int!){orders(first:$n){id}}", n=first)
    assert response.data == {"orders": None}
    assert response.errors[0]["extensions"] == {"code": "BAD_USER_INPUT"}
    assert len(services.calls) == 0


async def test_a_service_that_is_down_nulls_its_own_fields(services: respx.MockRouter, ask: Ask) -> None:
    """The reference itself stays: the key is known without asking."""
    services.get("http://payments.test/billing").respond(503)
    representations = [{"__typename": "Customer", "id": "c-1"}]
    response = await ask("payments", ENTITIES % "...on Customer{id billing{totalPaid}}", r=representations)
    assert response.data == {"_entities": [{"id": "c-1", "billing": None}]}
    assert response.errors[0]["extensions"] == {"code": "SUBREQUEST_HTTP_ERROR", "service": "payments"}

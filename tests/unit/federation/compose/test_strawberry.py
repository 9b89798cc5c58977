"""Subgraph SDL as Strawberry's federation schemas print it."""

from __future__ import annotations

import strawberry
from strawberry import federation

from gateway.federation.compose import SubgraphSchema
from tests.unit.federation.compose.composing import annotations, compose


@federation.type(name="Customer", keys=["id"])
class Customer:
    id: strawberry.ID
    name: str


@strawberry.type(name="Query")
class CustomersQuery:
    @strawberry.field
    def customer(self, id: strawberry.ID) -> Customer | None:
        return None


@federation.type(name="Customer", keys=[federation.schema_directives.Key(fields="id", resolvable=False)])
class OrdersCustomer:
    id: strawberry.ID
    name: str = federation.field(external=True)
    greeting: str = federation.field(requires=["name"])


@federation.type(name="Order", keys=["id"], shareable=False)
class Order:
    id: strawberry.ID
    customer: OrdersCustomer


@strawberry.type(name="Query")
class OrdersQuery:
    orders: list[Order]


@strawberry.type
class Page:
    size: int


@strawberry.type(name="Query")
class PlainQuery:
    page: Page


def test_two_strawberry_subgraphs_compose() -> None:
    """With all that Strawberry adds to the SDL: _Any, _Entity, _Service, _entities, _service."""
    customers, orders = federation.Schema(query=CustomersQuery), federation.Schema(query=OrdersQuery)
    supergraph = compose(
        [SubgraphSchema("customers", customers.as_str()), SubgraphSchema("orders", orders.as_str())]
    ).supergraph_sdl
    found = annotations(supergraph)
    assert found["Customer"] == [
        '@join__type(graph: CUSTOMERS, key: "id")',
        '@join__type(graph: ORDERS, key: "id", resolvable: false)',
    ]
    assert found["Customer.greeting"] == ['@join__field(graph: ORDERS, requires: "name")']
    assert found["Query.orders"] == ["@join__field(graph: ORDERS)"]
    assert not any(name.startswith("_") for name in found)


def test_the_served_sdl_composes_like_the_printed_one() -> None:
    """`{ _service { sdl } }` is what a remote subgraph gives us."""
    schema = federation.Schema(query=CustomersQuery)
    served = schema.execute_sync("{ _service { sdl } }").data["_service"]["sdl"]
    assert compose([SubgraphSchema("a", served)]) == compose([SubgraphSchema("a", schema.as_str())])


def test_a_schema_without_directives_prints_no_link_and_is_federation_2_on_demand() -> None:
    """Forced to Federation 2, its types are not shared unless they say so."""
    sdl = federation.Schema(query=PlainQuery).as_str()
    assert "@link" not in sdl
    subgraph = SubgraphSchema("plain", sdl, federation=2)
    found = annotations(compose([subgraph]).supergraph_sdl)
    assert found["Page.size"] == []
    assert found["Query.page"] == []

"""The orders service in the graph: Order, a customer's orders, and the commands on orders."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry.federation.schema_directives import Cost, Key, ListSize

from gateway.subgraphs import Info, SubgraphSchema, derived, lookup
from resolvers import orders
from resolvers.orders import OrderStatus
from schema.commands import IdempotencyKey
from schema.money import from_cents
from schema.paging import After, Connection, First, asks_for, by_first, checked, nodes_by_first, page_info

strawberry.enum(OrderStatus, description="How far an order has come.")

WithStatus = Annotated[OrderStatus | None, strawberry.argument(description="Only orders in this status.")]
OfCustomer = Annotated[strawberry.ID | None, strawberry.argument(description="Only this customer's orders.")]


@strawberry.federation.type(keys=["id"])
class Customer:
    id: strawberry.ID

    @strawberry.field(directives=[by_first], description="The customer's newest orders, newest first.")
    async def recent_orders(self, info: Info, first: First = 5) -> list[Order] | None:
        rows = await orders.recent_orders(info.context, self.id, checked(first))
        return [Order.of(row) for row in rows]


@strawberry.federation.type(keys=[Key(fields="id", resolvable=False)])
class Product:
    id: strawberry.ID


@strawberry.type(description="One product of an order.")
class OrderItem:
    product: Product | None = strawberry.field(description="What was ordered.")
    quantity: int = strawberry.field(description="How many.")
    unit_price: Decimal = strawberry.field(description="What one cost on that day, in units of the order's `currency`.")


@strawberry.federation.type(keys=["id"], description="What a customer ordered at one time.")
class Order:
    row: strawberry.Private[orders.OrderRow]
    id: strawberry.ID = strawberry.field(description="For instance `o-0001234`.")
    status: OrderStatus | None = strawberry.field(description="How far it has come.")
    placed_at: datetime | None = strawberry.field(description="When it was placed.")
    total: Decimal | None = strawberry.field(description='Sum of all items, in units of `currency`: `"56.70"`.')
    currency: str | None = strawberry.field(description="Of `total` and of the items' prices, ISO 4217.")
    customer: Customer | None = strawberry.field(description="Who placed it.")

    @strawberry.field(
        directives=[ListSize(assumed_size=5, slicing_arguments=None, sized_fields=None)],
        description="Each product once; never empty.",
    )
    @derived
    def items(self) -> list[OrderItem] | None:
        return [
            OrderItem(
                product=Product(id=strawberry.ID(item.product_id)),
                quantity=item.quantity,
                unit_price=from_cents(item.unit_price_cents),
            )
            for item in self.row.items
        ]

    @classmethod
    def of(cls, row: orders.OrderRow) -> Order:
        return Order(
            row=row,
            id=strawberry.ID(row.id),
            status=row.status,
            placed_at=row.placed_at,
            total=from_cents(row.total_cents),
            currency=row.currency,
            customer=Customer(id=strawberry.ID(row.customer_id)),
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Order | None:
        row = await orders.find_order(info.context, id)
        return cls.of(row) if row else None


@strawberry.type(description="One page of orders.")
class OrderConnection(Connection[Order]):
    total_count: int | None = strawberry.field(
        directives=[Cost(weight=20)],
        description="Orders under these filters on all pages. Counting costs: ask for it on the first page only.",
    )


@strawberry.type
class Query:
    @strawberry.field(directives=[lookup], description="The order with this id.")
    async def order(self, info: Info, id: strawberry.ID) -> Order | None:
        return await Order.resolve_reference(info, id)

    @strawberry.field(directives=[by_first], description="The newest orders, newest first.")
    async def orders(self, info: Info, first: First = 20, status: WithStatus = None) -> list[Order] | None:
        page = await orders.list_orders(info.context, checked(first), status=status)
        return [Order.of(row) for row in page.items]

    @strawberry.field(directives=[nodes_by_first], description="All orders, newest first, page by page.")
    async def orders_connection(
        self,
        info: Info,
        first: First = 20,
        after: After = None,
        status: WithStatus = None,
        customer_id: OfCustomer = None,
    ) -> OrderConnection | None:
        with_total = asks_for(info, "totalCount")
        page = await orders.list_orders(info.context, checked(first), after, status, customer_id, with_total)
        nodes = [Order.of(row) for row in page.items]
        return OrderConnection(nodes=nodes, page_info=page_info(page.next), total_count=page.total)


@strawberry.input(description="One product to order. A product given twice is put together.")
class PlaceOrderItem:
    product_id: strawberry.ID = strawberry.field(description="What to order.")
    quantity: int = strawberry.field(description="How many: 1 to 1000.")


@strawberry.input(description="An order to be placed.")
class PlaceOrderInput:
    customer_id: strawberry.ID = strawberry.field(description="Who orders.")
    items: list[PlaceOrderItem] = strawberry.field(description="What to order: 1 to 100 products.")


@strawberry.type
class Mutation:
    @strawberry.mutation(
        description="Place an order. Errors: `ORDER_EMPTY`, `UNKNOWN_CUSTOMER`, `UNKNOWN_PRODUCT`, `INVALID_BODY`."
    )
    async def place_order(
        self, info: Info, input: PlaceOrderInput, idempotency_key: IdempotencyKey = None
    ) -> Order | None:
        items = [orders.NewItem(item.product_id, item.quantity) for item in input.items]
        return Order.of(await orders.place_order(info.context, input.customer_id, items, idempotency_key))

    @strawberry.mutation(
        description="Confirm an order that was placed; again changes nothing. Errors: `NOT_FOUND`, "
        "`ORDER_NOT_CONFIRMABLE`."
    )
    async def confirm_order(
        self, info: Info, id: strawberry.ID, idempotency_key: IdempotencyKey = None
    ) -> Order | None:
        return Order.of(await orders.move_order(info.context, id, "confirm", idempotency_key))

    @strawberry.mutation(
        description="Ship an order that was confirmed; again changes nothing. Errors: `NOT_FOUND`, "
        "`ORDER_NOT_SHIPPABLE`."
    )
    async def ship_order(self, info: Info, id: strawberry.ID, idempotency_key: IdempotencyKey = None) -> Order | None:
        return Order.of(await orders.move_order(info.context, id, "ship", idempotency_key))

    @strawberry.mutation(
        description="Cancel an order that has not been shipped. Errors: `NOT_FOUND`, `ORDER_NOT_CANCELLABLE`."
    )
    async def cancel_order(self, info: Info, id: strawberry.ID, idempotency_key: IdempotencyKey = None) -> Order | None:
        return Order.of(await orders.move_order(info.context, id, "cancel", idempotency_key))


schema = SubgraphSchema(query=Query, mutation=Mutation)

"""The payments service in the graph: charges, an order's payments, a customer's billing account."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from gateway.subgraphs import Info, SubgraphSchema, lookup
from resolvers import payments
from resolvers.payments import ChargeStatus, PaymentMethod
from schema.money import from_cents
from schema.paging import First, by_first, checked

strawberry.enum(ChargeStatus, description="What became of a charge.")
strawberry.enum(PaymentMethod, description="How a charge is paid.")


@strawberry.type(description="A customer's account: the sum of all charges.")
class Billing:
    currency: str = strawberry.field(description="Of all amounts here, ISO 4217.")
    total_paid: Decimal = strawberry.field(description="Charges that succeeded, in units of `currency`.")
    outstanding: Decimal = strawberry.field(description="Charges that are pending.")
    refunded: Decimal = strawberry.field(description="Charges that were paid back.")
    last_payment_at: datetime | None = strawberry.field(description="The newest charge that succeeded.")
    charge_count: int = strawberry.field(description="All charges, also those that failed.")


@strawberry.federation.type(keys=["id"])
class Customer:
    id: strawberry.ID

    @strawberry.field(description="The customer's account; null when there is no such customer.")
    async def billing(self, info: Info) -> Billing | None:
        row = await payments.find_billing(info.context, self.id)
        if row is None:
            return None
        return Billing(
            currency=row.currency,
            total_paid=from_cents(row.total_paid_cents),
            outstanding=from_cents(row.outstanding_cents),
            refunded=from_cents(row.refunded_cents),
            last_payment_at=row.last_payment_at,
            charge_count=row.charge_count,
        )


@strawberry.federation.type(keys=["id"])
class Order:
    id: strawberry.ID

    @strawberry.field(directives=[by_first], description="The order's charges, newest first.")
    async def payments(self, info: Info, first: First = 5) -> list[Charge] | None:
        rows = await payments.order_charges(info.context, self.id, checked(first))
        return [Charge.of(row) for row in rows]


@strawberry.federation.type(keys=["id"], description="Money asked for an order, at one time, in one way.")
class Charge:
    id: strawberry.ID = strawberry.field(description="For instance `ch-0001234`.")
    amount: Decimal | None = strawberry.field(description='In units of `currency`: `"56.70"`.')
    currency: str | None = strawberry.field(description="Of `amount`, ISO 4217.")
    status: ChargeStatus | None = strawberry.field(description="What became of it.")
    method: PaymentMethod | None = strawberry.field(description="How it is paid.")
    created_at: datetime | None = strawberry.field(description="When it was asked for.")
    paid_at: datetime | None = strawberry.field(description="When it was paid; null while pending, and when it failed.")
    order: Order | None = strawberry.field(description="What it pays for.")
    customer: Customer | None = strawberry.field(description="Who pays.")

    @classmethod
    def of(cls, row: payments.ChargeRow) -> Charge:
        return Charge(
            id=strawberry.ID(row.id),
            amount=from_cents(row.amount_cents),
            currency=row.currency,
            status=row.status,
            method=row.method,
            created_at=row.created_at,
            paid_at=row.paid_at,
            order=Order(id=strawberry.ID(row.order_id)),
            customer=Customer(id=strawberry.ID(row.customer_id)),
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Charge | None:
        row = await payments.find_charge(info.context, id)
        return cls.of(row) if row else None


@strawberry.type
class Query:
    @strawberry.field(directives=[lookup], description="The charge with this id.")
    async def charge(self, info: Info, id: strawberry.ID) -> Charge | None:
        return await Charge.resolve_reference(info, id)


schema = SubgraphSchema(query=Query)

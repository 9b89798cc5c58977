"""Charges and billing accounts, from the payments service."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import msgspec

from gateway.services.request import RequestContext
from gateway.services.rest import ListLoader, RowLoader
from resolvers.ids import ID


class ChargeStatus(Enum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    REFUNDED = "refunded"


class PaymentMethod(Enum):
    CARD = "card"
    PAYPAL = "paypal"
    DIRECT_DEBIT = "direct_debit"
    INVOICE = "invoice"


class ChargeRow(msgspec.Struct):
    id: str
    order_id: str
    customer_id: str
    amount_cents: int
    currency: str
    status: ChargeStatus
    method: PaymentMethod
    created_at: datetime
    paid_at: datetime | None


class BillingRow(msgspec.Struct):
    customer_id: str
    currency: str
    total_paid_cents: int
    outstanding_cents: int
    refunded_cents: int
    last_payment_at: datetime | None
    charge_count: int


class Charges(RowLoader[ChargeRow]):
    service, path, row, key_form = "payments", "/charges", ChargeRow, ID


class ChargesByOrder(ListLoader[ChargeRow]):
    service, path, row, key_form = "payments", "/charges", ChargeRow, ID
    parameter = "order_ids"


class BillingByCustomer(RowLoader[BillingRow]):
    service, path, row, key_form = "payments", "/billing", BillingRow, ID
    key, parameter = "customer_id", "customer_ids"


async def find_charge(context: RequestContext, id: str) -> ChargeRow | None:
    return await context.loader(Charges).load(id)


async def order_charges(context: RequestContext, order_id: str, first: int) -> list[ChargeRow]:
    """Newest first; empty for an unknown order."""
    return (await context.loader(ChargesByOrder, limit=first).load(order_id)).items


async def find_billing(context: RequestContext, customer_id: str) -> BillingRow | None:
    return await context.loader(BillingByCustomer).load(customer_id)

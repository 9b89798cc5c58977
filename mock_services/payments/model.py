"""The shapes that the payments service answers."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

STATUSES = ("pending", "succeeded", "failed", "refunded")

Cents = Annotated[int, msgspec.Meta(ge=0)]


class Charge(msgspec.Struct, frozen=True):
    """One attempt to be paid for an order. paid_at: when it succeeded; None if it has not."""

    id: str
    order_id: str
    customer_id: str
    amount_cents: Cents
    currency: Literal["EUR"]
    status: Literal["pending", "succeeded", "failed", "refunded"]
    method: Literal["card", "paypal", "direct_debit", "invoice"]
    created_at: str
    paid_at: str | None


class Billing(msgspec.Struct, frozen=True):
    """One customer's charges, summed: succeeded, pending, refunded. charge_count: all of them, also failed ones."""

    customer_id: str
    currency: Literal["EUR"]
    total_paid_cents: Cents
    outstanding_cents: Cents
    refunded_cents: Cents
    last_payment_at: str | None
    charge_count: Annotated[int, msgspec.Meta(ge=0)]

"""Amounts of money. The services count in cents; the graph speaks in units of the currency, exactly."""

from __future__ import annotations

from decimal import Decimal

from graphql import GraphQLError

from gateway.services.rest import BAD_USER_INPUT

MOST = 1_000_000


def from_cents(cents: int) -> Decimal:
    """1890 -> Decimal("18.90"), which goes out as the string "18.90"."""
    return Decimal(cents).scaleb(-2)


def to_cents(amount: Decimal) -> int:
    """Decimal("18.9") -> 1890. Raises a GraphQLError for what is not a whole number of cents, or beyond a million."""
    if not amount.is_finite() or abs(amount) > MOST or amount.scaleb(2) % 1:
        message = f"An amount of money must have at most two decimals, and be at most {MOST}."
        raise GraphQLError(message, extensions={"code": BAD_USER_INPUT})
    return int(amount.scaleb(2))

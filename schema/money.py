"""Amounts of money. The services count in cents; the graph speaks in units of the currency, exactly."""

from __future__ import annotations

from decimal import Decimal


def from_cents(cents: int) -> Decimal:
    """1890 -> Decimal("18.90"), which goes out as the string "18.90"."""
    return Decimal(cents).scaleb(-2)

"""Draws the charges of an order, so that what was paid fits how far the order is."""

from __future__ import annotations

from collections.abc import Iterator

from mock_services.generator.draws import Draws, Weighted
from mock_services.generator.orders import DrawnOrder
from mock_services.generator.times import DAY, NOW, text

Row = tuple[int | str | None, ...]

_METHODS = Weighted(("card", "paypal", "direct_debit", "invoice"), (56, 27, 11, 6))
_BUSINESS_METHODS = Weighted(("card", "direct_debit", "invoice"), (25, 20, 55))
# Seconds from the charge to the money, at least and at most.
_DELAYS = {"card": (2, 20), "paypal": (2, 60), "direct_debit": (DAY, 3 * DAY), "invoice": (4 * DAY, 30 * DAY)}
FIRST_ATTEMPT_FAILS = 0.04
OVERDUE = 0.03


class ChargeDraws:
    """Numbers charges across orders."""

    def __init__(self, seed: int) -> None:
        self._draws = Draws(seed, "charges")
        self._number = 0

    def of(self, order: DrawnOrder) -> Iterator[Row]:
        """Rows of the payments service. The last one settles the order; failed attempts come before it."""
        draws = self._draws
        method = (_BUSINESS_METHODS if order.customer.is_business else _METHODS).pick(draws)
        created_s = min(order.placed_s + draws.whole(5, 600), NOW)
        if draws.chance(FIRST_ATTEMPT_FAILS):
            yield self._row(order, "failed", method, created_s, None)
            created_s = min(created_s + draws.whole(30, 900), NOW)
        status = self._status(order, method)
        paid_s = min(created_s + draws.whole(*_DELAYS[method]), NOW) if status in ("succeeded", "refunded") else None
        yield self._row(order, status, method, created_s, paid_s)

    def _status(self, order: DrawnOrder, method: str) -> str:
        if order.status == "placed":
            return "pending"
        if order.status == "returned":
            return "refunded"
        if order.status == "cancelled":
            return "failed" if self._draws.chance(0.4) else "refunded"
        unpaid = method == "invoice" and order.status != "confirmed"
        return "pending" if unpaid and (order.age_days < 14 or self._draws.chance(OVERDUE)) else "succeeded"

    def _row(self, order: DrawnOrder, status: str, method: str, created_s: int, paid_s: int | None) -> Row:
        self._number += 1
        return (
            self._number,
            f"ch-{self._number:07d}",
            order.id,
            order.customer.id,
            order.total_cents,
            "EUR",
            status,
            method,
            text(created_s),
            None if paid_s is None else text(paid_s),
        )

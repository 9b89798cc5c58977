"""Draws the tickets: some orders cause one, and now and then a customer writes about nothing ordered."""

from __future__ import annotations

from collections.abc import Iterator

from mock_services.generator.customers import DrawnCustomer
from mock_services.generator.draws import Draws, Weighted
from mock_services.generator.orders import DrawnOrder
from mock_services.generator.times import DAY, NOW, text

Row = tuple[int | str | None, ...]

# The chance that an order in this status causes a ticket.
_CAUSES = {"placed": 0.04, "confirmed": 0.05, "shipped": 0.12, "delivered": 0.06, "returned": 0.45, "cancelled": 0.15}
_ABOUT_ORDERS = {
    "returned": ("Where is my refund?", "Return label does not print", "I sent it back two weeks ago"),
    "cancelled": ("Why was my order cancelled?", "I was charged for a cancelled order"),
    "delivered": ("Item arrived damaged", "One item is missing", "Wrong colour delivered", "Invoice needed"),
}
_ABOUT_DELIVERY = ("Parcel has not arrived", "Change of delivery address", "When will it be shipped?")
_ABOUT_ACCOUNTS = (
    "Cannot sign in",
    "Please change my e-mail address",
    "Question about the newsletter",
    "Delete my data",
)
_BODIES = (
    "Hello, could you please look into this? Many thanks.",
    "This is the second time that I write about it. Please answer soon.",
    "I have attached two photos. What shall I do now?",
    "Your courier says that you have to open an inquiry.",
    "No hurry, but I would like to know.",
)
_PRIORITIES = Weighted(("low", "normal", "high", "urgent"), (18, 60, 17, 5))
# Up to this age in days: the chance of each status.
_PROGRESS = (
    (14, Weighted(("open", "pending", "closed"), (55, 20, 25))),
    (60, Weighted(("open", "pending", "closed"), (22, 8, 70))),
    (float("inf"), Weighted(("open", "pending", "closed"), (5, 2, 93))),
)
WITHOUT_ORDER = 0.05


class TicketDraws:
    """Numbers tickets across orders and customers."""

    def __init__(self, seed: int) -> None:
        self._draws = Draws(seed, "tickets")
        self._number = 0

    def of_order(self, order: DrawnOrder) -> Iterator[Row]:
        """At most one row of the support service."""
        if not self._draws.chance(_CAUSES[order.status]):
            return
        created_s = order.placed_s + self._draws.whole(3600, 21 * DAY)
        if created_s < NOW:
            subject = self._draws.pick(_ABOUT_ORDERS.get(order.status, _ABOUT_DELIVERY))
            yield self._row(order.customer, order.id, subject, created_s)

    def of_customer(self, customer: DrawnCustomer) -> Iterator[Row]:
        """At most one row, about no order."""
        if self._draws.chance(WITHOUT_ORDER):
            created_s = int(self._draws.between(customer.joined_s, NOW))
            yield self._row(customer, None, self._draws.pick(_ABOUT_ACCOUNTS), created_s)

    def _row(self, customer: DrawnCustomer, order_id: str | None, subject: str, created_s: int) -> Row:
        self._number += 1
        draws = self._draws
        age_days = (NOW - created_s) / DAY
        status = next(statuses for limit, statuses in _PROGRESS if age_days <= limit).pick(draws)
        closed_s = min(created_s + draws.whole(1800, 9 * DAY), NOW) if status == "closed" else None
        return (
            self._number,
            f"t-{self._number:06d}",
            customer.id,
            order_id,
            subject,
            draws.pick(_BODIES),
            status,
            _PRIORITIES.pick(draws),
            text(created_s),
            None if closed_s is None else text(closed_s),
        )

"""Draws the orders, oldest first: whose, when, of what, and how far each is by its age."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mock_services.catalog.model import Product
from mock_services.generator.customers import DrawnCustomer
from mock_services.generator.draws import Draws, Weighted, zipf_weights
from mock_services.generator.times import DAY, NOW, OrderTimes, text

# Prices have risen this much a year.
INFLATION = 0.035
_COUNTS = Weighted(range(1, 9), (45, 25, 14, 7, 4, 2, 2, 1))
_QUANTITIES = Weighted((1, 2, 3, 4, 6), (74, 16, 6, 2, 2))

# Up to this age in days: the chance of each status. Later rows are older.
_PROGRESS = (
    (2, Weighted(("placed", "confirmed"), (70, 30))),
    (5, Weighted(("placed", "confirmed", "shipped"), (15, 55, 30))),
    (12, Weighted(("confirmed", "shipped", "delivered"), (5, 60, 35))),
    (30, Weighted(("shipped", "delivered"), (4, 96))),
    (float("inf"), Weighted(("delivered", "returned"), (95, 5))),
)
CANCELLED = 0.05


@dataclass(frozen=True, slots=True)
class DrawnItem:
    """product: its index in the catalogue."""

    product: int
    quantity: int
    unit_price_cents: int


@dataclass(slots=True)
class DrawnOrder:
    """Not frozen: a million are built. placed_s: seconds since 1970."""

    number: int
    customer: DrawnCustomer
    status: str
    placed_s: int
    items: list[DrawnItem]

    @property
    def id(self) -> str:
        return f"o-{self.number:07d}"

    @property
    def placed_at(self) -> str:
        return text(self.placed_s)

    @property
    def total_cents(self) -> int:
        return sum(item.quantity * item.unit_price_cents for item in self.items)

    @property
    def age_days(self) -> float:
        return (NOW - self.placed_s) / DAY


def draw_orders(
    seed: int, count: int, customers: Sequence[DrawnCustomer], products: Sequence[Product]
) -> Iterator[DrawnOrder]:
    """customers: in the order of joining; only those who have joined by then can order."""
    draws = Draws(seed, "orders")
    times = OrderTimes(count)
    buyers = Weighted(customers, [customer.weight for customer in customers])
    popularity = Weighted(range(len(products)), zipf_weights(Draws(seed, "popularity").ranks(len(products))))
    joined = 1
    for index in range(count):
        placed_s = times.at(index, draws)
        while joined < len(customers) and customers[joined].joined_s <= placed_s:
            joined += 1
        customer = buyers.pick(draws, joined)
        items = _draw_items(draws, placed_s, customer, products, popularity)
        yield DrawnOrder(index + 1, customer, _status(draws, placed_s), placed_s, items)


def _draw_items(
    draws: Draws, placed_s: int, customer: DrawnCustomer, products: Sequence[Product], popularity: Weighted[int]
) -> list[DrawnItem]:
    """At least one. A product drawn again is left out, so small catalogues make short orders."""
    factor = 5 if customer.is_business else 1
    wanted = dict.fromkeys(popularity.pick(draws) for _ in range(_COUNTS.pick(draws)))
    discount = 1 - INFLATION * (NOW - placed_s) / (365 * DAY)
    return [
        DrawnItem(
            product, factor * _QUANTITIES.pick(draws), max(1, round(products[product].price.amount_cents * discount))
        )
        for product in wanted
    ]


def _status(draws: Draws, placed_s: int) -> str:
    if draws.chance(CANCELLED):
        return "cancelled"
    age_days = (NOW - placed_s) / DAY
    return next(statuses for limit, statuses in _PROGRESS if age_days <= limit).pick(draws)

"""Draws the reviews: only of products that were delivered, by those to whom they were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mock_services.catalog.model import Product
from mock_services.generator.draws import Draws
from mock_services.generator.orders import DrawnOrder
from mock_services.generator.times import DAY, NOW, text

Row = tuple[int | str, ...]

REVIEWED = 0.16
_TITLES = {
    1: ("Broke at once", "Do not buy", "Very disappointed"),
    2: ("Not what I expected", "Could be better", "Poor finish"),
    3: ("It is all right", "Does its job", "Mixed feelings"),
    4: ("Good value", "Would buy again", "Nearly perfect"),
    5: ("Excellent", "Exactly what I wanted", "Best in a long time", "Love it"),
}
_BODIES = {
    1: ("It lasted three days.", "Nothing like the pictures, and support took a week to answer."),
    2: ("The idea is good but it feels cheap.", "Smaller than described."),
    3: ("Nothing special, nothing wrong.", "Fine for the price; the packaging was damaged."),
    4: ("Very happy, one star off for the slow delivery.", "Solid and well made."),
    5: ("I bought a second one for my sister.", "Use it every day.", "Arrived early and works perfectly."),
}


class ReviewDraws:
    """Numbers reviews across orders. Products differ in quality, so that their averages do."""

    def __init__(self, seed: int, products: Sequence[Product]) -> None:
        self._products = products
        quality = Draws(seed, "quality")
        self._quality = [2.6 + 2.2 * quality.random() ** 0.6 for _ in products]
        self._draws = Draws(seed, "reviews")
        self._number = 0

    def of(self, order: DrawnOrder) -> Iterator[Row]:
        """Rows of the reviews service."""
        if order.status != "delivered":
            return
        draws = self._draws
        for item in order.items:
            if not draws.chance(REVIEWED):
                continue
            created_s = order.placed_s + draws.whole(13 * DAY, 45 * DAY)
            if created_s < NOW:
                yield self._row(order, item.product, created_s)

    def _row(self, order: DrawnOrder, product: int, created_s: int) -> Row:
        self._number += 1
        draws = self._draws
        rating = min(5, max(1, round(self._quality[product] + draws.between(-1.6, 1.6))))
        return (
            self._number,
            f"r-{self._number:06d}",
            self._products[product].id,
            order.customer.id,
            rating,
            draws.pick(_TITLES[rating]),
            draws.pick(_BODIES[rating]),
            text(created_s),
        )

"""Draws the stock: what waiting orders have reserved, and something more, over a few warehouses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from mock_services.catalog.model import Product
from mock_services.generator.draws import Draws
from mock_services.generator.orders import DrawnOrder

WAREHOUSES = ("HAM", "LYS", "MIL", "MAD", "RTM", "WAW")
SOLD_OUT = 0.06
_RESERVING = ("placed", "confirmed")


class StockDraws:
    """Sees every order, then gives the rows: products are few, so what is reserved of each is kept in memory."""

    def __init__(self, seed: int) -> None:
        self._draws = Draws(seed, "stock")
        self._reserved: Counter[int] = Counter()

    def see(self, order: DrawnOrder) -> None:
        """Orders that are not on their way yet reserve what they hold."""
        if order.status in _RESERVING:
            for item in order.items:
                self._reserved[item.product] += item.quantity

    def rows(self, products: Sequence[Product]) -> Iterator[tuple[str, str, int, int]]:
        """Rows of the inventory service: product, warehouse, on hand, reserved."""
        draws = self._draws
        for index, product in enumerate(products):
            waiting = self._reserved[index]
            spare = 0 if draws.chance(SOLD_OUT) else int(400 * draws.random() ** 2) + 1
            first, count = draws.whole(0, len(WAREHOUSES) - 1), draws.whole(1, 4)
            codes = [WAREHOUSES[(first + step) % len(WAREHOUSES)] for step in range(count)]
            # What is reserved lies where the first order took it from; the rest is spread.
            for place, code in enumerate(codes):
                here = spare // count + (spare % count if place == 0 else 0)
                reserved = waiting if place == 0 else 0
                yield product.id, code, here + reserved, reserved

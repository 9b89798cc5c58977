"""What the inventory service tells of its stock."""

from __future__ import annotations

import msgspec

from mock_services.inventory.model import Stock
from mock_services.kit.events import EventType


class StockAdjusted(msgspec.Struct, frozen=True):
    """change: pieces that came to the warehouse, or went when negative. stock: the product's, afterwards."""

    product_id: str
    warehouse: str
    change: int
    stock: Stock


ADJUSTED = EventType("stock.adjusted", StockAdjusted)
EVENTS = (ADJUSTED,)

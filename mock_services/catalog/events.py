"""What the catalog service tells of its products."""

from __future__ import annotations

import msgspec

from mock_services.catalog.model import Price
from mock_services.kit.events import EventType


class PriceChanged(msgspec.Struct, frozen=True):
    """price: from now on; previous_price: until now."""

    id: str
    price: Price
    previous_price: Price


PRICE_CHANGED = EventType("product.price_changed", PriceChanged)
EVENTS = (PRICE_CHANGED,)

"""The shapes that the inventory service answers."""

from __future__ import annotations

from typing import Annotated

import msgspec

Pieces = Annotated[int, msgspec.Meta(ge=0)]


class Warehouse(msgspec.Struct, frozen=True):
    """One product's stock in one warehouse, which has a code of three letters."""

    code: str
    on_hand: Pieces
    reserved: Pieces


class Stock(msgspec.Struct, frozen=True):
    """One product's stock in all warehouses. available = on_hand - reserved."""

    product_id: str
    on_hand: Pieces
    reserved: Pieces
    available: Pieces
    warehouses: list[Warehouse]


class Adjustment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """change: pieces that have come to the warehouse, or gone when negative."""

    warehouse: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
    change: Annotated[int, msgspec.Meta(ge=-1_000_000, le=1_000_000)]

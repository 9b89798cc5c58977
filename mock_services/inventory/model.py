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

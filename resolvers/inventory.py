"""What is in stock, from the inventory service. Its rows are keyed by product."""

from __future__ import annotations

import msgspec

from gateway.services.request import RequestContext
from gateway.services.rest import RowLoader
from resolvers.ids import ID


class WarehouseRow(msgspec.Struct):
    code: str
    on_hand: int
    reserved: int


class StockRow(msgspec.Struct):
    product_id: str
    on_hand: int
    reserved: int
    available: int
    warehouses: list[WarehouseRow]


class StockByProduct(RowLoader[StockRow]):
    service, path, row, key_form = "inventory", "/stock", StockRow, ID
    key, parameter = "product_id", "product_ids"


async def find_stock(context: RequestContext, product_id: str) -> StockRow | None:
    return await context.loader(StockByProduct).load(product_id)

"""What is in stock, from the inventory service. Its rows are keyed by product."""

from __future__ import annotations

import msgspec

from gateway.services.request import RequestContext
from gateway.services.rest import RowLoader
from resolvers.commands import give
from resolvers.ids import ID, in_path


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


async def adjust_stock(
    context: RequestContext, product_id: str, warehouse: str, change: int, key: str | None
) -> StockRow:
    """Raises SourceRefused: NOT_FOUND, UNKNOWN_WAREHOUSE, STOCK_TOO_LOW, INVALID_BODY."""
    path, body = f"/stock/{in_path(product_id)}/adjust", {"warehouse": warehouse, "change": change}
    return await give(context, "inventory", path, body, key=key, decode_as=StockRow)

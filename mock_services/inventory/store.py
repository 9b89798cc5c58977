"""Stock: one row per product and warehouse; what is answered per product is their sum."""

from __future__ import annotations

from mock_services.inventory.events import ADJUSTED, StockAdjusted
from mock_services.inventory.model import Adjustment, Stock, Warehouse
from mock_services.kit.answers import Batch, Page, batch_of, encode_cursor, page_of
from mock_services.kit.connection import Connection
from mock_services.kit.outbox import record
from mock_services.kit.problems import Fault, Problem, not_found

TABLES = """
CREATE TABLE stock (
    product_id TEXT NOT NULL, warehouse TEXT NOT NULL,
    on_hand INTEGER NOT NULL CHECK (on_hand >= 0), reserved INTEGER NOT NULL CHECK (reserved BETWEEN 0 AND on_hand),
    PRIMARY KEY (product_id, warehouse)
) WITHOUT ROWID;
"""
INDEXES = ""

CURSOR = "stock"


def get_stock(db: Connection, *, product_id: str) -> Stock:
    found = _stock_of(db, [product_id])
    if product_id not in found:
        raise not_found("stock of product", product_id)
    return found[product_id]


def find_stock(db: Connection, *, product_ids: list[str]) -> Batch[Stock]:
    return batch_of(product_ids, _stock_of(db, product_ids))


def list_stock(db: Connection, *, limit: int, cursor: tuple[str] | None) -> Page[Stock]:
    """By product id."""
    after = cursor[0] if cursor else ""
    rows = db.all(
        "SELECT DISTINCT product_id FROM stock WHERE product_id > :after ORDER BY product_id LIMIT :rows",
        {"after": after, "rows": limit + 1},
    )
    found = _stock_of(db, [row[0] for row in rows])
    return page_of(list(found.values()), limit, lambda stock: encode_cursor(CURSOR, stock.product_id))


def adjust_stock(db: Connection, *, product_id: str, body: Adjustment) -> Stock:
    """In a warehouse that has some of the product. What is reserved cannot go; a change of 0 is none."""
    stock = get_stock(db, product_id=product_id)
    warehouse = next((each for each in stock.warehouses if each.code == body.warehouse), None)
    if warehouse is None:
        fault = Fault("body", f"must be one of {', '.join(each.code for each in stock.warehouses)}", "$.warehouse")
        raise Problem(422, "UNKNOWN_WAREHOUSE", f"product {product_id} is not kept in {body.warehouse}", [fault])
    if warehouse.on_hand + body.change < warehouse.reserved:
        free = warehouse.on_hand - warehouse.reserved
        raise Problem(409, "STOCK_TOO_LOW", f"only {free} of product {product_id} can go from {body.warehouse}")
    if body.change == 0:
        return stock
    db.run(
        "UPDATE stock SET on_hand = on_hand + :change WHERE product_id = :product_id AND warehouse = :warehouse",
        {"change": body.change, "product_id": product_id, "warehouse": body.warehouse},
    )
    adjusted = get_stock(db, product_id=product_id)
    record(db, ADJUSTED, product_id, StockAdjusted(product_id, body.warehouse, body.change, adjusted))
    return adjusted


def _stock_of(db: Connection, product_ids: list[str]) -> dict[str, Stock]:
    """By product, in the order of their ids."""
    warehouses: dict[str, list[Warehouse]] = {}
    for product_id, *warehouse in db.all(
        "SELECT product_id, warehouse, on_hand, reserved FROM stock"
        " WHERE product_id IN listed(:product_ids) ORDER BY product_id, warehouse",
        {"product_ids": product_ids},
    ):
        warehouses.setdefault(product_id, []).append(Warehouse(*warehouse))
    return {product_id: _sum(product_id, each) for product_id, each in warehouses.items()}


def _sum(product_id: str, warehouses: list[Warehouse]) -> Stock:
    on_hand = sum(warehouse.on_hand for warehouse in warehouses)
    reserved = sum(warehouse.reserved for warehouse in warehouses)
    return Stock(product_id, on_hand, reserved, on_hand - reserved, warehouses)

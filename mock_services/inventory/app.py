"""What the inventory service offers."""

from __future__ import annotations

from pathlib import Path

from mock_services.inventory import store
from mock_services.inventory.events import EVENTS
from mock_services.inventory.model import Adjustment, Stock
from mock_services.kit.answers import Batch, Page
from mock_services.kit.collection import Collection
from mock_services.kit.events import Stream
from mock_services.kit.operations import Form, Operation
from mock_services.kit.params import cursor_param, id_param, ids_param, limit_param
from mock_services.kit.service import rest_service

PRODUCT_IDS = ids_param("product_ids", "Products whose stock to answer.")
LIMIT = limit_param(20, "Products per page; 20 unless given.")
CURSOR = cursor_param(store.CURSOR, 1)
STOCK = Collection("/stock", "product", Stock, id_param("product_id", "The product."))

OPERATIONS = (
    Operation(
        "GET",
        "/stock",
        "The stock of products by id, or of all products by page.",
        (
            Form(store.find_stock, Batch[Stock], (PRODUCT_IDS,), when="product_ids"),
            Form(store.list_stock, Page[Stock], (LIMIT, CURSOR)),
        ),
    ),
    STOCK.one(store.get_stock, "The stock of one product."),
    STOCK.command(
        "adjust",
        store.adjust_stock,
        "Enter that pieces have come to a warehouse or gone from it.",
        body=Adjustment,
        problems={409: "more would go than is free", 422: "it is not kept there"},
    ),
)

STREAM = Stream(
    service="inventory",
    folder=Path(__file__).parent,
    table="stock",
    key="product_id",
    find=lambda db, ids: {stock.product_id: stock for stock in store.find_stock(db, product_ids=ids).items},
    events=EVENTS,
)

SERVICE = rest_service(
    STREAM,
    OPERATIONS,
    summary="Stock of the shop: how much of each product lies in which warehouse.",
)

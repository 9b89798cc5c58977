"""What the inventory service offers."""

from __future__ import annotations

from functools import partial

from mock_services.inventory import store
from mock_services.inventory.model import Stock
from mock_services.kit.answers import Batch, Page
from mock_services.kit.openapi import openapi_document
from mock_services.kit.operations import Form, Operation, routes_of
from mock_services.kit.params import cursor_param, id_param, ids_param, limit_param
from mock_services.kit.service import Service

PRODUCT_IDS = ids_param("product_ids", "Products whose stock to answer.")
LIMIT = limit_param(20, "Products per page; 20 unless given.")
CURSOR = cursor_param(store.CURSOR, 1)

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
    Operation(
        "GET",
        "/stock/{product_id}",
        "The stock of one product.",
        (Form(store.get_stock, Stock),),
        path_params=(id_param("product_id", "The product."),),
        problems={404: "there is no such product"},
    ),
)

SERVICE = Service(
    name="inventory",
    summary="Stock of the shop: how much of each product lies in which warehouse.",
    routes=partial(routes_of, OPERATIONS),
    document=openapi_document("Inventory", OPERATIONS),
)

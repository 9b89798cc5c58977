"""What the catalog service offers."""

from __future__ import annotations

from pathlib import Path

from mock_services.catalog import store
from mock_services.catalog.events import EVENTS
from mock_services.catalog.model import CATEGORIES, NewPrice, Product
from mock_services.kit.answers import Batch, Page
from mock_services.kit.collection import Collection
from mock_services.kit.events import Stream
from mock_services.kit.operations import Form, Operation
from mock_services.kit.params import choice_param, cursor_param, id_param, ids_param, limit_param
from mock_services.kit.service import rest_service

IDS = ids_param("ids", "Products to answer.")
LIMIT = limit_param(20, "Products per page; 20 unless given.")
CURSOR = cursor_param(store.CURSOR, 1)
CATEGORY = choice_param("category", CATEGORIES, "Only products of this category.")
PRODUCTS = Collection("/products", "product", Product, id_param("id", "The product."))

OPERATIONS = (
    Operation(
        "GET",
        "/products",
        "Products by id, or all of them by page.",
        (
            Form(store.find_products, Batch[Product], (IDS,), when="ids"),
            Form(store.list_products, Page[Product], (LIMIT, CURSOR, CATEGORY)),
        ),
    ),
    PRODUCTS.one(store.get_product, "One product."),
    PRODUCTS.command("price", store.change_price, "Change what a product costs.", body=NewPrice),
)

STREAM = Stream(
    service="catalog",
    folder=Path(__file__).parent,
    table="products",
    key="id",
    find=lambda db, ids: {product.id: product for product in store.find_products(db, ids=ids).items},
    events=EVENTS,
)

SERVICE = rest_service(
    STREAM,
    OPERATIONS,
    summary="Products of the shop, as documents whose attributes differ by category.",
)

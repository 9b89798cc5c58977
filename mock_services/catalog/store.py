"""Products in a database used as a document store: one JSON document each, indexed by what is inside it."""

from __future__ import annotations

import msgspec

from mock_services.catalog.events import PRICE_CHANGED, PriceChanged
from mock_services.catalog.model import NewPrice, Product
from mock_services.kit.answers import Batch, Page, batch_of, encode_cursor, page_of
from mock_services.kit.connection import Connection
from mock_services.kit.outbox import record
from mock_services.kit.problems import not_found

TABLES = "CREATE TABLE products (id TEXT PRIMARY KEY, document JSON NOT NULL) WITHOUT ROWID;"
INDEXES = "CREATE INDEX products_by_category ON products (member(document, category), id);"

CURSOR = "products"
_read = msgspec.json.Decoder(Product).decode


def get_product(db: Connection, *, id: str) -> Product:
    row = db.one("SELECT document FROM products WHERE id = :id", {"id": id})
    if row is None:
        raise not_found("product", id)
    return _read(row[0])


def find_products(db: Connection, *, ids: list[str]) -> Batch[Product]:
    rows = db.all("SELECT id, document FROM products WHERE id IN listed(:ids)", {"ids": ids})
    return batch_of(ids, {id: _read(document) for id, document in rows})


def list_products(db: Connection, *, limit: int, cursor: tuple[str] | None, category: str | None) -> Page[Product]:
    """By id."""
    condition = "" if category is None else "AND member(document, category) = :category"
    rows = db.all(
        f"SELECT document FROM products WHERE id > :after {condition} ORDER BY id LIMIT :rows",
        {"after": cursor[0] if cursor else "", "category": category, "rows": limit + 1},
    )
    return page_of([_read(row[0]) for row in rows], limit, lambda product: encode_cursor(CURSOR, product.id))


def change_price(db: Connection, *, id: str, body: NewPrice) -> Product:
    """Nothing happens when it costs that already."""
    product = get_product(db, id=id)
    if product.price.amount_cents == body.amount_cents:
        return product
    price = msgspec.structs.replace(product.price, amount_cents=body.amount_cents)
    changed = msgspec.structs.replace(product, price=price)
    document = msgspec.json.encode(changed).decode()
    db.run("UPDATE products SET document = :document WHERE id = :id", {"document": document, "id": id})
    record(db, PRICE_CHANGED, id, PriceChanged(id, price, product.price))
    return changed

"""Products in SQLite used as a document store: one JSON document each, indexed by what is inside it."""

from __future__ import annotations

import sqlite3

import msgspec

from mock_services.catalog.model import Product
from mock_services.kit.answers import Batch, Page, batch_of, encode_cursor, page_of
from mock_services.kit.database import json_array
from mock_services.kit.problems import not_found

TABLES = "CREATE TABLE products (id TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;"
INDEXES = "CREATE INDEX products_by_category ON products (json_extract(document, '$.category'), id);"

CURSOR = "products"
_read = msgspec.json.Decoder(Product).decode


def get_product(db: sqlite3.Connection, *, id: str) -> Product:
    row = db.execute("SELECT document FROM products WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise not_found("product", id)
    return _read(row[0])


def find_products(db: sqlite3.Connection, *, ids: list[str]) -> Batch[Product]:
    rows = db.execute(
        "SELECT id, document FROM products WHERE id IN (SELECT value FROM json_each(?))", (json_array(ids),)
    )
    return batch_of(ids, {id: _read(document) for id, document in rows})


def list_products(
    db: sqlite3.Connection, *, limit: int, cursor: tuple[str] | None, category: str | None
) -> Page[Product]:
    """By id."""
    condition = "" if category is None else "AND json_extract(document, '$.category') = :category"
    rows = db.execute(
        f"SELECT document FROM products WHERE id > :after {condition} ORDER BY id LIMIT :rows",
        {"after": cursor[0] if cursor else "", "category": category, "rows": limit + 1},
    )
    return page_of([_read(row[0]) for row in rows], limit, lambda product: encode_cursor(CURSOR, product.id))

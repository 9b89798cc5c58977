"""The generated data: the same for the same seed, whole across the seven databases, and shaped like a shop's."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mock_services.estate import Estate
from mock_services.estate.remote import ask
from mock_services.generator import SeedingError, Sizes, generate, read_manifest
from mock_services.kit.ports import PORTS
from tests.shop_services.conftest import SEED, SIZES

TINY = Sizes(customers=20, products=10, orders=60)


def content(directory: Path) -> dict[str, list[str]]:
    """Every row of every table, as SQL text, but for the names of the feeds: each is made once."""
    made = 'INSERT INTO "feed"'
    return {name: [row for row in dump(directory / f"{name}.db") if not row.startswith(made)] for name in PORTS}


def dump(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(path)) as db:
        yield from db.iterdump()


@pytest.fixture(scope="module")
def shop(pristine: Path) -> Iterator[sqlite3.Connection]:
    """All seven databases in one connection, so that a query can look across them."""
    with closing(sqlite3.connect(":memory:")) as db:
        for name in PORTS:
            db.execute(f"ATTACH ? AS {name}_db", (str(pristine / f"{name}.db"),))
        yield db


def values(db: sqlite3.Connection, query: str) -> list[Any]:
    return [row[0] for row in db.execute(query)]


def test_the_same_seed_gives_the_same_rows(pristine: Path, tmp_path: Path) -> None:
    """In another process, with other hashes of strings: byte for byte."""
    command = [sys.executable, "-m", "mock_services.generate", "--dir", str(tmp_path / "again"), "--seed", str(SEED)]
    command += [f"--{name}={getattr(SIZES, name)}" for name in SIZES.__struct_fields__]
    subprocess.run(command, check=True, capture_output=True, env=os.environ | {"PYTHONHASHSEED": "12345"})
    assert content(tmp_path / "again") == content(pristine)


def test_another_seed_gives_other_rows(tmp_path: Path) -> None:
    for seed in (1, 2):
        generate(tmp_path / str(seed), seed, TINY)
    first, second = content(tmp_path / "1"), content(tmp_path / "2")
    assert all(first[name] != second[name] for name in PORTS)


def test_the_sizes_are_those_asked_for(shop: sqlite3.Connection) -> None:
    for table, count in (("customers", SIZES.customers), ("products", SIZES.products), ("orders", SIZES.orders)):
        assert values(shop, f"SELECT count(*) FROM {table}") == [count]


REFERENCES = [
    ("orders", "customer_id", "customers", "id"),
    ("order_items", "order_id", "orders", "id"),
    ("order_items", "product_id", "products", "id"),
    ("charges", "order_id", "orders", "id"),
    ("charges", "customer_id", "customers", "id"),
    ("accounts", "customer_id", "customers", "id"),
    ("customers", "id", "accounts", "customer_id"),
    ("customers", "id", "known_customers", "id"),
    ("tickets", "customer_id", "customers", "id"),
    ("tickets", "order_id", "orders", "id"),
    ("reviews", "author_id", "customers", "id"),
    ("reviews", "product_id", "products", "id"),
    ("stock", "product_id", "products", "id"),
    ("products", "id", "stock", "product_id"),
    ("products", "id", "known_products", "id"),
]


@pytest.mark.parametrize(("table", "column", "other", "key"), REFERENCES)
def test_ids_of_others_exist_there(shop: sqlite3.Connection, table: str, column: str, other: str, key: str) -> None:
    held = f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"
    assert values(shop, held) != []
    assert values(shop, f"{held} AND {column} NOT IN (SELECT {key} FROM {other})") == []


# Each query finds what must not be.
CONTRADICTIONS = {
    "an order without items": "SELECT id FROM orders WHERE id NOT IN (SELECT order_id FROM order_items)",
    "a total that is not the sum of the items": """
        SELECT id FROM orders JOIN order_items ON order_id = id GROUP BY id
        HAVING sum(quantity * unit_price_cents) <> total_cents""",
    "an order before its customer joined": """
        SELECT orders.id FROM orders JOIN customers ON customers.id = customer_id WHERE placed_at < created_at""",
    "a charge of another customer or another amount than its order": """
        SELECT charges.id FROM charges JOIN orders ON orders.id = order_id
        WHERE charges.customer_id <> orders.customer_id OR amount_cents <> total_cents OR created_at < placed_at""",
    "an order on its way that is not charged exactly once": """
        SELECT orders.id FROM orders
        LEFT JOIN charges ON order_id = orders.id AND charges.status IN ('succeeded', 'pending')
        WHERE orders.status IN ('confirmed', 'shipped', 'delivered')
        GROUP BY orders.id HAVING count(charges.id) <> 1""",
    "a confirmed order that is not paid": """
        SELECT orders.id FROM orders WHERE status = 'confirmed'
        AND id NOT IN (SELECT order_id FROM charges WHERE charges.status = 'succeeded')""",
    "a returned order whose money was kept": """
        SELECT orders.id FROM orders JOIN charges ON order_id = orders.id
        WHERE orders.status IN ('returned', 'cancelled') AND charges.status IN ('succeeded', 'pending')""",
    "a time of payment that does not fit the charge": """
        SELECT id FROM charges WHERE (paid_at IS NULL) <> (status IN ('pending', 'failed')) OR paid_at < created_at""",
    "an old order that still waits": """
        SELECT id FROM orders WHERE status IN ('placed', 'confirmed', 'shipped') AND placed_at < '2026-08-31'""",
    "a new order that has arrived": "SELECT id FROM orders WHERE status = 'delivered' AND placed_at > '2026-09-26'",
    "a count by status that is not so": """
        SELECT status FROM order_counts
        WHERE orders <> (SELECT count(*) FROM orders WHERE orders.status = order_counts.status)""",
    "a ticket about somebody else's order": """
        SELECT tickets.id FROM tickets JOIN orders ON orders.id = order_id
        WHERE tickets.customer_id <> orders.customer_id OR tickets.created_at < placed_at""",
    "a ticket closed and not closed": """
        SELECT id FROM tickets WHERE (closed_at IS NULL) <> (status <> 'closed') OR closed_at < created_at""",
    "a review of what was not delivered to its author before": """
        SELECT id FROM reviews WHERE NOT EXISTS (
            SELECT 1 FROM orders JOIN order_items ON order_id = orders.id
            WHERE customer_id = author_id AND order_items.product_id = reviews.product_id
            AND status = 'delivered' AND placed_at < reviews.created_at)""",
    "a reservation that no waiting order explains": """
        SELECT stock.product_id FROM stock GROUP BY stock.product_id HAVING sum(reserved) <> (
            SELECT coalesce(sum(quantity), 0) FROM order_items JOIN orders ON order_id = orders.id
            WHERE order_items.product_id = stock.product_id AND status IN ('placed', 'confirmed'))""",
    "a price that orders does not know": """
        SELECT products.id FROM products JOIN known_products USING (id)
        WHERE json_extract(document, '$.price.amount_cents') <> price_cents""",
}


@pytest.mark.parametrize("what", CONTRADICTIONS)
def test_nothing_contradicts_itself(shop: sqlite3.Connection, what: str) -> None:
    """There is no order, charge, ticket, review or stock that the others give the lie to."""
    assert values(shop, CONTRADICTIONS[what]) == [], what


def test_nothing_lies_in_the_future(shop: sqlite3.Connection) -> None:
    """The shop's present is the first of October 2026; its orders reach three years back."""
    for table, column in (
        ("customers", "created_at"),
        ("orders", "placed_at"),
        ("charges", "created_at"),
        ("charges", "paid_at"),
        ("tickets", "closed_at"),
        ("reviews", "created_at"),
    ):
        (latest,) = values(shop, f"SELECT max({column}) FROM {table}")
        assert "2026-08-01" < latest <= "2026-10-01T00:00:00Z", (table, column)
    (first,) = values(shop, "SELECT min(placed_at) FROM orders")
    assert first.startswith("2023-10")


def test_a_few_customers_order_much_and_many_little(shop: sqlite3.Connection) -> None:
    orders = sorted(values(shop, "SELECT count(*) FROM orders GROUP BY customer_id"), reverse=True)
    buyers = len(orders)
    assert orders[0] > 8 * SIZES.orders / SIZES.customers
    assert sum(orders[: buyers // 10]) > 0.35 * SIZES.orders
    assert orders[buyers // 2] <= SIZES.orders / SIZES.customers
    assert 0.05 < 1 - buyers / SIZES.customers < 0.3


def test_the_shop_grows_and_has_seasons(shop: sqlite3.Connection) -> None:
    by_month = Counter(values(shop, "SELECT substr(placed_at, 1, 7) FROM orders"))
    assert sum(by_month[f"2026-{month:02d}"] for month in range(1, 10)) > 1.3 * sum(
        by_month[f"2024-{month:02d}"] for month in range(1, 10)
    )
    assert by_month["2025-12"] > 1.5 * by_month["2026-02"]


def test_customers_and_products_vary_as_they_do(shop: sqlite3.Connection) -> None:
    """Countries are skewed, mail addresses unique and plain, attributes differ by category."""
    countries = Counter(values(shop, "SELECT country FROM customers"))
    assert len(countries) >= 8
    assert countries.most_common(1)[0][0] == "DE"
    emails = values(shop, "SELECT email FROM customers")
    assert len(set(emails)) == len(emails)
    assert all(email.isascii() and "@example." in email and " " not in email for email in emails)
    attributes: dict[str, set[str]] = {}
    for product in map(json.loads, values(shop, "SELECT document FROM products")):
        attributes.setdefault(product["category"], set()).update(product["attributes"])
        assert product["price"]["amount_cents"] % 100 in (90, 99)
    assert len(attributes) == 10
    assert len({frozenset(names) for names in attributes.values()}) == 10


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    """Unless forced; another shop is not overwritten unless forced."""
    first = generate(tmp_path, 1, TINY)
    assert first.made
    (tmp_path / "orders.db").touch()
    stamp = (tmp_path / "orders.db").stat().st_mtime_ns
    again = generate(tmp_path, 1, TINY)
    assert not again.made
    assert again.manifest == first.manifest
    assert (tmp_path / "orders.db").stat().st_mtime_ns == stamp
    with pytest.raises(SeedingError, match=r"another shop.*--force"):
        generate(tmp_path, 2, TINY)
    assert read_manifest(tmp_path) == first.manifest
    assert generate(tmp_path, 2, TINY, force=True).made
    assert read_manifest(tmp_path) != first.manifest


def test_what_is_incomplete_is_made_again(tmp_path: Path) -> None:
    """A missing file, or a manifest that cannot be read."""
    generate(tmp_path, 1, TINY)
    expected = content(tmp_path)
    (tmp_path / "support.db").unlink()
    assert generate(tmp_path, 1, TINY).made
    (tmp_path / "manifest.json").write_text("{")
    assert generate(tmp_path, 1, TINY).made
    assert content(tmp_path) == expected


def test_a_shop_in_use_is_not_exchanged(tmp_path: Path) -> None:
    generate(tmp_path, 1, TINY)
    with Estate(tmp_path, services=["orders"]), pytest.raises(SeedingError, match="in use"):
        generate(tmp_path, 2, TINY, force=True)
    assert generate(tmp_path, 2, TINY, force=True).made


def test_a_journal_left_behind_does_not_reach_the_new_files(tmp_path: Path) -> None:
    """A killed service leaves its journal; after --force it must not be played into another database."""
    generate(tmp_path, 1, TINY)
    with Estate(tmp_path, services=["support"]) as estate:
        ask(estate.url("support"), "POST", "/tickets", {"customer_id": "c-000001", "subject": "in the journal"})
        estate.kill("support")
    assert (tmp_path / "support.db-wal").stat().st_size > 0
    generate(tmp_path, 1, TINY, force=True)
    assert "in the journal" not in "".join(dump(tmp_path / "support.db"))


@pytest.mark.parametrize("sizes", [Sizes(0, 1, 1), Sizes(1, 0, 1), Sizes(1, 1, -1)])
def test_sizes_that_cannot_be_are_refused(tmp_path: Path, sizes: Sizes) -> None:
    with pytest.raises(SeedingError, match="at least one"):
        generate(tmp_path, 1, sizes)


@pytest.mark.parametrize("sizes", [Sizes(1, 1, 0), Sizes(1, 1, 1), Sizes(2, 1, 40)])
def test_the_smallest_shops_can_be_made(tmp_path: Path, sizes: Sizes) -> None:
    rows = generate(tmp_path, 1, sizes).manifest.rows
    assert (rows["customers"], rows["products"], rows["orders"]) == (sizes.customers, sizes.products, sizes.orders)

"""generate: fills a directory with the shop's seven databases, all or nothing.

The files are made in a directory beside their place and moved when they are complete; the manifest, written last, says
what they hold. Whoever serves them holds a lock, so that nobody exchanges files under a running service.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from mock_services.generator.charges import ChargeDraws
from mock_services.generator.customers import draw_customers
from mock_services.generator.orders import DrawnOrder, draw_orders
from mock_services.generator.products import draw_products
from mock_services.generator.reviews import ReviewDraws
from mock_services.generator.stock import StockDraws
from mock_services.generator.tables import STORES, Shop
from mock_services.generator.tickets import TicketDraws
from mock_services.kit.locks import Locked, lock

# Raised whenever the same seed would give other rows, or the tables change.
GENERATOR_VERSION = 1
DEFAULT_SEED = 7
MANIFEST = "manifest.json"
_PARTIAL = ".partial"

Report = Callable[[str], None]


class SeedingError(Exception):
    """The directory cannot be filled; the message says why and what to do."""


class Sizes(msgspec.Struct, frozen=True):
    """How many of each; the rest follows from them."""

    customers: int = 2000
    products: int = 1000
    orders: int = 20_000


class Manifest(msgspec.Struct, frozen=True):
    """What a directory holds. rows: by table, as generated; services may have added some since."""

    version: int
    seed: int
    sizes: Sizes
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Seeding:
    """What generate did. made: False when the directory already held it."""

    made: bool
    manifest: Manifest
    seconds: float


def generate(
    directory: Path,
    seed: int = DEFAULT_SEED,
    sizes: Sizes | None = None,
    *,
    force: bool = False,
    report: Report = lambda _: None,
) -> Seeding:
    """Fill the directory, unless it holds this shop already.

    Raises SeedingError: sizes that cannot be, another shop lies there (force replaces it), or it is being used.
    """
    sizes = sizes or Sizes()
    if min(sizes.customers, sizes.products) < 1 or sizes.orders < 0:
        raise SeedingError("there must be at least one customer and one product, and no fewer than no orders")
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with lock(directory, exclusive=True):
            return _generate(directory, seed, sizes, force, report)
    except Locked as error:
        raise SeedingError(f"the shop in {directory} is in use; stop it first") from error


def read_manifest(directory: Path) -> Manifest | None:
    """What the directory holds. None: nothing complete, or made by another version of the generator."""
    try:
        manifest = msgspec.json.decode((directory / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.MsgspecError):
        return None
    complete = all((directory / f"{service}.db").is_file() for service in STORES)
    return manifest if complete and manifest.version == GENERATOR_VERSION else None


def _generate(directory: Path, seed: int, sizes: Sizes, force: bool, report: Report) -> Seeding:
    started = time.monotonic()
    found = read_manifest(directory)
    if found and not force:
        if (found.seed, found.sizes) == (seed, sizes):
            return Seeding(False, found, 0.0)
        raise SeedingError(f"{directory} holds another shop ({describe(found)}); --force replaces it")
    partial = directory / _PARTIAL
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        rows = _fill(partial, seed, sizes, report)
        manifest = Manifest(GENERATOR_VERSION, seed, sizes, rows)
        _exchange(partial, directory, manifest)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Seeding(True, manifest, time.monotonic() - started)


def describe(manifest: Manifest) -> str:
    """In a line."""
    sizes = manifest.sizes
    return f"seed {manifest.seed}, {sizes.customers:,} customers, {sizes.products:,} products, {sizes.orders:,} orders"


def _exchange(made: Path, directory: Path, manifest: Manifest) -> None:
    """Move the files to their place. The manifest goes first and comes last: in between there is no complete shop.

    The journals of the files that were there must go too: SQLite would play them into the new files.
    """
    (directory / MANIFEST).unlink(missing_ok=True)
    for service in STORES:
        for suffix in ("-wal", "-shm"):
            (directory / f"{service}.db{suffix}").unlink(missing_ok=True)
        (made / f"{service}.db").replace(directory / f"{service}.db")
    (made / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")
    (made / MANIFEST).replace(directory / MANIFEST)


def _fill(directory: Path, seed: int, sizes: Sizes, report: Report) -> dict[str, int]:
    """Draw everything, in one pass over the orders. Answers the number of rows by table."""
    shop = Shop(directory)
    customers = list(draw_customers(seed, sizes.customers))
    products = list(draw_products(seed, sizes.products))
    shop["customers"].add(customer.row for customer in customers)
    shop["accounts"].add((customer.id, "EUR") for customer in customers)
    shop["known_customers"].add((customer.id,) for customer in customers)
    shop["products"].add((product.id, msgspec.json.encode(product).decode()) for product in products)
    shop["known_products"].add((product.id, product.price.amount_cents) for product in products)
    report(f"{len(customers):,} customers, {len(products):,} products")
    charges, tickets, stock = ChargeDraws(seed), TicketDraws(seed), StockDraws(seed)
    reviews = ReviewDraws(seed, products)
    counts: Counter[str] = Counter()
    for order in _reported(draw_orders(seed, sizes.orders, customers, products), sizes.orders, report):
        counts[order.status] += 1
        stock.see(order)
        shop["orders"].add([_order_row(order)])
        shop["order_items"].add(
            (order.id, position, products[item.product].id, item.quantity, item.unit_price_cents)
            for position, item in enumerate(order.items)
        )
        shop["charges"].add(charges.of(order))
        shop["tickets"].add(tickets.of_order(order))
        shop["reviews"].add(reviews.of(order))
    shop["order_counts"].add(sorted(counts.items()))
    for customer in customers:
        shop["tickets"].add(tickets.of_customer(customer))
    shop["stock"].add(stock.rows(products))
    report("indexes")
    return shop.finish()


def _order_row(order: DrawnOrder) -> tuple[int | str, ...]:
    customer, placed_at = order.customer.id, order.placed_at
    return (order.number, order.id, customer, order.status, placed_at, "EUR", order.total_cents)


def _reported(orders: Iterator[DrawnOrder], count: int, report: Report) -> Iterator[DrawnOrder]:
    """Says every tenth of the way."""
    step = max(count // 10, 1)
    for order in orders:
        yield order
        if order.number % step == 0:
            report(f"{order.number:,} of {count:,} orders")

"""generate: fills a home with the shop's seven databases, all or nothing. Its manifest says what they hold."""

from __future__ import annotations

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
from mock_services.generator.tables import Shop
from mock_services.generator.tickets import TicketDraws
from mock_services.homes import DirectoryHome, Filling, Home, HomeError
from mock_services.kit.locks import Locked

# Raised whenever the same seed would give other rows, or the tables change.
GENERATOR_VERSION = 5
DEFAULT_SEED = 7

Report = Callable[[str], None]


class SeedingError(Exception):
    """The home cannot be filled; the message says why and what to do."""


class Sizes(msgspec.Struct, frozen=True):
    """How many of each; the rest follows from them."""

    customers: int = 2000
    products: int = 1000
    orders: int = 20_000


class Manifest(msgspec.Struct, frozen=True):
    """What a home holds. rows: by table, as generated; services may have added some since."""

    version: int
    seed: int
    sizes: Sizes
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Seeding:
    """What generate did. made: False when the home already held it."""

    made: bool
    manifest: Manifest
    seconds: float


def generate(
    home: Home | Path,
    seed: int = DEFAULT_SEED,
    sizes: Sizes | None = None,
    *,
    force: bool = False,
    report: Report = lambda _: None,
) -> Seeding:
    """Fill the home, unless it holds this shop already. A path is that of a directory of SQLite files.

    Raises SeedingError: sizes that cannot be, another shop lies there (force replaces it), or it is being used.
    """
    sizes = sizes or Sizes()
    if min(sizes.customers, sizes.products) < 1 or sizes.orders < 0:
        raise SeedingError("there must be at least one customer and one product, and no fewer than no orders")
    home = DirectoryHome(home) if isinstance(home, Path) else home
    try:
        with home.hold(exclusive=True):
            return _generate(home, seed, sizes, force, report)
    except Locked as error:
        raise SeedingError(f"the shop in {home} is in use; stop it first") from error
    except HomeError as error:
        raise SeedingError(str(error)) from error


def read_manifest(home: Home | Path) -> Manifest | None:
    """What the home holds. None: nothing complete, or made by another version of the generator."""
    home = DirectoryHome(home) if isinstance(home, Path) else home
    try:
        manifest = msgspec.json.decode(home.read_manifest() or b"", type=Manifest)
    except msgspec.MsgspecError:
        return None
    return manifest if manifest.version == GENERATOR_VERSION else None


def _generate(home: Home, seed: int, sizes: Sizes, force: bool, report: Report) -> Seeding:
    started = time.monotonic()
    found = read_manifest(home)
    if found and not force:
        if (found.seed, found.sizes) == (seed, sizes):
            return Seeding(False, found, 0.0)
        raise SeedingError(f"{home} holds another shop ({describe(found)}); --force replaces it")
    with home.fill() as filling:
        rows = _fill(filling, seed, sizes, report)
        manifest = Manifest(GENERATOR_VERSION, seed, sizes, rows)
        filling.complete(msgspec.json.format(msgspec.json.encode(manifest)))
    return Seeding(True, manifest, time.monotonic() - started)


def describe(manifest: Manifest) -> str:
    """In a line."""
    sizes = manifest.sizes
    return f"seed {manifest.seed}, {sizes.customers:,} customers, {sizes.products:,} products, {sizes.orders:,} orders"


def _fill(filling: Filling, seed: int, sizes: Sizes, report: Report) -> dict[str, int]:
    """Draw everything, in one pass over the orders. Answers the number of rows by table."""
    shop = Shop(filling)
    customers = list(draw_customers(seed, sizes.customers))
    products = list(draw_products(seed, sizes.products))
    shop["customers"].add(customer.row for customer in customers)
    shop["customer_numbers"].add([(len(customers),)])
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

"""What each event, and each state of a snapshot, does to the projection: the same rows in any order of the streams."""

from __future__ import annotations

import msgspec
from sqlalchemy import select

from gateway.projections.projection import Change, Projection
from gateway.projections.transaction import Row, Transaction
from resolvers.projections.orders.booking import Categories, book, book_revenue, book_status
from resolvers.projections.orders.model import (
    CustomerData,
    CustomerRenamed,
    Item,
    OrderData,
    OrderMoved,
    ProductData,
)
from resolvers.projections.orders.numbers import microseconds, mix_of, number_of
from resolvers.projections.orders.tables import (
    UNKNOWN,
    customer_names,
    customers,
    order_items,
    order_views,
    product_names,
    products,
    tables,
)

projection = Projection(
    "orders",
    version=1,
    tables=tables,
    streams=("customers", "catalog", "orders"),
    search=(customer_names, product_names),
)

_items = msgspec.json.Decoder(list[Item])


@projection.state("customers", CustomerData)
@projection.on("customers", "customer.registered.v1", CustomerData)
def customer_is(change: Change[CustomerData], tx: Transaction) -> None:
    id, number, customer = change.subject, number_of(change.subject), change.data
    before = tx.get(customers, id)
    tx.put(customers, {"id": id, "number": number, "name": customer.name, "country": customer.country})
    tx.index(customer_names, number, {"name": customer.name})
    if before is not None and before["country"] != customer.country:
        _move_orders(tx, id, customer.country)


@projection.on("customers", "customer.renamed.v1", CustomerRenamed)
def customer_renamed(change: Change[CustomerRenamed], tx: Transaction) -> None:
    before = tx.get(customers, change.subject)
    if before is not None and before["name"] is not None:
        tx.put(customers, {**before, "name": change.data.name})
        tx.index(customer_names, before["number"], {"name": change.data.name})


@projection.gone("customers", "customer.erased.v1")
def customer_gone(change: Change[None], tx: Transaction) -> None:
    """All that is left are her orders, of an unknown customer: as if she had never been heard of."""
    id, number = change.subject, number_of(change.subject)
    tx.unindex(customer_names, number)
    if _move_orders(tx, id, UNKNOWN):
        tx.put(customers, {"id": id, "number": number, "name": None, "country": UNKNOWN})
    else:
        tx.delete(customers, id)


@projection.state("catalog", ProductData)
def product_is(change: Change[ProductData], tx: Transaction) -> None:
    _put_product(tx, change.subject, change.data.name, change.data.category)
    tx.index(product_names, number_of(change.subject), {"name": change.data.name})


@projection.gone("catalog")
def product_gone(change: Change[None], tx: Transaction) -> None:
    """Its orders are of an unknown product from now on."""
    tx.unindex(product_names, number_of(change.subject))
    if _orders_with(tx, change.subject):
        _put_product(tx, change.subject, None, UNKNOWN)
    else:
        tx.delete(products, change.subject)


@projection.state("orders", OrderData)
@projection.on("orders", "order.placed.v1", OrderData)
def order_is(change: Change[OrderData], tx: Transaction) -> None:
    id, order = change.subject, change.data
    before = tx.get(order_views, id)
    if before is not None:
        _remove(tx, before)
    customer = tx.get(customers, order.customer_id)
    if customer is None:
        customer = {"id": order.customer_id, "number": number_of(order.customer_id), "name": None, "country": UNKNOWN}
        tx.put(customers, customer)
    row = {
        "id": id,
        "customer_id": order.customer_id,
        "country": customer["country"],
        "status": order.status,
        "placed_at": microseconds(order.placed_at),
        "total": order.total_cents,
        "currency": order.currency,
        "items": msgspec.json.encode(order.items).decode(),
    }
    for item in order.items:
        tx.put(order_items, {"order_id": id, "product_id": item.product_id})
    _store(tx, row, order.items)


@projection.gone("orders")
def order_gone(change: Change[None], tx: Transaction) -> None:
    before = tx.get(order_views, change.subject)
    if before is not None:
        _remove(tx, before)
        tx.delete(order_views, change.subject)


@projection.on("orders", "order.confirmed.v1", OrderMoved)
@projection.on("orders", "order.shipped.v1", OrderMoved)
@projection.on("orders", "order.cancelled.v1", OrderMoved)
def order_moved(change: Change[OrderMoved], tx: Transaction) -> None:
    before = tx.get(order_views, change.subject)
    if before is None or before["status"] == change.data.status:
        return
    after = {**before, "status": change.data.status}
    tx.put(order_views, after)
    items = _items.decode(before["items"])
    categories = _categories(tx, items)
    named = set(categories.values())
    book_status(tx, before, named, -1)
    book_status(tx, after, named, 1)
    was_cancelled, is_cancelled = before["status"] == "cancelled", after["status"] == "cancelled"
    if was_cancelled != is_cancelled:
        book_revenue(tx, after, items, categories, -1 if is_cancelled else 1)


def _store(tx: Transaction, order: Row, items: list[Item]) -> None:
    """The order with what follows from its products, and its share in all sums. order: all else of its row."""
    categories = _categories(tx, items)
    named = sorted(set(categories.values()) - {UNKNOWN})
    row = {**order, "category": named[0] if named else UNKNOWN, "categories": mix_of(named)}
    tx.put(order_views, row)
    book(tx, row, items, categories, 1)


def _remove(tx: Transaction, order: Row) -> None:
    items = _items.decode(order["items"])
    book(tx, order, items, _categories(tx, items), -1)
    for item in items:
        tx.delete(order_items, order["id"], item.product_id)


def _categories(tx: Transaction, items: list[Item]) -> Categories:
    """Of the items' products; a product that is not known is from now on known to be so."""
    found: dict[str, str] = {}
    for item in items:
        product = tx.get(products, item.product_id)
        if product is None:
            product = {"id": item.product_id, "number": number_of(item.product_id), "name": None, "category": UNKNOWN}
            tx.put(products, product)
        found[item.product_id] = product["category"]
    return found


def _put_product(tx: Transaction, id: str, name: str | None, category: str) -> None:
    """Put what is known of a product, also into its orders when they are of another category."""
    before = tx.get(products, id)
    orders = [] if before is None or before["category"] == category else _orders_with(tx, id)
    booked = [(order, items, _categories(tx, items)) for order, items in orders]
    tx.put(products, {"id": id, "number": number_of(id), "name": name, "category": category})
    for order, items, categories in booked:
        book(tx, order, items, categories, -1)
        _store(tx, order, items)


def _orders_with(tx: Transaction, product_id: str) -> list[tuple[Row, list[Item]]]:
    """The orders of a product, with all of their items."""
    held = select(order_items.c.order_id).where(order_items.c.product_id == product_id)
    found = tx.rows(select(order_views).where(order_views.c.id.in_(held)))
    return [(order, _items.decode(order["items"])) for order in found]


def _move_orders(tx: Transaction, customer_id: str, country: str) -> int:
    """Put a customer's orders into this country. Gives how many the customer has."""
    found = tx.rows(select(order_views).where(order_views.c.customer_id == customer_id))
    for order in found:
        items = _items.decode(order["items"])
        categories = _categories(tx, items)
        after = {**order, "country": country}
        book(tx, order, items, categories, -1)
        tx.put(order_views, after)
        book(tx, after, items, categories, 1)
    return len(found)

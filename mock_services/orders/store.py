"""Orders, their items, and what the service knows of others.

The service keeps copies of what it needs of others (which customers there are, what products cost) rather than asking
them, and a count per status, so that the number of all orders costs six rows and not a scan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from mock_services.kit.answers import Batch, ListsByOwner, Page, batch_of, encode_cursor, lists_of, page_of
from mock_services.kit.clock import now
from mock_services.kit.connection import Connection
from mock_services.kit.events import EventType
from mock_services.kit.outbox import record
from mock_services.kit.problems import Fault, Problem, not_found
from mock_services.kit.timeline import Filters, Timeline
from mock_services.orders.events import CANCELLED, CONFIRMED, PLACED, SHIPPED
from mock_services.orders.model import CANCELLABLE, NewOrder, Order, OrderItem, Status

TABLES = """
CREATE TABLE orders (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, customer_id TEXT NOT NULL, status TEXT NOT NULL,
    placed_at TEXT NOT NULL, currency TEXT NOT NULL, total_cents INTEGER NOT NULL
);
CREATE TABLE order_items (
    order_id TEXT NOT NULL, position INTEGER NOT NULL, product_id TEXT NOT NULL, quantity INTEGER NOT NULL,
    unit_price_cents INTEGER NOT NULL, PRIMARY KEY (order_id, position)
) WITHOUT ROWID;
CREATE TABLE order_counts (status TEXT PRIMARY KEY, orders INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE known_customers (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE known_products (id TEXT PRIMARY KEY, price_cents INTEGER NOT NULL) WITHOUT ROWID;
"""
INDEXES = """
CREATE INDEX orders_by_time ON orders (placed_at, id);
CREATE INDEX orders_by_status ON orders (status, placed_at, id);
CREATE INDEX orders_by_customer ON orders (customer_id, placed_at, id);
"""

CURSOR = "orders"
_COLUMNS = "id, customer_id, status, placed_at, currency, total_cents"
_TIMELINE = Timeline("orders", "placed_at", _COLUMNS)


def get_order(db: Connection, *, id: str) -> Order:
    orders = _with_items(db, db.all(f"SELECT {_COLUMNS} FROM orders WHERE id = :id", {"id": id}))
    if not orders:
        raise not_found("order", id)
    return orders[0]


def find_orders(db: Connection, *, ids: list[str]) -> Batch[Order]:
    rows = db.all(f"SELECT {_COLUMNS} FROM orders WHERE id IN listed(:ids)", {"ids": ids})
    return batch_of(ids, {order.id: order for order in _with_items(db, rows)})


def list_orders(
    db: Connection,
    *,
    limit: int,
    cursor: tuple[str, str] | None,
    status: str | None,
    customer_id: str | None,
    with_total: bool,
) -> Page[Order]:
    """Newest first."""
    filters = {"status": status, "customer_id": customer_id}
    orders = _with_items(db, _TIMELINE.page(db, limit + 1, cursor, filters))
    return page_of(orders, limit, _cursor, _total(db, filters) if with_total else None)


def list_orders_of_each(
    db: Connection, *, customer_ids: list[str], limit: int, status: str | None, with_total: bool
) -> ListsByOwner[Order]:
    """Each customer's newest orders."""
    filters = {"status": status}
    orders = _with_items(db, _TIMELINE.newest_of_each(db, "customer_id", customer_ids, limit + 1, filters))
    totals = _TIMELINE.totals_of_each(db, "customer_id", customer_ids, filters) if with_total else None
    return lists_of(customer_ids, orders, lambda order: order.customer_id, limit, _cursor, totals)


def place_order(db: Connection, *, body: NewOrder) -> Order:
    """Store an order at the prices that the service knows."""
    if not body.items:
        fault = Fault("body", "must hold at least one item", "$.items")
        raise Problem(422, "ORDER_EMPTY", "an order must hold at least one item", [fault])
    if db.one("SELECT 1 FROM known_customers WHERE id = :id", {"id": body.customer_id}) is None:
        fault = Fault("body", "is not a customer", "$.customer_id")
        raise Problem(422, "UNKNOWN_CUSTOMER", f"there is no customer {body.customer_id}", [fault])
    items = _priced(db, body)
    ((number,),) = db.all("SELECT coalesce(max(number), 0) + 1 FROM orders")
    order = Order(
        id=f"o-{number:07d}",
        customer_id=body.customer_id,
        status="placed",
        placed_at=now(),
        currency="EUR",
        total_cents=sum(item.quantity * item.unit_price_cents for item in items),
        items=items,
    )
    _insert(db, number, order)
    record(db, PLACED, order.id, order)
    return order


def confirm_order(db: Connection, *, id: str) -> Order:
    """Promise to deliver it. A confirmed order stays as it is."""
    order = get_order(db, id=id)
    if order.status not in ("placed", "confirmed"):
        raise Problem(409, "ORDER_NOT_CONFIRMABLE", f"order {id} is {order.status}; only a placed one is confirmed")
    return _move(db, order, "confirmed", CONFIRMED)


def ship_order(db: Connection, *, id: str) -> Order:
    """Send a confirmed order on its way. A shipped order stays as it is."""
    order = get_order(db, id=id)
    if order.status not in ("confirmed", "shipped"):
        raise Problem(409, "ORDER_NOT_SHIPPABLE", f"order {id} is {order.status}; only a confirmed one is shipped")
    return _move(db, order, "shipped", SHIPPED)


def cancel_order(db: Connection, *, id: str) -> Order:
    """Cancel unless it is on its way. A cancelled order stays as it is."""
    order = get_order(db, id=id)
    if order.status not in (*CANCELLABLE, "cancelled"):
        raise Problem(409, "ORDER_NOT_CANCELLABLE", f"order {id} is {order.status}; it can no longer be cancelled")
    return _move(db, order, "cancelled", CANCELLED)


def _move(db: Connection, order: Order, status: Status, event: EventType) -> Order:
    """The order in its new status; nothing happens when it has it already."""
    if order.status == status:
        return order
    db.run("UPDATE orders SET status = :status WHERE id = :id", {"status": status, "id": order.id})
    _count(db, order.status, -1)
    _count(db, status, +1)
    record(db, event, order.id, event.data(order.id, order.customer_id, status))
    return msgspec.structs.replace(order, status=status)


def _priced(db: Connection, body: NewOrder) -> list[OrderItem]:
    """The items with their prices, each product once, in the order of first mention."""
    quantities: Counter[str] = Counter()
    for item in body.items:
        quantities[item.product_id] += item.quantity
    prices = dict(
        db.all("SELECT id, price_cents FROM known_products WHERE id IN listed(:ids)", {"ids": list(quantities)})
    )
    faults = [
        Fault("body", f"there is no product {item.product_id}", f"$.items[{position}].product_id")
        for position, item in enumerate(body.items)
        if item.product_id not in prices
    ]
    if faults:
        raise Problem(422, "UNKNOWN_PRODUCT", "; ".join(fault.message for fault in faults), faults)
    return [OrderItem(product, quantity, prices[product]) for product, quantity in quantities.items()]


def _insert(db: Connection, number: int, order: Order) -> None:
    row = (number, order.id, order.customer_id, order.status, order.placed_at, order.currency, order.total_cents)
    db.insert("orders", [row])
    db.insert(
        "order_items",
        [
            (order.id, position, item.product_id, item.quantity, item.unit_price_cents)
            for position, item in enumerate(order.items)
        ],
    )
    _count(db, order.status, +1)


def _count(db: Connection, status: str, change: int) -> None:
    db.run(
        "INSERT INTO order_counts VALUES (:status, :change)"
        " ON CONFLICT (status) DO UPDATE SET orders = order_counts.orders + excluded.orders",
        {"status": status, "change": change},
    )


def _total(db: Connection, filters: Filters) -> int:
    if filters["customer_id"] is not None:
        return _TIMELINE.total(db, filters)
    condition = "" if filters["status"] is None else "WHERE status = :status"
    ((total,),) = db.all(f"SELECT coalesce(sum(orders), 0) FROM order_counts {condition}", filters)
    return total


def _with_items(db: Connection, rows: Sequence[tuple[Any, ...]]) -> list[Order]:
    """Orders of rows of _COLUMNS, with their items, in the order of the rows."""
    items: dict[str, list[OrderItem]] = {row[0]: [] for row in rows}
    for order_id, *item in db.all(
        "SELECT order_id, product_id, quantity, unit_price_cents FROM order_items"
        " WHERE order_id IN listed(:ids) ORDER BY order_id, position",
        {"ids": list(items)},
    ):
        items[order_id].append(OrderItem(*item))
    return [Order(*row, items=items[row[0]]) for row in rows]


def _cursor(order: Order) -> str:
    return encode_cursor(CURSOR, order.placed_at, order.id)

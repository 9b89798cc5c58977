"""What the orders service offers."""

from __future__ import annotations

from pathlib import Path

from mock_services.kit.answers import Batch, ListsByOwner, Page
from mock_services.kit.collection import Collection
from mock_services.kit.events import Stream
from mock_services.kit.operations import Form, Operation
from mock_services.kit.params import (
    choice_param,
    cursor_param,
    flag_param,
    id_param,
    ids_param,
    limit_param,
)
from mock_services.kit.service import rest_service
from mock_services.orders import store
from mock_services.orders.copies import learn_customer, learn_price
from mock_services.orders.events import EVENTS
from mock_services.orders.model import STATUSES, NewOrder, Order

IDS = ids_param("ids", "Orders to answer.")
CUSTOMER_IDS = ids_param("customer_ids", "Customers whose newest orders to answer.")
CUSTOMER_ID = id_param("customer_id", "Only this customer's orders.")
STATUS = choice_param("status", STATUSES, "Only orders in this status.")
WITH_TOTAL = flag_param("with_total", "Also answer how many there are in all.")
PAGE_LIMIT = limit_param(20, "Orders per page (20 unless given) or per customer (5 unless given).")
LIST_LIMIT = limit_param(5, "Orders per page (20 unless given) or per customer (5 unless given).")
CURSOR = cursor_param(store.CURSOR, 2)
ORDERS = Collection("/orders", "order", Order, id_param("id", "The order."))

OPERATIONS = (
    Operation(
        "GET",
        "/orders",
        "Orders by id, the newest of each customer, or all by page, newest first. "
        "`ids` is given alone; `customer_ids` excludes `cursor` and `customer_id`.",
        (
            Form(store.find_orders, Batch[Order], (IDS,), when="ids"),
            Form(
                store.list_orders_of_each,
                ListsByOwner[Order],
                (CUSTOMER_IDS, LIST_LIMIT, STATUS, WITH_TOTAL),
                when="customer_ids",
            ),
            Form(store.list_orders, Page[Order], (PAGE_LIMIT, CURSOR, STATUS, CUSTOMER_ID, WITH_TOTAL)),
        ),
    ),
    ORDERS.new(
        store.place_order,
        "Place an order.",
        NewOrder,
        problems={422: "the order is empty, its customer or one of its products is unknown"},
    ),
    ORDERS.one(store.get_order, "One order."),
    ORDERS.command(
        "confirm",
        store.confirm_order,
        "Confirm an order that was placed; a confirmed one stays confirmed.",
        problems={409: "it is further, or cancelled"},
    ),
    ORDERS.command(
        "ship",
        store.ship_order,
        "Ship an order that was confirmed; a shipped one stays shipped.",
        problems={409: "it is not confirmed, or further, or cancelled"},
    ),
    ORDERS.command(
        "cancel",
        store.cancel_order,
        "Cancel an order that is not on its way; a cancelled one stays cancelled.",
        problems={409: "it has been shipped"},
    ),
)

STREAM = Stream(
    service="orders",
    folder=Path(__file__).parent,
    table="orders",
    key="id",
    find=lambda db, ids: {order.id: order for order in store.find_orders(db, ids=ids).items},
    events=EVENTS,
)

SERVICE = rest_service(
    STREAM,
    OPERATIONS,
    summary="Orders of the shop: who ordered what, when, and how far it is.",
    learn={"customers": learn_customer, "catalog": learn_price},
)

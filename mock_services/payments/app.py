"""What the payments service offers."""

from __future__ import annotations

from pathlib import Path

from mock_services.kit.answers import Batch, ListsByOwner, Page
from mock_services.kit.collection import Collection
from mock_services.kit.events import Stream
from mock_services.kit.operations import Form, Operation
from mock_services.kit.params import choice_param, cursor_param, id_param, ids_param, limit_param
from mock_services.kit.service import rest_service
from mock_services.payments import store
from mock_services.payments.copies import open_account
from mock_services.payments.model import STATUSES, Billing, Charge

IDS = ids_param("ids", "Charges to answer.")
ORDER_IDS = ids_param("order_ids", "Orders whose charges to answer.")
CUSTOMER_IDS = ids_param("customer_ids", "Customers whose balance to answer.")
STATUS = choice_param("status", STATUSES, "Only charges in this status.")
ORDER_ID = id_param("order_id", "Only this order's charges.")
CUSTOMER_ID = id_param("customer_id", "Only this customer's charges.")
PAGE_LIMIT = limit_param(20, "Charges per page (20 unless given) or per order (5 unless given).")
LIST_LIMIT = limit_param(5, "Charges per page (20 unless given) or per order (5 unless given).")
CURSOR = cursor_param(store.CURSOR, 2)
CHARGES = Collection("/charges", "charge", Charge, id_param("id", "The charge."))
BILLING = Collection("/billing", "account", Billing, id_param("customer_id", "The customer."))

OPERATIONS = (
    Operation(
        "GET",
        "/charges",
        "Charges by id, the newest of each order, or all by page, newest first. "
        "`ids` is given alone; `order_ids` goes with `limit` only.",
        (
            Form(store.find_charges, Batch[Charge], (IDS,), when="ids"),
            Form(store.list_charges_of_each, ListsByOwner[Charge], (ORDER_IDS, LIST_LIMIT), when="order_ids"),
            Form(store.list_charges, Page[Charge], (PAGE_LIMIT, CURSOR, STATUS, ORDER_ID, CUSTOMER_ID)),
        ),
    ),
    CHARGES.one(store.get_charge, "One charge."),
    Operation(
        "GET",
        "/billing",
        "The balance of each customer.",
        (Form(store.find_billing, Batch[Billing], (CUSTOMER_IDS,), when="customer_ids"),),
    ),
    BILLING.one(store.get_billing, "One customer's balance."),
)

# Nothing can be charged yet, so nothing is told but what is there.
STREAM = Stream(
    service="payments",
    folder=Path(__file__).parent,
    table="charges",
    key="id",
    find=lambda db, ids: {charge.id: charge for charge in store.find_charges(db, ids=ids).items},
    events=(),
)

SERVICE = rest_service(
    STREAM,
    OPERATIONS,
    summary="Charges for orders, and each customer's balance of them.",
    learn={"customers": open_account},
)

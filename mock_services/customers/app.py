"""What the customers service offers."""

from __future__ import annotations

from pathlib import Path

from mock_services.customers import store
from mock_services.customers.events import EVENTS
from mock_services.customers.model import Customer, ErasedCustomer, NewCustomer, NewName
from mock_services.kit.answers import Batch, Page
from mock_services.kit.collection import Collection
from mock_services.kit.events import Stream
from mock_services.kit.operations import Form, Operation
from mock_services.kit.params import cursor_param, id_param, ids_param, limit_param, pattern_param
from mock_services.kit.service import rest_service

IDS = ids_param("ids", "Customers to answer.")
LIMIT = limit_param(20, "Customers per page; 20 unless given.")
CURSOR = cursor_param(store.CURSOR, 1)
COUNTRY = pattern_param("country", "[A-Z]{2}", "two capital letters, as DE", "Only customers of this country.")
CUSTOMERS = Collection("/customers", "customer", Customer, id_param("id", "The customer."))

OPERATIONS = (
    Operation(
        "GET",
        "/customers",
        "Customers by id, or all of them by page.",
        (
            Form(store.find_customers, Batch[Customer], (IDS,), when="ids"),
            Form(store.list_customers, Page[Customer], (LIMIT, CURSOR, COUNTRY)),
        ),
    ),
    CUSTOMERS.one(store.get_customer, "One customer."),
    CUSTOMERS.new(store.register_customer, "Register a customer.", NewCustomer),
    CUSTOMERS.command("rename", store.rename_customer, "Give a customer another name.", body=NewName),
    CUSTOMERS.command(
        "erase",
        store.erase_customer,
        "Forget who a customer is; whoever is erased stays erased.",
        answers=ErasedCustomer,
        problems={404: "there has never been such a customer"},
    ),
)

STREAM = Stream(
    service="customers",
    folder=Path(__file__).parent,
    table="customers",
    key="id",
    find=lambda db, ids: {customer.id: customer for customer in store.find_customers(db, ids=ids).items},
    events=EVENTS,
)

SERVICE = rest_service(
    STREAM,
    OPERATIONS,
    summary="Customers of the shop: names, addresses, segments.",
)

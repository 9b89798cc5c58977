"""What the customers service offers."""

from __future__ import annotations

from functools import partial

from mock_services.customers import store
from mock_services.customers.model import Customer
from mock_services.kit.answers import Batch, Page
from mock_services.kit.openapi import openapi_document
from mock_services.kit.operations import Form, Operation, routes_of
from mock_services.kit.params import cursor_param, id_param, ids_param, limit_param, pattern_param
from mock_services.kit.service import Service

IDS = ids_param("ids", "Customers to answer.")
LIMIT = limit_param(20, "Customers per page; 20 unless given.")
CURSOR = cursor_param(store.CURSOR, 1)
COUNTRY = pattern_param("country", "[A-Z]{2}", "two capital letters, as DE", "Only customers of this country.")

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
    Operation(
        "GET",
        "/customers/{id}",
        "One customer.",
        (Form(store.get_customer, Customer),),
        path_params=(id_param("id", "The customer."),),
        problems={404: "there is no such customer"},
    ),
)

SERVICE = Service(
    name="customers",
    summary="Customers of the shop: names, addresses, segments.",
    routes=partial(routes_of, OPERATIONS),
    document=openapi_document("Customers", OPERATIONS),
)

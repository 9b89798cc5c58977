"""What the support service offers."""

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
from mock_services.support import store
from mock_services.support.events import EVENTS
from mock_services.support.model import STATUSES, NewTicket, Ticket

IDS = ids_param("ids", "Tickets to answer.")
CUSTOMER_IDS = ids_param("customer_ids", "Customers whose newest tickets to answer.")
CUSTOMER_ID = id_param("customer_id", "Only this customer's tickets.")
STATUS = choice_param("status", STATUSES, "Only tickets in this status.")
WITH_TOTAL = flag_param("with_total", "Also answer how many there are in all.")
PAGE_LIMIT = limit_param(20, "Tickets per page (20 unless given) or per customer (5 unless given).")
LIST_LIMIT = limit_param(5, "Tickets per page (20 unless given) or per customer (5 unless given).")
CURSOR = cursor_param(store.CURSOR, 2)
TICKETS = Collection("/tickets", "ticket", Ticket, id_param("id", "The ticket."))

OPERATIONS = (
    Operation(
        "GET",
        "/tickets",
        "Tickets by id, the newest of each customer, or all by page, newest first. "
        "`ids` is given alone; `customer_ids` excludes `cursor` and `customer_id`.",
        (
            Form(store.find_tickets, Batch[Ticket], (IDS,), when="ids"),
            Form(
                store.list_tickets_of_each,
                ListsByOwner[Ticket],
                (CUSTOMER_IDS, LIST_LIMIT, STATUS, WITH_TOTAL),
                when="customer_ids",
            ),
            Form(store.list_tickets, Page[Ticket], (PAGE_LIMIT, CURSOR, STATUS, CUSTOMER_ID, WITH_TOTAL)),
        ),
    ),
    TICKETS.new(store.open_ticket, "Open a ticket.", NewTicket),
    TICKETS.one(store.get_ticket, "One ticket."),
    TICKETS.command("close", store.close_ticket, "Close a ticket; a closed one stays closed."),
)

STREAM = Stream(
    service="support",
    folder=Path(__file__).parent,
    table="tickets",
    key="id",
    find=lambda db, ids: {ticket.id: ticket for ticket in store.find_tickets(db, ids=ids).items},
    events=EVENTS,
)

SERVICE = rest_service(
    STREAM,
    OPERATIONS,
    summary="Tickets of customers, often about an order.",
)

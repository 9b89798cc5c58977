"""What the support service tells of its tickets."""

from __future__ import annotations

import msgspec

from mock_services.kit.events import EventType
from mock_services.support.model import Ticket


class TicketClosed(msgspec.Struct, frozen=True):
    """closed_at: as the ticket says it from now on."""

    id: str
    customer_id: str
    closed_at: str


OPENED = EventType("ticket.opened", Ticket, creates=True)
CLOSED = EventType("ticket.closed", TicketClosed)
EVENTS = (OPENED, CLOSED)

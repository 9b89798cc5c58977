"""What the customers service tells of its customers. Events of one who was erased no longer tell who it was."""

from __future__ import annotations

import msgspec

from mock_services.customers.model import Customer
from mock_services.kit.events import EventType


class CustomerRenamed(msgspec.Struct, frozen=True):
    """name: from now on."""

    id: str
    name: str


class CustomerErased(msgspec.Struct, frozen=True):
    """Whoever has a copy of her data is to forget it."""

    id: str


REGISTERED = EventType("customer.registered", Customer, creates=True)
RENAMED = EventType("customer.renamed", CustomerRenamed)
ERASED = EventType("customer.erased", CustomerErased)
EVENTS = (REGISTERED, RENAMED, ERASED)
# Members of any of these events that say who somebody is.
PERSONAL = frozenset({"name", "email", "city"})

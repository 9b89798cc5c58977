"""People: what customers and staff do to the shop, one command at a time.

They know only what the services answer. A service that is down, or refuses, is let be: somebody may be trying that.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from mock_services.estate.remote import ControlError, ask

KNOWN = 200
_SUBJECTS = ("Where is my parcel?", "One item is missing", "Wrong colour", "Invoice, please", "Thank you!")
_NAMES = ("Ida Lund", "Noor Haddad", "Jonas Weber", "Lucie Martin", "Marta Kowalska", "Sofia Rossi")


class People:
    """Each `act` is one change, drawn at random. What was begun is mostly finished: orders ship, tickets close."""

    def __init__(self, urls: Mapping[str, str], draws: random.Random) -> None:
        """urls: by service."""
        self._urls = urls
        self._draws = draws
        self._customers: list[str] = []
        self._products: list[str] = []
        self._placed: deque[str] = deque(maxlen=KNOWN)
        self._confirmed: deque[str] = deque(maxlen=KNOWN)
        self._tickets: deque[str] = deque(maxlen=KNOWN)
        self._deeds: list[tuple[Callable[[], None], int]] = [
            (self._place, 30),
            (self._confirm, 25),
            (self._ship, 20),
            (self._cancel, 3),
            (self._reprice, 7),
            (self._adjust, 8),
            (self._open_ticket, 3),
            (self._close_ticket, 2),
            (self._rename, 1),
            (self._register, 1),
        ]

    def act(self) -> bool:
        """Do one thing. Whether it was done: not when a service does not answer, or there is nothing to do."""
        deeds, weights = zip(*self._deeds, strict=True)
        try:
            self._look_around()
            self._draws.choices(deeds, weights)[0]()
        except (ControlError, IndexError):
            return False
        return True

    def _look_around(self) -> None:
        if not self._customers:
            page = ask(self._urls["customers"], "GET", f"/customers?limit={KNOWN}")["items"]
            self._customers = [customer["id"] for customer in page]
        if not self._products:
            page = ask(self._urls["catalog"], "GET", f"/products?limit={KNOWN}")["items"]
            self._products = [product["id"] for product in page]

    def _command(self, service: str, path: str, body: object = None) -> Any:
        return ask(self._urls[service], "POST", path, body)

    def _customer(self) -> str:
        return self._draws.choice(self._customers)

    def _product(self) -> str:
        return self._draws.choice(self._products)

    def _place(self) -> None:
        products = {self._product() for _ in range(self._draws.randint(1, 3))}
        items = [{"product_id": product, "quantity": self._draws.randint(1, 3)} for product in sorted(products)]
        order = self._command("orders", "/orders", {"customer_id": self._customer(), "items": items})
        self._placed.append(order["id"])

    def _confirm(self) -> None:
        id = self._placed.popleft()
        self._command("orders", f"/orders/{id}/confirm")
        self._confirmed.append(id)

    def _ship(self) -> None:
        self._command("orders", f"/orders/{self._confirmed.popleft()}/ship")

    def _cancel(self) -> None:
        self._command("orders", f"/orders/{self._placed.pop()}/cancel")

    def _reprice(self) -> None:
        product = self._product()
        cents = ask(self._urls["catalog"], "GET", f"/products/{product}")["price"]["amount_cents"]
        amount = max(50, round(cents * self._draws.uniform(0.93, 1.07)))
        self._command("catalog", f"/products/{product}/price", {"amount_cents": amount})

    def _adjust(self) -> None:
        product = self._product()
        warehouses = ask(self._urls["inventory"], "GET", f"/stock/{product}")["warehouses"]
        change = {"warehouse": self._draws.choice(warehouses)["code"], "change": self._draws.randint(-2, 6)}
        self._command("inventory", f"/stock/{product}/adjust", change)

    def _open_ticket(self) -> None:
        new = {"customer_id": self._customer(), "subject": self._draws.choice(_SUBJECTS)}
        self._tickets.append(self._command("support", "/tickets", new)["id"])

    def _close_ticket(self) -> None:
        self._command("support", f"/tickets/{self._tickets.popleft()}/close")

    def _rename(self) -> None:
        self._command("customers", f"/customers/{self._customer()}/rename", {"name": self._draws.choice(_NAMES)})

    def _register(self) -> None:
        name = self._draws.choice(_NAMES)
        email = f"{name.lower().replace(' ', '.')}.{self._draws.randrange(10**6)}@example.com"
        self._command("customers", "/customers", {"name": name, "email": email, "country": "NO", "city": "Oslo"})

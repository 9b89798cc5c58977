"""The shapes that the customers service answers."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]


class Customer(msgspec.Struct, frozen=True):
    """In the order of the table's columns. created_at: when the account was opened, UTC."""

    id: str
    name: str
    email: str
    country: Country
    city: str
    segment: Literal["consumer", "business"]
    tier: Literal["standard", "silver", "gold"]
    created_at: str

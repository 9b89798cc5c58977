"""The shapes that the customers service answers."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Email = Annotated[str, msgspec.Meta(pattern="^[^@ ]+@[^@ ]+$", max_length=254)]
Segment = Literal["consumer", "business"]
Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$", description="ISO 3166-1 alpha-2")]


class Customer(msgspec.Struct, frozen=True):
    """In the order of the table's columns. created_at: when the account was opened, UTC."""

    id: str
    name: str
    email: str
    country: Country
    city: str
    segment: Segment
    tier: Literal["standard", "silver", "gold"]
    created_at: str


class NewCustomer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who registers. Everybody begins in the tier `standard`."""

    name: Name
    email: Email
    country: Country
    city: Name
    segment: Segment = "consumer"


class NewName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """name: from now on."""

    name: Name


class ErasedCustomer(msgspec.Struct, frozen=True):
    """All that is left of a customer. erased_at: UTC."""

    id: str
    erased_at: str

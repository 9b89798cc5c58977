"""The shapes that the catalog service answers, which are also the documents it stores."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

CATEGORIES = (
    "books",
    "electronics",
    "home",
    "garden",
    "toys",
    "sports",
    "clothing",
    "beauty",
    "grocery",
    "tools",
)
Category = Annotated[str, msgspec.Meta(extra_json_schema={"enum": list(CATEGORIES)})]
Attribute = str | int | float | bool | list[str]


class Price(msgspec.Struct, frozen=True):
    """amount_cents: hundredths of the currency's unit."""

    amount_cents: Annotated[int, msgspec.Meta(ge=0)]
    currency: Literal["EUR"]


class Product(msgspec.Struct, frozen=True):
    """attributes: by name; which there are depends on the category."""

    id: str
    sku: str
    name: str
    category: Category
    price: Price
    attributes: dict[str, Attribute]


class NewPrice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """amount_cents: hundredths of the unit of the product's currency, from now on."""

    amount_cents: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]

"""Draws the customers: who they are, when they joined, and how much each will order."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from mock_services.generator.draws import Draws, Weighted, zipf_weights
from mock_services.generator.names import COUNTRIES
from mock_services.generator.times import joined_at, text

# Letters that Unicode does not decompose into a base letter and an accent.
_UNDECOMPOSED = str.maketrans({"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "æ": "ae"})
_DOMAINS = ("example.com", "example.org", "example.net")
NEVER_ORDER = 1 / 8


@dataclass(frozen=True, slots=True)
class DrawnCustomer:
    """row: as the customers service stores it. joined_s: seconds since 1970. weight: of its share in all orders."""

    row: tuple[str, ...]
    joined_s: int
    weight: float
    is_business: bool

    @property
    def id(self) -> str:
        return self.row[0]


def draw_customers(seed: int, count: int) -> Iterator[DrawnCustomer]:
    """In the order of joining, which is the order of ids."""
    draws = Draws(seed, "customers")
    ranks = draws.ranks(count)
    weights = zipf_weights(ranks)
    countries = Weighted(COUNTRIES, [country.share for country in COUNTRIES])
    for index, rank in enumerate(ranks):
        country = countries.pick(draws)
        first, last = draws.pick_early(country.first_names), draws.pick_early(country.last_names)
        joined_s = joined_at(index, count, draws)
        is_business = draws.chance(0.5 if rank < count * 0.02 else 0.1)
        # The first always orders, so that there is somebody to order from the first day on.
        weight = 0.0 if index and draws.chance(NEVER_ORDER) else weights[index]
        row = (
            f"c-{index + 1:06d}",
            f"{first} {last}",
            f"{mailbox(first)}.{mailbox(last)}.{index + 1}@{draws.pick_early(_DOMAINS)}",
            country.code,
            draws.pick_early(country.cities),
            "business" if is_business else "consumer",
            _tier(rank, count, weight),
            text(joined_s),
        )
        yield DrawnCustomer(row, joined_s, weight, is_business)


def mailbox(name: str) -> str:
    """A name in the letters that mail addresses have: `O'Brien` -> `obrien`, `Jürgen` -> `jurgen`."""
    plain = unicodedata.normalize("NFKD", name.translate(_UNDECOMPOSED))
    return re.sub("[^a-z]", "", plain.lower())


def _tier(rank: int, count: int, weight: float) -> str:
    if weight == 0 or rank >= count * 0.12:
        return "standard"
    return "gold" if rank < count * 0.02 else "silver"

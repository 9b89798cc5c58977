"""What the projection stores as whole numbers: names' places in the full text, sets of categories, times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from resolvers.catalog import Category

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BITS = {category.value: 1 << place for place, category in enumerate(Category)}


def number_of(id: str) -> int:
    """The id's number, from 0 to 2 ** 63 - 1, always the same. Two of a million ids share one in 1 of 10 ** 7 shops."""
    return int.from_bytes(blake2b(id.encode(), digest_size=8).digest()) >> 1


def mix_of(categories: Iterable[str]) -> int:
    """A bit for each; categories that the graph does not know have none."""
    mix = 0
    for category in categories:
        mix |= _BITS.get(category, 0)
    return mix


def microseconds(time: datetime) -> int:
    """Since 1970."""
    return (time - _EPOCH) // _MICROSECOND


def moment(time: int) -> datetime:
    """Of microseconds since 1970."""
    return _EPOCH + time * _MICROSECOND


def categories_in(mix: int) -> list[str]:
    """By the alphabet."""
    return sorted(category for category, bit in _BITS.items() if mix & bit)

"""The three shapes in which services answer many things, and the cursors between pages.

Batch: things asked for by key. Page: one step through a list in a fixed order. ListsByOwner: the first page of each of
several lists, by the key of what they hang off.

A cursor holds the sort key of the last item shown (keyset pagination): the next page is everything after that key, so
that rows which arrive or leave meanwhile can neither repeat an item nor hide one.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

Item = TypeVar("Item")


class Batch(msgspec.Struct, Generic[Item], frozen=True):
    """Things asked for by key: those found and the keys that nobody has, both in the order of asking."""

    items: list[Item]
    missing: list[str]


class Page(msgspec.Struct, Generic[Item], frozen=True):
    """Some items of a list, in its order. next: cursor of the page after, null on the last. total: when asked for."""

    items: list[Item]
    next: str | None
    total: int | msgspec.UnsetType = msgspec.UNSET


class ListsByOwner(msgspec.Struct, Generic[Item], frozen=True):
    """The first page of each owner's list. Every owner asked for has an entry; unknown ones have an empty page."""

    lists: dict[str, Page[Item]]


def batch_of(keys: Sequence[str], found: Mapping[str, Item]) -> Batch[Item]:
    """keys: distinct, in the order of asking."""
    return Batch(
        items=[found[key] for key in keys if key in found],
        missing=[key for key in keys if key not in found],
    )


def page_of(items: list[Item], limit: int, cursor_after: Callable[[Item], str], total: int | None = None) -> Page[Item]:
    """items: up to limit + 1 of them; the one too many only tells that there is another page."""
    shown = items[:limit]
    following = cursor_after(shown[-1]) if len(items) > limit else None
    return Page(items=shown, next=following, total=msgspec.UNSET if total is None else total)


def lists_of(
    owners: Sequence[str],
    items: Iterable[Item],
    owner_of: Callable[[Item], str],
    limit: int,
    cursor_after: Callable[[Item], str],
    totals: Mapping[str, int] | None = None,
) -> ListsByOwner[Item]:
    """items: up to limit + 1 of each owner, each owner's in list order. totals: by owner; absent means none."""
    by_owner: dict[str, list[Item]] = {owner: [] for owner in owners}
    for item in items:
        by_owner[owner_of(item)].append(item)
    return ListsByOwner(
        {
            owner: page_of(mine, limit, cursor_after, None if totals is None else totals.get(owner, 0))
            for owner, mine in by_owner.items()
        }
    )


def encode_cursor(kind: str, *sort_key: str) -> str:
    """kind: the list that the cursor belongs to, so that another list refuses it."""
    return base64.urlsafe_b64encode(msgspec.json.encode([kind, *sort_key])).decode().rstrip("=")


def decode_cursor(kind: str, parts: int, cursor: str) -> tuple[str, ...]:
    """The sort key of `parts` strings. Raises ValueError for anything that encode_cursor(kind, ...) did not make."""
    try:
        _, *sort_key = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[str])
    except (binascii.Error, msgspec.MsgspecError, ValueError) as error:
        raise ValueError("is not a cursor of this list") from error
    # Encoding it again tells cursors of other lists, and those that somebody has changed.
    if len(sort_key) != parts or encode_cursor(kind, *sort_key) != cursor:
        raise ValueError("is not a cursor of this list")
    return tuple(sort_key)

"""Cursors: where a page ended, as text that means something only with the sort that it was made for."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

import msgspec

from gateway.errors import BraidError
from resolvers.projections.orders.filters import Key, is_plain
from resolvers.projections.orders.tables import order_views

Values = Sequence[int | str]
"""Of each key of a sort, in one row."""

_LONGEST = 1000
_decoder = msgspec.json.Decoder(tuple[str, list[int | str]])


class InvalidCursor(BraidError):
    """A client's cursor is none, or one of another sort."""

    code = "BAD_USER_INPUT"


def write_cursor(keys: Sequence[Key], values: Values) -> str:
    """Of the last row of a page."""
    return urlsafe_b64encode(msgspec.json.encode((_name(keys), list(values)))).rstrip(b"=").decode()


def read_cursor(keys: Sequence[Key], cursor: str) -> Values:
    """The values of the keys in the row that it was written of. Raises InvalidCursor."""
    if len(cursor) > _LONGEST:
        raise InvalidCursor("`after` is no cursor: give the `endCursor` of a page.")
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        name, values = _decoder.decode(urlsafe_b64decode(padded))
    except (ValueError, msgspec.MsgspecError) as error:
        raise InvalidCursor("`after` is no cursor: give the `endCursor` of a page.") from error
    if name != _name(keys):
        raise InvalidCursor("`after` is of a page with another `sort`: give the same `sort` on every page.")
    fits = len(values) == len(keys) and all(map(_fits, keys, values))
    if not fits:
        raise InvalidCursor("`after` is no cursor: give the `endCursor` of a page.")
    return values


def _name(keys: Sequence[Key]) -> str:
    return " ".join(("-" if key.descending else "+") + key.column for key in keys)


def _fits(key: Key, value: int | str) -> bool:
    if order_views.c[key.column].type.python_type is str:
        return isinstance(value, str) and is_plain(value)
    return isinstance(value, int) and abs(value) < 2**63

"""What the shop's ids look like. A service refuses a whole call for one id in another form, so those are not sent."""

from __future__ import annotations

import re

from gateway.errors import BraidError

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def in_path(id: str) -> str:
    """An id that a client sent, safe as a part of a path. Raises BraidError NOT_FOUND for one in another form."""
    if not ID.fullmatch(id):
        raise BraidError("Nothing has an id in this form.", code="NOT_FOUND")
    return id

"""`Braid-Timeout-Ms`: how long a client is willing to wait for its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.server.errors import HttpError

HEADER = "braid-timeout-ms"

# At most eleven days: whatever is longer than the operator allows is shortened to that anyway.
_MILLISECONDS = re.compile(r"[1-9][0-9]{0,8}")


def read_timeout_s(headers: Mapping[str, str]) -> float | None:
    """Seconds that the client gives its request; None when it does not say. Raises HttpError 400.

    headers: names in lower case, repeated ones joined by ", ": two of them are no number.
    """
    text = headers.get(HEADER)
    if text is None:
        return None
    if not _MILLISECONDS.fullmatch(text):
        raise HttpError(400, "The header Braid-Timeout-Ms must be a whole number of milliseconds, from 1 to 999999999.")
    return int(text) / 1000

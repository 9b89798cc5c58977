"""What errors and logs must not tell: where services are, and what our code looks like inside."""

from __future__ import annotations

import re

_TELLTALE = re.compile(r'127\.0\.0\.1|localhost|https?://|:\d{4,5}\b|Traceback|File "|\.py\b|0x[0-9a-f]{6,}')


def indiscretions(text: str) -> list[str]:
    """Addresses, ports and traces of Python in a text. Times (`17:05:11`) are none."""
    return _TELLTALE.findall(text)

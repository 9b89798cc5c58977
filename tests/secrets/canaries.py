"""Canaries: secrets that are planted, one for each place, and the search for them in whatever is told.

The core of each is letters and digits, so that escaping for URLs, JSON, HTML, SQL or a shell leaves it as it is. What
changes it, and is searched for too: base64 in each of its three alignments, hex, another case, and letters spelled by
`%63` or `\\u0063`.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator

PLACES = (
    *("authorization", "cookie", "apiKey", "userAgent", "referer", "forwardedFor", "basic"),
    *("variable", "nestedVariable", "badVariable", "literal", "badLiteral", "brokenLiteral", "getQuery", "urlPath"),
    *("urlQuery", "body", "contentType", "trailer"),
    *("serviceBody", "serviceHeader", "setCookie", "location", "reason", "problem", "rowId", "enumValue"),
    *("graphqlMessage", "graphqlCode", "graphqlService", "stackTrace", "graphqlPath", "graphqlExtensions"),
    *("exception", "batchException", "cause", "group", "returned", "serialised"),
    *("configUrl", "environment", "otlpToken", "badValue", "badYaml", "badImport", "badFile", "badUrl", "redisUrl"),
)


def canary(place: str) -> str:
    """The core of this place's secret. Raises ValueError for a place that is not listed."""
    return f"cnry{PLACES.index(place):02d}q7f3ax"


def password(place: str) -> str:
    """One with characters that are escaped by whoever passes it on."""
    return f"p\"w/+&é'{canary(place)}<>"


def dsn(place: str) -> str:
    return f"postgresql://root:{canary(place)}@db.internal:5432/shop"


def token(place: str) -> str:
    return f"Bearer eyJ.{canary(place)}.sig"


def leaks_in(told: str | bytes, places: Iterable[str] = PLACES) -> set[str]:
    """The places whose secrets are in it, in any spelling."""
    text = told.decode("latin-1") if isinstance(told, bytes) else told
    lowered = _unescaped(text).lower()
    return {place for place in places if any(spelled in hay for spelled, hay in _spellings(place, text, lowered))}


def _spellings(place: str, text: str, lowered: str) -> Iterator[tuple[str, str]]:
    """What to look for, and in what."""
    core = canary(place)
    yield core, lowered
    yield core.encode().hex(), lowered
    for offset in range(3):
        # Whatever precedes and follows it changes the first and last of its base64; the middle is the same.
        encoded = base64.b64encode(b"\0" * offset + core.encode()).decode()
        yield encoded[(0, 2, 3)[offset] : (offset + len(core)) // 3 * 4], text


def _unescaped(text: str) -> str:
    return re.sub(r"%([0-9a-fA-F]{2})|\\u00([0-9a-fA-F]{2})", lambda m: chr(int(m[1] or m[2], 16)), text)

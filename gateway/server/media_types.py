"""Which media type a client wants, and whether the one it sends is ours.

Source: RFC 9110 section 12.5.1 (Accept) and the GraphQL over HTTP specification, sections 4.2 and 6.4. Headers repeat
from request to request, so the verdicts are cached; both functions are pure.
"""

from __future__ import annotations

from functools import lru_cache

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"


@lru_cache(maxsize=256)
def choose_media_type(accept: str, *, html: bool) -> str | None:
    """The best of our media types under this Accept header ("" when absent); None when the client wants none of them.

    The specification's own type wins over plain JSON only when the client names it: a client that takes anything is
    told nothing new by it and may not know it. `html` says whether a page is on offer here; it loses every tie.
    """
    ranges = _parse_accept(accept) if accept.strip() else {"*/*": 1.0}
    offers = [GRAPHQL_RESPONSE, JSON] if GRAPHQL_RESPONSE in ranges else [JSON, GRAPHQL_RESPONSE]
    if html:
        offers.append(HTML)
    best = max(offers, key=lambda offer: _quality(ranges, offer))
    return best if _quality(ranges, best) > 0 else None


@lru_cache(maxsize=256)
def is_utf8_json(content_type: str) -> bool:
    """Whether a request body of this Content-Type is JSON in UTF-8, said or by default."""
    name, *parameters = content_type.lower().split(";")
    return name.strip() == JSON and _charset(parameters) == "utf-8"


def _quality(ranges: dict[str, float], media_type: str) -> float:
    """The weight of the most specific range that holds `media_type`; 0 when none does."""
    for name in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        if name in ranges:
            return ranges[name]
    return 0.0


def _parse_accept(accept: str) -> dict[str, float]:
    """Media ranges with their weights. Ranges with a broken weight or in another charset are left out."""
    ranges: dict[str, float] = {}
    for part in accept.lower().split(","):
        name, *parameters = part.split(";")
        weight = _weight(parameters)
        if weight is not None and _charset(parameters) == "utf-8":
            ranges[name.strip()] = weight
    return ranges


def _weight(parameters: list[str]) -> float | None:
    """The q parameter: 0 to 1, by default 1; None when it is no such number."""
    text = _parameter(parameters, "q", "1")
    try:
        weight = float(text)
    except ValueError:
        return None
    return weight if 0 <= weight <= 1 else None


def _charset(parameters: list[str]) -> str:
    charset = _parameter(parameters, "charset", "utf-8").strip('"')
    return "utf-8" if charset == "utf8" else charset


def _parameter(parameters: list[str], wanted: str, default: str) -> str:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == wanted:
            return value.strip()
    return default

"""Which media type a client gets for what it says it accepts."""

import pytest

from gateway.server.media_types import GRAPHQL_RESPONSE, HTML, JSON, choose_media_type, is_utf8_json

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        # Without a wish, or with a wish for anything: what every client knows.
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        # The specification's type is for those who name it; named together with JSON it wins a tie.
        (GRAPHQL_RESPONSE, GRAPHQL_RESPONSE),
        (JSON, JSON),
        (f"{JSON}, {GRAPHQL_RESPONSE}", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE}, */*", GRAPHQL_RESPONSE),
        # Weights decide.
        (f"{GRAPHQL_RESPONSE};q=0.5, {JSON};q=0.9", JSON),
        (f"{GRAPHQL_RESPONSE};q=0.9, {JSON};q=0.5", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE};q=0.5, */*", JSON),
        (f"{GRAPHQL_RESPONSE} ; Q=0.5 , {JSON} ; Q=0.1", GRAPHQL_RESPONSE),
        # Weight 0 refuses, and the more specific range is the one that counts.
        (f"{JSON};q=0, */*", GRAPHQL_RESPONSE),
        (f"{GRAPHQL_RESPONSE};q=0, */*", JSON),
        (f"application/*;q=0, {JSON}", JSON),
        # Letter case and charset.
        ("Application/JSON", JSON),
        ("application/json; charset=UTF-8", JSON),
        ('application/json; charset="utf-8"', JSON),
        # What cannot be given: nothing.
        ("application/json; charset=utf-16", None),
        ("text/plain", None),
        ("image/*", None),
        (f"{JSON};q=0", None),
        ("*/*;q=0", None),
        # A broken range counts as absent; the others still do.
        (f"{JSON};q=high, {GRAPHQL_RESPONSE};q=0.1", GRAPHQL_RESPONSE),
        (f"{JSON};q=high", None),
        (f"{JSON};q=nan", None),
        (f"{JSON};q=2", None),
        (", ,", None),
        # No page on offer.
        ("text/html", None),
        (BROWSER, JSON),
    ],
)
def test_media_type_follows_accept(accept: str, expected: str | None) -> None:
    assert choose_media_type(accept, html=False) == expected


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (BROWSER, HTML),
        ("text/html", HTML),
        ("text/*", HTML),
        ("", JSON),
        ("*/*", JSON),
        (JSON, JSON),
        (f"{JSON}, text/html", JSON),
        (f"{GRAPHQL_RESPONSE}, text/html", GRAPHQL_RESPONSE),
    ],
)
def test_page_is_for_those_who_prefer_html(accept: str, expected: str) -> None:
    """Tools that take anything get data; browsers, which ask for HTML first, get the page."""
    assert choose_media_type(accept, html=True) == expected


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", True),
        ("Application/JSON; Charset=UTF-8", True),
        ('application/json;charset="utf-8"', True),
        ("application/json; profile=x", True),
        ("application/json; charset=utf-16", False),
        ("application/json, text/plain", False),
        ("", False),
        # What a page of another origin may send without asking (CSRF).
        ("text/plain", False),
        ("text/plain; application/json", False),
        ("application/x-www-form-urlencoded", False),
        ("multipart/form-data; boundary=x", False),
        ("application/graphql", False),
    ],
)
def test_only_utf8_json_bodies_are_read(content_type: str, expected: bool) -> None:
    assert is_utf8_json(content_type) is expected

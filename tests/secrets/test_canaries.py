"""The search finds a secret however it is spelled: else finding none would mean nothing."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.secrets.canaries import PLACES, canary, dsn, leaks_in, password, token

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in a sentence": lambda secret: f"cannot connect: {secret}.",
    "JSON": json.dumps,
    "URL": quote,
    "every letter for a URL": lambda secret: "".join(f"%{byte:02x}" for byte in secret.encode()),
    "every letter for JSON": lambda secret: "".join(f"\\u{ord(letter):04x}" for letter in secret),
    "capitals": str.upper,
    "hex": lambda secret: secret.encode().hex(),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64, one on": lambda secret: base64.b64encode(b"x" + secret.encode()).decode(),
    "base64, two on": lambda secret: base64.b64encode(b"xy" + secret.encode()).decode(),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "Python": repr,
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("secret", [canary, password, dsn, token])
def test_a_secret_is_found_in_any_spelling(spelling: str, secret: Callable[[str], str]) -> None:
    for place in PLACES:
        told = f"before {SPELLINGS[spelling](secret(place))} after"
        assert leaks_in(told) == {place}
        assert leaks_in(told.encode()) == {place}


def test_every_place_is_planted() -> None:
    sources = "".join(path.read_text() for path in Path(__file__).parent.rglob("*.py") if path.name != "canaries.py")
    assert [place for place in PLACES if not re.search(f"[\"']{place}[\"']", sources)] == []


def test_nothing_is_found_where_nothing_is() -> None:
    assert leaks_in("nothing of the kind") == set()

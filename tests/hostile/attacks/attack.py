"""Attack: one thing that a hostile client sends, in each of the ways in which it can be sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

PATH = "/graphql"
JSON = "application/json"
_EXPLORER = {
    "accept": "application/graphql-response+json, application/json",
    "origin": "http://127.0.0.1",
    "sec-fetch-site": "same-origin",
}
_BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
# A URL beyond this is refused unread (server: max_url_bytes); one such case is in the corpus, the rest would repeat it.
_LONGEST_TARGET = 8_000


@dataclass(frozen=True, slots=True)
class Shot:
    """One request. way: how it is sent, for the table."""

    way: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Attack:
    """name: short and unique. tries: what it hopes to do. shots: every way of sending it."""

    name: str
    tries: str
    shots: tuple[Shot, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """An attack of any size. make: n -> the query's parameters. size: the n that is doubled three times."""

    name: str
    size: int
    make: Any = field(repr=False)


def document(name: str, tries: str, query: Any, variables: Any = None, **more: Any) -> Attack:
    """A GraphQL request: by POST, as the explorer sends it (with a trace), by GET, and as a link to the page."""
    params = {"query": query, **({} if variables is None else {"variables": variables}), **more}
    return Attack(name, tries, tuple(_ways(params)))


def body(name: str, tries: str, content: bytes, headers: Mapping[str, str] | None = None) -> Attack:
    """A POST with this body."""
    sent = {"content-type": JSON, **(headers or {})}
    return Attack(name, tries, (Shot("POST", "POST", PATH, sent, content),))


def request(
    name: str, tries: str, method: str, target: str, headers: Mapping[str, str] | None = None, content: bytes = b""
) -> Attack:
    """Any request."""
    return Attack(name, tries, (Shot(method, method, target, headers or {}, content),))


def post(params: Mapping[str, Any]) -> Shot:
    """Parameters as a JSON body. Lone surrogates survive as escapes."""
    return Shot("POST", "POST", PATH, {"content-type": JSON}, json.dumps(params).encode())


def _ways(params: Mapping[str, Any]) -> Iterator[Shot]:
    yield post(params)
    traced = {"extensions": {"braid": {"trace": True}}, **params}
    yield Shot("explorer", "POST", PATH, {"content-type": JSON, **_EXPLORER}, json.dumps(traced).encode())
    target = _as_target(params)
    if target is not None:
        yield Shot("GET", "GET", target, {"accept": JSON}, b"")
        yield Shot("page", "GET", target, _BROWSER, b"")


def _as_target(params: Mapping[str, Any]) -> str | None:
    """The same in a URL; None where it does not fit in one."""
    try:
        pairs = [
            f"{name}={quote(value if isinstance(value, str) else json.dumps(value), safe='')}"
            for name, value in params.items()
        ]
    except UnicodeEncodeError:
        return None
    target = f"{PATH}?{'&'.join(pairs)}"
    return target if len(target) <= _LONGEST_TARGET else None

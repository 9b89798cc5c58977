"""ServerSettings: everything about the HTTP side that an operator may choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ExampleQuery:
    """A query that the explorer offers, ready to run. `title` is a few words for a list."""

    title: str
    query: str
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the endpoint behaves.

    path:            where GraphQL is answered; starts with a slash.
    explorer:        browsers that open `path` get a page to write queries in.
    explain:         the page asks for traces; the engine gives them.
    examples:        queries the explorer shows, in this order.
    cors_origins:    origins whose pages may call the endpoint, `("*",)` for all; none by default.
    max_head_bytes:  names and values of all headers together.
    body_timeout_s:  how long a client may take to send a body.
    access_log:      one log line per request. Without it only failures of our own are logged.
    """

    path: str = "/graphql"
    explorer: bool = True
    explain: bool = False
    examples: tuple[ExampleQuery, ...] = ()
    cors_origins: tuple[str, ...] = ()
    max_body_bytes: int = 1_000_000
    max_url_bytes: int = 8_192
    max_head_bytes: int = 16_384
    body_timeout_s: float = 10.0
    access_log: bool = False

"""`server`: the HTTP endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field

from gateway.settings.values import Count, HeaderName, Origin, Section, split_list


class ServerSection(Section):
    """The HTTP endpoint that clients talk to."""

    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 for every interface."""
    port: Annotated[int, Field(ge=0, le=65535)] = 4000
    """Port to listen on; 0 picks a free one."""
    path: Annotated[str, Field(pattern=r"^/[^\s?#]*$")] = "/graphql"
    """Where GraphQL is answered."""
    explorer: bool = True
    """A browser that opens the path gets a page to write queries in."""
    introspection: bool = True
    """Clients may ask for the schema. Off, error messages do not suggest names of the schema either."""
    cors_origins: Annotated[tuple[Origin, ...], BeforeValidator(split_list)] = ()
    """Origins whose pages may call the endpoint, `*` for all."""
    forward_headers: Annotated[tuple[HeaderName, ...], BeforeValidator(split_list)] = (
        "authorization",
        "accept-language",
    )
    """Headers of the client that are sent on to every subgraph and service. All others are dropped."""
    explain: bool | None = None
    """Clients may ask how their answer came about: `extensions: {"braid": {"trace": true}}`. Without a value, as
    `explorer`."""
    examples: Path | None = None
    """Folder of .graphql files that the explorer offers, sorted by name; the first comment of a file is its title."""
    access_log: bool = False
    """One log line per request. Failures of the gateway's own are always logged."""
    max_body_bytes: Count = 1_000_000
    """Larger request bodies are answered 413."""

    @property
    def explains(self) -> bool:
        """Whether traces are given."""
        return self.explorer if self.explain is None else self.explain

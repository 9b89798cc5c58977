"""The port to whatever answers a fetch.

A remote GraphQL service, a Strawberry schema in this process and a test's fake are three kinds of the same thing: they
take a GraphQL operation and answer data and errors. The executor knows nothing else about them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.services.request import RequestContext

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SubgraphRequest:
    """One GraphQL operation for one subgraph.

    document:  GraphQL text of exactly one operation. It comes from a plan, so the same text object comes again and
               again: a subgraph may cache by it.
    variables: JSON values. Entity fetches carry the representations here. The receiver must not change them.
    entities:  how many representations are among them.
    """

    document: str
    variables: Mapping[str, Any]
    entities: int = 0


@dataclass(frozen=True, slots=True)
class SubgraphResponse:
    """What a subgraph answered.

    data:   as in the GraphQL specification; the caller owns it and may change it.
    errors: GraphQL error objects as JSON: message, and where known path, locations, extensions.
    """

    data: JsonObject | None
    errors: Sequence[JsonObject] = ()


class Subgraph(Protocol):
    """Answers operations. `name` is the subgraph's name in the supergraph."""

    @property
    def name(self) -> str: ...

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResponse:
        """Answer one operation.

        Raises a SourceError (gateway.services.errors) when there is no usable answer at all: unreachable, too slow,
        malformed. Errors that the subgraph itself reports are part of the response, not exceptions.
        """
        ...

    async def close(self) -> None:
        """Give back connections. Called once, at shutdown."""
        ...

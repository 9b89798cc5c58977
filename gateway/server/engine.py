"""Engine: what the server needs of the rest of the gateway. `gateway/pipeline.py` is the real one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gateway.operation.request import GraphQLRequest
from gateway.response.response import GraphQLResponse


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold before traffic is welcome. `detail` is shown to whoever asks: no address, no secret."""

    name: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether this process should get traffic now. It may although a check fails: partial answers are normal."""

    ok: bool
    checks: tuple[Check, ...] = ()


class HasReadiness(Protocol):
    """What `/ready` asks."""

    async def ready(self) -> Readiness:
        """Called often: it looks at what is known and waits for nothing slow."""
        ...


class Engine(HasReadiness, Protocol):
    """Answers GraphQL operations."""

    async def run(self, request: GraphQLRequest, headers: Mapping[str, str], request_id: str) -> GraphQLResponse:
        """Answer one operation.

        headers:    the client's, names in lower case, repeated ones joined by ", ".
        request_id: goes into every log line and every call that this request causes.

        Raises RequestError when the document or its variables are at fault, HttpError when a header is. It is cancelled
        when the client has gone.
        """
        ...

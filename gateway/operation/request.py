"""GraphQLRequest: what a client asks, as the server hands it to the pipeline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Spend = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation to answer.

    document:       GraphQL text; may hold several operations, then operation_name picks one.
    variables:      JSON values as the client sent them, not yet coerced.
    queries_only:   the transport forbids side effects (HTTP GET): a mutation is refused with MUTATION_NOT_ALLOWED.
    spend:          takes the operation's cost from its client's budget, or raises; None when there is no budget.
    """

    document: str
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict[str, Any])
    extensions: Mapping[str, Any] = field(default_factory=dict[str, Any])
    queries_only: bool = False
    spend: Spend | None = field(default=None, compare=False)

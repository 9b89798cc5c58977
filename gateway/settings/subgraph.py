"""`subgraphs`: where each one is, and how its service is called."""

from __future__ import annotations

from pydantic import Field

from gateway.settings.values import Count, ModuleName, Seconds, Section, Url


class SubgraphSection(Section):
    """One subgraph: a GraphQL service, or, with `schema`, a Strawberry schema run inside the gateway over a service."""

    url: Url | None = None
    """Where the GraphQL service answers, or, with `schema`, the base URL of the service its resolvers call."""
    schema_module: ModuleName | None = Field(default=None, alias="schema")
    """Python module whose attribute `schema` is a Strawberry federation schema, as in `schema.customers`."""
    timeout_s: Seconds = 1.5
    """Seconds for one call, from connecting to the last byte; never more than what is left of the request."""
    max_response_bytes: Count = 8 * 1024 * 1024
    """A longer answer, after decompression, is an error."""
    max_connections: Count = 20
    """Connections open at once. Further calls wait, within their timeout."""

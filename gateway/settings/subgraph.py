"""`subgraphs`: where each one is, and how its service is called."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from gateway.settings.service import ServiceSection
from gateway.settings.values import ModuleName, Url, split_list


class SubgraphSection(ServiceSection):
    """One subgraph: a GraphQL service, or, with `schema`, a Strawberry schema run inside the gateway over a service."""

    url: Url | None = None
    """Where the GraphQL service answers, or, with `schema`, the base URL of the service its resolvers call."""
    schema_module: ModuleName | None = Field(default=None, alias="schema")
    """Python module whose attribute `schema` is a Strawberry federation schema, as in `schema.customers`."""
    verify_keys: bool = False
    """Ask a GraphQL service for the key of every entity it is asked for, and refuse an answer whose entities are others
    or in another order. Off, the order is believed, as federation has it: a service may be unable to tell the key."""
    join_fetches: bool = True
    """Send entity fetches of a GraphQL service that can start together in one request, each under an alias. Off for a
    service that answers only documents that it knows, or counts `_entities` twice."""
    shown_errors: Annotated[tuple[str, ...], BeforeValidator(split_list)] = ()
    """Codes of a GraphQL service's own errors that are meant for clients: they get its message and the code. `*` for
    all. Of any other error they learn that there was one."""

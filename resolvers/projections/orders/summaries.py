"""Customers' orders, summed up: for all customers of a request in one look at the projection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.projections.transaction import Row
from gateway.services.loader import Loader
from resolvers.projections.orders.reports import read_summaries
from resolvers.projections.reading import read_projection


class Summaries(Loader[str, Row | None]):
    """A row of read_summaries by the customer's id; None for one that nothing is known of.

    What fails is told of the subgraph: no service is asked.
    """

    service = "reports"

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Row | None]:
        found = await read_projection(self.context, "orders", lambda reading: read_summaries(reading, keys))
        return {key: found.get(key) for key in keys}

"""TracedEngine: the real pipeline over three sources that take their time, one of which fails."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.operation.request import GraphQLRequest
from gateway.pipeline import Pipeline, PipelineOptions
from gateway.response.response import GraphQLResponse
from gateway.server.engine import Readiness
from gateway.server.settings import ExampleQuery
from gateway.services.call import source_call
from gateway.services.errors import SourceUnreachable
from gateway.services.request import RequestContext
from gateway.subgraphs.subgraph import SubgraphRequest, SubgraphResponse
from tests.unit.supergraphs import load

PAUSE_S = 0.02
DEADLINE_S = 5.0

GRAPH = """
type Query @join__type(graph: ORDERS) {
  order(id: ID!): Order @join__directive(graphs: [ORDERS], name: "lookup")
}
type Order @join__type(graph: ORDERS, key: "id") @join__type(graph: SUPPORT, key: "id") {
  id: ID! buyer: Customer @join__field(graph: ORDERS) tickets: Int @join__field(graph: SUPPORT)
}
type Customer @join__type(graph: ORDERS, key: "id") @join__type(graph: CUSTOMERS, key: "id") {
  id: ID! name: String @join__field(graph: CUSTOMERS)
}
"""
EXAMPLE = ExampleQuery(
    "One order",
    "query Detail($id: ID!) {\n  order(id: $id) {\n    tickets\n    buyer { name }\n  }\n}\n",
    {"id": "o-1"},
)


@dataclass
class Paused:
    """Answers after one call that takes PAUSE_S; `data` None: the service cannot be reached."""

    name: str
    data: dict[str, Any] | None

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResponse:
        async with source_call(self.name, DEADLINE_S, context):
            await asyncio.sleep(PAUSE_S)
        if self.data is None:
            raise SourceUnreachable(self.name, f"Service '{self.name}' cannot be reached.")
        return SubgraphResponse(dict(self.data))

    async def close(self) -> None: ...


class TracedEngine:
    """Satisfies gateway.server.engine.Engine. asked: every request that came."""

    def __init__(self) -> None:
        sources = [
            Paused("orders", {"order__1": {"__typename": "Order", "buyer": {"id": "c-1"}}}),
            Paused("customers", {"_entities": [{"name": "Ada"}]}),
            Paused("support", None),
        ]
        supergraph = load(GRAPH, join="0.4")
        self.asked: list[GraphQLRequest] = []
        self._pipeline = Pipeline(
            supergraph, {source.name: source for source in sources}, PipelineOptions(explain=True)
        )

    async def run(self, request: GraphQLRequest, headers: Mapping[str, str], request_id: str) -> GraphQLResponse:
        self.asked.append(request)
        deadline = asyncio.get_running_loop().time() + DEADLINE_S
        return await self._pipeline.run(request, RequestContext(request_id, deadline))

    async def ready(self) -> Readiness:
        return Readiness(True)

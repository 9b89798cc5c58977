"""A subgraph that answers how much time its request was given."""

from __future__ import annotations

import strawberry

from gateway.subgraphs import Info, SubgraphSchema

asked: list[str] = []
"""The fields that were resolved, in order: empty when nothing was run."""


@strawberry.type
class Query:
    @strawberry.field
    def allowed_ms(self, info: Info) -> int:
        asked.append("allowedMs")
        return round((info.context.deadline - info.context.began) * 1000)


schema = SubgraphSchema(query=Query)

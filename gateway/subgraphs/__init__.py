"""Whatever answers a fetch. For schema modules: SubgraphSchema, Info and lookup."""

from gateway.subgraphs.local import Info, LocalSubgraph, SubgraphSchema, lookup
from gateway.subgraphs.remote import RemoteSubgraph

__all__ = ["Info", "LocalSubgraph", "RemoteSubgraph", "SubgraphSchema", "lookup"]

"""Whatever answers a fetch. For schema modules: SubgraphSchema, Info, Keys, derived, each_found and lookup."""

from gateway.subgraphs.local import Info, LocalSubgraph, SubgraphSchema, lookup
from gateway.subgraphs.plain import derived
from gateway.subgraphs.references import Keys, each_found
from gateway.subgraphs.remote import RemoteSubgraph

__all__ = ["Info", "Keys", "LocalSubgraph", "RemoteSubgraph", "SubgraphSchema", "derived", "each_found", "lookup"]

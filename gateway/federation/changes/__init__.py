"""What changes between the graph that is served and the one that would be, for those who build on it.

Two kinds of users are hit by different things: clients by the API schema (`api.py`), other subgraphs and plans by who
resolves what under which keys and requirements (`graph.py`). Both tell a change with its coordinate, how bad it is, and
which uses of the old graph it touches, so that recorded operations can be asked whether they are hit.
"""

from __future__ import annotations

from gateway.federation.changes.api import api_changes
from gateway.federation.changes.change import Change, ChangeLevel
from gateway.federation.changes.graph import graph_changes

__all__ = ["Change", "ChangeLevel", "api_changes", "graph_changes"]

"""From graphql-core nodes to places, and from places to problems."""

from __future__ import annotations

from graphql import Node

from gateway.federation.compose.model import NOWHERE, Place
from gateway.federation.errors import Problem


def place_of(node: Node) -> Place:
    """Where the node begins in its own source; NOWHERE for nodes that composition made."""
    if node.loc is None:
        return NOWHERE
    return Place(node.loc.start_token.line, node.loc.start_token.column)


def problem(subgraph: str, place: Place, code: str, message: str) -> Problem:
    """A problem at a place in a subgraph's SDL."""
    return Problem(code, message, subgraph, place.line, place.column)

"""Passes over the drafted steps, in this order: fewer requests, never a deeper plan, never a healthy field lost.

    merge_types   one place, several runtime types        one step
    merge_leaves  one place, not at the same time         one step, which can fall back to what it was made of
    merge_types   again: the last pass made steps equal
    order         levels, and which dependencies are said by others
    requests      one subgraph, several places            several steps that share a request

Each pass is a module, which opens with its theory.
"""

from __future__ import annotations

from gateway.federation.supergraph import Supergraph
from gateway.planning.draft import StepDraft
from gateway.planning.passes.merge_leaves import merge_leaves
from gateway.planning.passes.merge_types import merge_types
from gateway.planning.passes.order import direct, in_order
from gateway.planning.passes.requests import share_requests

__all__ = ["direct", "in_order", "merge_steps", "share_requests"]


def merge_steps(steps: list[StepDraft], supergraph: Supergraph) -> None:
    """Put steps together that can be one. Changes the list and the steps in it."""
    merge_types(steps, supergraph)
    merge_leaves(steps, supergraph)
    merge_types(steps, supergraph)

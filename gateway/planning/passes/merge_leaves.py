"""A step that nobody awaits joins another of its subgraph and place, though that one waits for more.

Problem: a field with requirements waits for its inputs, a plain field of the same object and subgraph does not, so they
         are two steps, and the subgraph looks up each object twice.
Idea:    one step that asks for both when the inputs are there. It costs no time: nobody awaits the plain field, and the
         answer is not complete before the other one is there anyway.
Danger:  the inputs may never come, and the plain field, which is healthy, would go down with them. So the step keeps
         what it was made of, its *parts*. Execution asks for an object by the parts that it has the inputs of, when
         not all of them came; and when they are long in coming, it sends what can be sent.
Rule:    a step joins only if that makes no path of the plan longer: it has nobody behind it, and what it joins starts
         no later than it would have, unless that has nobody behind it either.
"""

from __future__ import annotations

from gateway.federation.supergraph import Supergraph
from gateway.planning.draft import StepDraft
from gateway.planning.emit import representations_agree
from gateway.planning.passes.merge_types import merged_parts
from gateway.planning.passes.step_graph import StepGraph, ancestors, parts_of


def merge_leaves(steps: list[StepDraft], supergraph: Supergraph) -> None:
    """Changes the list and the steps in it."""
    graph = StepGraph(steps)
    by_place: dict[tuple[object, ...], list[StepDraft]] = {}
    for step in steps:
        if step.kind == "entities" and not step.merge_after:
            by_place.setdefault((step.graph, step.path), []).append(step)
    for same in by_place.values():
        for step in list(same):
            if graph.is_awaited(step):
                continue
            other = next((other for other in same if _can_join(step, other, graph, supergraph)), None)
            if other is not None:
                same.remove(step)
                _join(step, other, graph, supergraph)


def _can_join(step: StepDraft, other: StepDraft, graph: StepGraph, supergraph: Supergraph) -> bool:
    if other is step or other.contexts != step.contexts:
        return False
    if step.contexts is not None and step.needs != other.needs:
        return False  # what takes values from further up has no parts to fall back to
    mine, theirs = ancestors(step), ancestors(other)
    is_delayed = not theirs >= mine
    return (
        other not in mine
        and not (is_delayed and graph.is_awaited(other))
        and representations_agree(step.entries, other.entries, supergraph)
    )


def _join(step: StepDraft, other: StepDraft, graph: StepGraph, supergraph: Supergraph) -> None:
    """Let `other` do what `step` would have. Both stay behind as parts when they wait for different steps."""
    parts: list[StepDraft] = []
    if step.needs != other.needs:
        parts = [*parts_of(other), *parts_of(step)]
    graph.absorb(other, step)
    graph.set_parts(other, merged_parts(parts, supergraph))

"""Steps that differ in nothing but the runtime types of one element of their paths become one.

Problem: types with different plans are written apart, and so are the steps below them, even where these ask the same
         subgraph at the same time: `search|Film/director` and `search|Album/director`.
Idea:    the paths joined, `search|Album,Film/director`, lead to the objects of both. That holds for one element only:
         with two, the joined path would also lead to combinations that nobody meant.
Invariant: both wait for the same steps, so nothing comes later and nothing more is lost when one of those fails.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.federation.supergraph import Supergraph
from gateway.planning.draft import StepDraft
from gateway.planning.emit import representations_agree
from gateway.planning.passes.step_graph import StepGraph, parts_of
from gateway.planning.plan import Path


def merge_types(steps: list[StepDraft], supergraph: Supergraph) -> None:
    """Changes the list and the steps in it."""
    graph = StepGraph(steps)
    by_place: dict[tuple[object, ...], list[StepDraft]] = {}
    for step in list(steps):
        place = (step.graph, step.kind, tuple(element.key for element in step.path))
        same = by_place.setdefault(place, [])
        for other in same:
            path = _joined_path(other, step, supergraph)
            if path:
                parts = [*parts_of(other), *parts_of(step)] if other.parts or step.parts else []
                other.path = path
                graph.absorb(other, step)
                graph.set_parts(other, merged_parts(parts, supergraph))
                break
        else:
            same.append(step)


def merged_parts(parts: list[StepDraft], supergraph: Supergraph) -> list[StepDraft]:
    """Those that wait for the same steps put together, as steps are. Changes the parts."""
    merge_types(parts, supergraph)
    return parts


def _joined_path(other: StepDraft, step: StepDraft, supergraph: Supergraph) -> Path | None:
    """The path of both as one step; None when they cannot be one."""
    if other.needs != step.needs or other.merge_after != step.merge_after or other.contexts != step.contexts:
        return None
    path = _with_types_of_both(other.path, step.path)
    is_safe = other.path == step.path or _are_presented_alike(other, step)
    if path and is_safe and representations_agree(other.entries, step.entries, supergraph):
        return path
    return None


def _are_presented_alike(one: StepDraft, other: StepDraft) -> bool:
    """Whether objects of the same type are presented with the same fields.

    On another path an object holds only what that path's requests selected, so a joined representation could be built
    for neither.
    """
    return all(
        set(one.entries[name].keys) == set(other.entries[name].keys)
        and set(one.entries[name].requires) == set(other.entries[name].requires)
        for name in one.entries.keys() & other.entries.keys()
    )


def _with_types_of_both(one: Path, other: Path) -> Path | None:
    """A path that leads to the objects of both, if they differ in the types of at most one element."""
    differing = [i for i, (mine, theirs) in enumerate(zip(one, other, strict=True)) if mine.types != theirs.types]
    if len(differing) > 1:
        return None
    joined = list(one)
    for i in differing:
        mine, theirs = one[i].types, other[i].types
        joined[i] = replace(one[i], types=mine | theirs if mine is not None and theirs is not None else None)
    return tuple(joined)

"""Passes over the drafted steps: fewer requests, never a deeper plan, never a healthy field behind a sick service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gateway.federation.supergraph import Supergraph
from gateway.planning.draft import StepDraft
from gateway.planning.emit import representations_agree
from gateway.planning.plan import Path


def merge_steps(steps: list[StepDraft], supergraph: Supergraph) -> None:
    """Put steps together that can be one request. Changes the list and the steps in it."""
    _merge_types(steps, supergraph)
    _merge_leaves(steps, supergraph)
    _merge_types(steps, supergraph)


def _merge_types(steps: list[StepDraft], supergraph: Supergraph) -> None:
    """Steps that differ in nothing but the runtime types of one element of their paths become one."""
    by_place: dict[tuple[object, ...], list[StepDraft]] = {}
    for step in list(steps):
        place = (step.graph, step.kind, tuple(element.key for element in step.path))
        same = by_place.setdefault(place, [])
        for other in same:
            path = _joined_path(other.path, step.path)
            is_same_time = other.needs == step.needs and other.merge_after == step.merge_after
            is_safe = other.path == step.path or _are_presented_alike(other, step)
            if path and is_same_time and is_safe and representations_agree(other.entries, step.entries, supergraph):
                other.path = path
                _absorb(steps, other, step)
                break
        else:
            same.append(step)


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


def _joined_path(one: Path, other: Path) -> Path | None:
    """A path that leads to the objects of both, if they differ in the types of at most one element."""
    differing = [i for i, (mine, theirs) in enumerate(zip(one, other, strict=True)) if mine.types != theirs.types]
    if len(differing) > 1:
        return None
    joined = list(one)
    for i in differing:
        mine, theirs = one[i].types, other[i].types
        joined[i] = replace(one[i], types=mine | theirs if mine is not None and theirs is not None else None)
    return tuple(joined)


def _merge_leaves(steps: list[StepDraft], supergraph: Supergraph) -> None:
    """A step that nobody awaits joins another of the same subgraph and path.

    Only if the other waits for no further subgraph: otherwise, when that one fails, fields would be lost that did not
    need it.
    """
    for step in list(steps):
        if step.kind != "entities" or step.merge_after or any(step in other.awaited for other in steps):
            continue
        for other in steps:
            if other is not step and _can_join(step, other, steps, supergraph):
                other.needs |= step.needs
                _absorb(steps, other, step)
                break


def _can_join(step: StepDraft, other: StepDraft, steps: list[StepDraft], supergraph: Supergraph) -> bool:
    if (step.graph, step.kind, step.path) != (other.graph, other.kind, other.path) or other.merge_after:
        return False
    mine, theirs = _ancestors(step), _ancestors(other)
    is_delayed = not theirs >= mine
    return (
        other not in mine
        and not (is_delayed and any(other in waiting.awaited for waiting in steps))
        and {ancestor.graph for ancestor in theirs} == {ancestor.graph for ancestor in mine}
        and representations_agree(step.entries, other.entries, supergraph)
    )


def _absorb(steps: list[StepDraft], kept: StepDraft, gone: StepDraft) -> None:
    """Let `kept` fetch what `gone` would have, and take its place everywhere. Changes all of them."""
    kept.selection.absorb(gone.selection)
    for type_name, theirs in gone.entries.items():
        mine = kept.entries.setdefault(type_name, theirs)
        if mine is not theirs:
            mine.keys = tuple(dict.fromkeys(mine.keys + theirs.keys))
            mine.requires = tuple(dict.fromkeys(mine.requires + theirs.requires))
    steps.remove(gone)
    for step in steps:
        for awaited in (step.needs, step.merge_after):
            if gone in awaited:
                awaited.remove(gone)
                awaited.add(kept)


def _ancestors(step: StepDraft) -> set[StepDraft]:
    """Every step that is merged before this one, however far up."""
    found: set[StepDraft] = set()
    waiting = list(step.awaited)
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(current.awaited)
    return found


def in_order(steps: Iterable[StepDraft]) -> list[tuple[StepDraft, int]]:
    """Steps with their levels, every one after those it awaits; by level, then as they were drafted."""
    levels: dict[StepDraft, int] = {}

    def level(step: StepDraft) -> int:
        found = levels.get(step)
        if found is None:
            found = levels[step] = 1 + max((level(need) for need in step.needs), default=0)
        return found

    drafted = list(steps)
    # A step that starts early is merged after a step of its own level, so that one has to come first.
    return sorted(((step, level(step)) for step in drafted), key=lambda pair: (pair[1], bool(pair[0].merge_after)))


def direct(awaited: set[StepDraft]) -> set[StepDraft]:
    """Without those steps that another one awaits anyway."""
    implied: set[StepDraft] = set()
    for step in awaited:
        implied |= _ancestors(step)
    return awaited - implied

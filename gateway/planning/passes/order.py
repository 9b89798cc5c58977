"""In which order steps are written down: by level, and with no dependency that another one implies.

A step's level is how many steps lie before it on its longest path, plus one. Execution looks at dependencies only:
levels are for people, for the rules of passes, and for the order, in which every step comes after those it awaits.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.planning.draft import StepDraft
from gateway.planning.passes.step_graph import ancestors


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
    if len(awaited) < 2:
        return awaited
    implied: set[StepDraft] = set()
    for step in awaited:
        implied |= ancestors(step)
    return awaited - implied

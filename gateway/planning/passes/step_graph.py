"""The drafted steps as a graph in both directions, so that a pass need not look through all of them for each.

A step knows what it awaits. Passes also ask who awaits it; found anew for each step, that takes time with the square of
the plan's size. So the other direction is kept too, and both are kept right while steps are merged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gateway.planning.draft import StepDraft


class StepGraph:
    """steps: the list that is worked on. What is done here is done to it, and to the steps in it."""

    def __init__(self, steps: list[StepDraft]) -> None:
        self.steps = steps
        self._users: dict[StepDraft, set[StepDraft]] = {}
        for step in steps:
            self._note(step)
            for part in step.parts:
                self._note(part)

    def is_awaited(self, step: StepDraft) -> bool:
        """Whether another step comes after it."""
        return bool(self._users.get(step))

    def absorb(self, kept: StepDraft, gone: StepDraft) -> None:
        """Let `kept` fetch what `gone` would have, and take its place everywhere."""
        kept.selection.absorb(gone.selection)
        for type_name, theirs in gone.entries.items():
            mine = kept.entries.setdefault(type_name, theirs)
            if mine is not theirs:
                mine.keys = tuple(dict.fromkeys(mine.keys + theirs.keys))
                mine.requires = tuple(dict.fromkeys(mine.requires + theirs.requires))
        self.steps.remove(gone)
        for needed in gone.needs - kept.needs:
            kept.needs.add(needed)
            self._users[needed].add(kept)
        for awaited in gone.awaited:
            self._users[awaited].discard(gone)
        for user in self._users.pop(gone, ()):
            self._await_instead(user, gone, kept)

    def set_parts(self, step: StepDraft, parts: list[StepDraft]) -> None:
        """What the step can fall back to."""
        step.parts = parts
        for part in parts:
            self._note(part)

    def _note(self, step: StepDraft) -> None:
        for awaited in step.awaited:
            self._users.setdefault(awaited, set()).add(step)

    def _await_instead(self, user: StepDraft, gone: StepDraft, kept: StepDraft) -> None:
        for awaited in (user.needs, user.merge_after):
            if gone in awaited:
                awaited.remove(gone)
                awaited.add(kept)
        self._users.setdefault(kept, set()).add(user)


def parts_of(step: StepDraft) -> list[StepDraft]:
    """What it was made of; if it is of one piece, the step as it is now, whatever becomes of it."""
    return step.parts or [_copied(step)]


def _copied(step: StepDraft) -> StepDraft:
    return replace(
        step,
        needs=set(step.needs),
        merge_after=set(step.merge_after),
        selection=step.selection.copied(),
        entries={name: replace(entry) for name, entry in step.entries.items()},
        parts=[],
    )


def ancestors(step: StepDraft) -> set[StepDraft]:
    """Every step that is merged before this one, however far up."""
    return _all_before(step.awaited)


def _all_before(steps: Iterable[StepDraft]) -> set[StepDraft]:
    found: set[StepDraft] = set()
    waiting = list(steps)
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(current.needs)
            waiting.extend(current.merge_after)
    return found

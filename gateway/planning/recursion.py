"""Recursion: remembering what was computed, when the computation may come back to itself.

Problem: entering a subgraph may need a key whose parts lie behind an entry into the very subgraph that is being looked
at. A guard cuts such a circle short, but what was computed inside has then seen less than there is.
Idea:    remember a result only if every guard that it hit was its own or further in. A result that hit an outer guard
is right for that computation only, and is computed again when it is wanted elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

_NEVER = 1 << 30

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


class Recursion:
    """Guards of what is being computed right now, with their depth, and the depth of the outermost one hit since."""

    def __init__(self) -> None:
        self._active: dict[Hashable, int] = {}
        self._outermost_hit = _NEVER

    def is_guarded(self, guard: Hashable) -> bool:
        """Whether this is being computed further up; notes that whatever is computed now depends on that."""
        depth = self._active.get(guard)
        if depth is None:
            return False
        self._outermost_hit = min(self._outermost_hit, depth)
        return True

    def remember(
        self, memo: dict[Key, Result], key: Key, guard: Hashable | None, compute: Callable[[], Result]
    ) -> Result:
        """Compute, and keep the result unless it depends on a computation further up that is not finished."""
        outer, self._outermost_hit = self._outermost_hit, _NEVER
        depth = len(self._active)
        if guard is not None:
            self._active[guard] = depth
        try:
            result = compute()
        finally:
            if guard is not None:
                del self._active[guard]
        if self._outermost_hit >= depth:
            memo[key] = result
            self._outermost_hit = outer
        else:
            self._outermost_hit = min(outer, self._outermost_hit)
        return result

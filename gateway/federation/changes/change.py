"""Change: one difference between two graphs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

ChangeLevel = Literal["breaking", "dangerous", "safe"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, and whom it concerns.

    level:      breaking: operations that were answered are not any more; dangerous: they are, but differently or at
                another cost; safe: nobody notices who does not ask for it.
    code:       for instance FIELD_REMOVED.
    coordinate: what has changed, as `Type.field(argument:)`.
    advice:     what to do about it; "" when there is nothing to do.
    touches:    an operation is concerned when it uses every coordinate of one of these sets.
    """

    level: ChangeLevel
    code: str
    coordinate: str
    message: str
    advice: str
    touches: tuple[frozenset[str], ...] = ()

    def concerns(self, used: Collection[str]) -> bool:
        """Whether an operation is concerned that uses these coordinates of the old graph."""
        return any(each <= frozenset(used) for each in self.touches)

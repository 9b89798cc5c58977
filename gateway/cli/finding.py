"""Finding: one thing that `braid check` has to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning", "hint"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know. Only errors make the command fail.

    about:  `configuration`, `graph`, `services` or `projections`.
    place:  the setting or the subgraph, with file or position where they are known.
    advice: what to do about it.
    """

    level: Level
    about: str
    code: str
    place: str
    message: str
    advice: str

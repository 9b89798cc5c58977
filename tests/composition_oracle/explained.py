"""Differences that are the oracle's fault or a choice of ours: each with its reason. Anything else fails the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.composition_oracle.answers import Answer


@dataclass(frozen=True, slots=True)
class Explanation:
    """name: a few words for the table. applies: whether it explains this difference of (ours, theirs, SDLs)."""

    name: str
    reason: str
    applies: Callable[[Answer, Answer, str], bool]


EXPLAINED: tuple[Explanation, ...] = (
    Explanation(
        "it crashes",
        "The oracle ends in an exception of its own, for instance by requirements that go round in a circle.",
        lambda ours, theirs, sdls: theirs.crash != "",
    ),
)

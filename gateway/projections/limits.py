"""Limits: what an operator finds worth waking somebody for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """More than this is bad; None for never.

    lag_s:        how old a projection's tables may be.
    dead_letters: how many there may be in one projection.
    stopped:      how many of its streams may have stopped.
    silent_s:     after how long without a word of its worker a projection is not followed any more.
    """

    lag_s: float | None = 30.0
    dead_letters: int | None = 0
    stopped: int | None = 0
    silent_s: float = 30.0

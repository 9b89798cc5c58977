"""A clock that a test moves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class FakeClock:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s

    def pass_by(self, seconds: float) -> None:
        self.now_s += seconds

"""What a tool that measures tells: a line for each promise, kept or broken, notes between them, and its exit status."""

from __future__ import annotations

from dataclasses import dataclass

_KEPT, _BROKEN, _NOTE = "ok    ", "BROKEN", "      "


@dataclass(slots=True)
class Verdicts:
    """Prints as it is told, so that whoever waits sees how it goes. broken: how many promises were not kept."""

    broken: int = 0

    def tell(self, what: object, found: object = None, *, good: bool) -> None:
        """One promise. found: what was measured, if that says more than whether it was kept."""
        self.broken += not good
        print(_KEPT if good else _BROKEN, what if found is None else f"{what}: {found}", flush=True)

    def note(self, text: object) -> None:
        """Something that is neither good nor bad, or more about the line before."""
        print(_NOTE, text, flush=True)

    @property
    def exit_status(self) -> int:
        return 1 if self.broken else 0

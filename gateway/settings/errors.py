"""SettingsError: the configuration is at fault. Nothing starts, and every problem is listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.errors import BraidError


@dataclass(frozen=True, slots=True)
class SettingsProblem:
    """One thing that is wrong with the configuration.

    message: what is wrong and how to mend it. Never holds a configured value: that may be a secret.
    path:    the setting at fault, as in `subgraphs.customers.url`; "" when it is the file as a whole.
    place:   where it was set: `braid.yaml:12:5`, `environment variable BRAID_SERVER__PORT` or `option --port`.
    """

    message: str
    path: str = ""
    place: str = ""

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.path, self.message) if part)


class SettingsError(BraidError):
    """The configuration cannot be used. `problems` holds every one that was found."""

    code = "SETTINGS_ERROR"

    def __init__(self, problems: Sequence[SettingsProblem]) -> None:
        count = len(problems)
        head = "1 problem" if count == 1 else f"{count} problems"
        super().__init__(f"The configuration has {head}:\n" + "\n".join(f"  {problem}" for problem in problems))
        self.problems = tuple(problems)

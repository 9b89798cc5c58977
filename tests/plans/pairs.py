"""The pairs of query and plan in this folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tests.federation.scenarios import SCENARIOS
from tests.federation.test_contexts import BAZAAR
from tests.support.gateway import Gateway, plan_text
from tests.support.scenario import Scenario

FOLDER = Path(__file__).parent
# What a context gives is no argument of the API, so no monolith can answer it.
_SCENARIOS = {**SCENARIOS, BAZAAR.name: BAZAAR}


@dataclass(frozen=True, slots=True)
class Pair:
    """One query and where its plan is kept."""

    query: Path

    @property
    def plan(self) -> Path:
        """The file with the expected text."""
        return self.query.with_suffix(".plan")

    @property
    def scenario(self) -> Scenario:
        """The graph that the query is planned for: the folder says which, with _ for a space."""
        return _SCENARIOS[self.query.parent.name.replace("_", " ")]

    def planned(self) -> str:
        """The plan as it is printed now."""
        text = self.query.read_text()
        first = text.splitlines()[0]
        variables = json.loads(first[1:]) if first.startswith("# {") else {}
        return plan_text(Gateway(self.scenario).plan(text, variables))

    def __str__(self) -> str:
        return f"{self.query.parent.name}/{self.query.stem}"


PAIRS = [Pair(path) for path in sorted(FOLDER.glob("*/*.graphql"))]

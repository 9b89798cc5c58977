"""The pairs of query and plan in this folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from tests.federation.test_abstract_types import MEDIA
from tests.federation.test_complex_entity_call import WORKSHOP
from tests.federation.test_interface_objects import STORE
from tests.federation.test_language import ZOO
from tests.federation.test_lookups import CLUB
from tests.federation.test_mutations import BANK
from tests.federation.test_paths import LIBRARY
from tests.federation.test_provides import ATLAS
from tests.federation.test_requires_and_provides import BAKERY
from tests.federation.test_requires_arguments import FREIGHT
from tests.federation.test_requires_chains import FLIGHTS, JOURNAL
from tests.federation.test_shared_parents import HOUSES, RECIPES
from tests.federation.test_simple_entity_call import MUSEUM
from tests.federation.test_unions import PRIZES, SHELTER
from tests.support.gateway import Gateway, plan_text
from tests.support.scenario import Scenario

FOLDER = Path(__file__).parent
SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        ATLAS,
        BAKERY,
        BANK,
        CLUB,
        FLIGHTS,
        FREIGHT,
        HOUSES,
        JOURNAL,
        LIBRARY,
        MEDIA,
        MUSEUM,
        PRIZES,
        RECIPES,
        SHELTER,
        STORE,
        WORKSHOP,
        ZOO,
    )
}


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
        """The graph that the query is planned for: the folder says which."""
        return SCENARIOS[self.query.parent.name]

    def planned(self) -> str:
        """The plan as it is printed now."""
        text = self.query.read_text()
        first = text.splitlines()[0]
        variables = json.loads(first[1:]) if first.startswith("# {") else {}
        return plan_text(Gateway(self.scenario).plan(text, variables))

    def __str__(self) -> str:
        return f"{self.query.parent.name}/{self.query.stem}"


PAIRS = [Pair(path) for path in sorted(FOLDER.glob("*/*.graphql"))]

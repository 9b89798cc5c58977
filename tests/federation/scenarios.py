"""All scenarios by name, for tests that go through every one of them."""

from __future__ import annotations

from collections.abc import Mapping

from tests.federation.test_abstract_requirements import FARM, TRIPS
from tests.federation.test_abstract_types import MEDIA, NODES, RADIO
from tests.federation.test_complex_entity_call import SEVERAL_KEYS, WORKSHOP
from tests.federation.test_errors import OBSERVATORY
from tests.federation.test_external_fields import KITCHENS, LODGE, TOOLS
from tests.federation.test_inaccessible import CLINIC
from tests.federation.test_include_skip import ORCHARD
from tests.federation.test_input_types import WARDROBE
from tests.federation.test_interface_objects import AWARDS, STORE
from tests.federation.test_keys_mashup import THEATRE
from tests.federation.test_language import ZOO
from tests.federation.test_lookups import CLUB
from tests.federation.test_mutations import BANK
from tests.federation.test_nested_fragments import HAVEN, PANTRY
from tests.federation.test_null_keys import RECORDS
from tests.federation.test_object_or_union import ATTIC, FERRY, GARAGE
from tests.federation.test_override import PARCELS, PRESS
from tests.federation.test_own_fields import LEAGUE
from tests.federation.test_paths import LIBRARY
from tests.federation.test_progressive_override import QUAYS
from tests.federation.test_provides import ATLAS, GALLERY
from tests.federation.test_requires_and_provides import BAKERY
from tests.federation.test_requires_arguments import FREIGHT
from tests.federation.test_requires_chains import FLIGHTS, JOURNAL
from tests.federation.test_shared_parents import HOUSES, RECIPES, STUDIOS
from tests.federation.test_simple_entity_call import MUSEUM
from tests.federation.test_unions import GATES, NESTS, PRIZES, SHELTER
from tests.federation.test_unsatisfiable import COPIES, LEDGER
from tests.support.scenario import Scenario

SCENARIOS: Mapping[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        *(ATLAS, ATTIC, BAKERY, BANK, CLINIC, CLUB, COPIES, FARM, FERRY, FLIGHTS, FREIGHT, GALLERY, GARAGE, GATES),
        *(HAVEN, HOUSES, JOURNAL, LEAGUE, PANTRY),
        *KITCHENS,
        *(LEDGER, LIBRARY, LODGE, MEDIA, MUSEUM, NESTS, NODES, OBSERVATORY, ORCHARD, PARCELS, PRESS, PRIZES, RADIO),
        *(
            QUAYS,
            RECIPES,
            RECORDS,
            SEVERAL_KEYS,
            AWARDS,
            SHELTER,
            STORE,
            STUDIOS,
            THEATRE,
            TOOLS,
            TRIPS,
            WARDROBE,
            WORKSHOP,
            ZOO,
        ),
    )
}

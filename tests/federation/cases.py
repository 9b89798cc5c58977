"""Cases and their scenarios, for tests that go through all of them in another way than its own module does.

What needs more than a supergraph file is left out: labels, contexts, access.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.federation import (
    test_abstract_requirements,
    test_abstract_types,
    test_complex_entity_call,
    test_errors,
    test_external_fields,
    test_failing_sources,
    test_inaccessible,
    test_include_skip,
    test_input_types,
    test_interface_objects,
    test_introspection,
    test_keys_mashup,
    test_language,
    test_lookups,
    test_mutations,
    test_nested_fragments,
    test_null_keys,
    test_object_or_union,
    test_override,
    test_own_fields,
    test_paths,
    test_provides,
    test_requires_and_provides,
    test_requires_arguments,
    test_requires_chains,
    test_shared_parents,
    test_simple_entity_call,
    test_unions,
    test_unsatisfiable,
)
from tests.support.scenario import Case, Scenario

_TOGETHER: Sequence[tuple[Scenario, Sequence[Case]]] = (
    (test_abstract_requirements.FARM, test_abstract_requirements.CASES),
    (test_abstract_requirements.TRIPS, test_abstract_requirements.TRIPS_CASES),
    (test_abstract_types.MEDIA, test_abstract_types.CASES),
    (test_abstract_types.NODES, test_abstract_types.NODES_CASES),
    (test_abstract_types.RADIO, test_abstract_types.RADIO_CASES),
    (test_complex_entity_call.WORKSHOP, test_complex_entity_call.CASES),
    (test_complex_entity_call.SEVERAL_KEYS, test_complex_entity_call.SEVERAL_KEYS_CASES),
    (test_errors.OBSERVATORY, test_errors.REPORTED),
    *((kitchen, test_external_fields.CASES) for kitchen in test_external_fields.KITCHENS),
    (test_external_fields.TOOLS, test_external_fields.TOOLS_CASES),
    (test_external_fields.LODGE, test_external_fields.LODGE_CASES),
    (test_errors.OBSERVATORY, test_failing_sources.ROOT),
    (test_inaccessible.CLINIC, test_inaccessible.CASES),
    (test_include_skip.ORCHARD, test_include_skip.CASES),
    (test_input_types.WARDROBE, test_input_types.CASES),
    (test_interface_objects.STORE, test_interface_objects.CASES),
    (test_interface_objects.AWARDS, test_interface_objects.SHARED),
    (test_language.ZOO, test_introspection.CASES),
    (test_keys_mashup.THEATRE, test_keys_mashup.CASES),
    (test_language.ZOO, test_language.CASES),
    (test_lookups.CLUB, test_lookups.CASES),
    (test_mutations.BANK, test_mutations.CASES),
    (test_nested_fragments.PANTRY, test_nested_fragments.PANTRY_CASES),
    (test_nested_fragments.HAVEN, test_nested_fragments.HAVEN_CASES),
    (test_null_keys.RECORDS, test_null_keys.CASES),
    (test_object_or_union.GARAGE, test_object_or_union.GARAGE_CASES),
    (test_object_or_union.ATTIC, test_object_or_union.ATTIC_CASES),
    (test_object_or_union.FERRY, test_object_or_union.FERRY_CASES),
    (test_override.PRESS, test_override.PRESS_CASES),
    (test_override.PARCELS, test_override.PARCELS_CASES),
    (test_own_fields.LEAGUE, test_own_fields.LEAGUE_CASES),
    (test_paths.LIBRARY, test_paths.CASES),
    (test_provides.ATLAS, test_provides.ATLAS_CASES),
    (test_provides.GALLERY, test_provides.GALLERY_CASES),
    (test_requires_and_provides.BAKERY, test_requires_and_provides.CASES),
    (test_requires_arguments.FREIGHT, test_requires_arguments.CASES),
    (test_requires_chains.FLIGHTS, test_requires_chains.FLIGHT_CASES),
    (test_requires_chains.JOURNAL, test_requires_chains.JOURNAL_CASES),
    (test_shared_parents.RECIPES, test_shared_parents.RECIPES_CASES),
    (test_shared_parents.HOUSES, test_shared_parents.HOUSES_CASES),
    (test_shared_parents.STUDIOS, test_shared_parents.STUDIOS_CASES),
    (test_simple_entity_call.MUSEUM, test_simple_entity_call.CASES),
    (test_unions.PRIZES, test_unions.PRIZES_CASES),
    (test_unions.GATES, test_unions.GATES_CASES),
    (test_unions.NESTS, test_unions.NESTS_CASES),
    (test_unions.SHELTER, test_unions.SHELTER_CASES),
    *((scenario, [case]) for scenario, case in test_unsatisfiable.ANSWERED),
)


def _by_scenario() -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for scenario, cases in _TOGETHER:
        found.setdefault(scenario.name, []).extend(cases)
    return found


CASES: Mapping[str, Sequence[Case]] = _by_scenario()
"""The cases by the name of their scenario, which `scenarios.py` has under the same name."""

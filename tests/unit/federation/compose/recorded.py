"""What the tests here compose, for whoever wants to ask another composer the same: see tests/composition_oracle."""

from __future__ import annotations

import os
from collections.abc import Sequence

from gateway.federation.compose import SubgraphSchema

RECORD_TO = "--record-composed"
"""The option that names a file for all of it, as JSON: a list of {test, subgraphs: {name: SDL}}."""

_found: list[dict[str, object]] = []


def record(subgraphs: Sequence[SubgraphSchema]) -> None:
    """Note one input, under the test that runs."""
    if all(schema.federation is None for schema in subgraphs) and len({s.name for s in subgraphs}) == len(subgraphs):
        test = os.environ.get("PYTEST_CURRENT_TEST", "").removesuffix(" (call)").rpartition("/")[2]
        _found.append({"test": test, "subgraphs": {schema.name: schema.sdl for schema in subgraphs}})


def recorded() -> list[dict[str, object]]:
    """All that was noted."""
    return _found

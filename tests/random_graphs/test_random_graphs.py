"""Random graphs: however a schema is split, the federated answer is the one that a single schema gives."""

from __future__ import annotations

from tests.random_graphs.search import chunks_of, search

CASES = 100
SEED = 1


def test_random_graphs_are_answered_as_by_one_schema() -> None:
    """A few here; `make random-graphs` tries 2,000."""
    (chunk,) = chunks_of(CASES, SEED)
    searched = search(chunk)
    assert searched.cases >= CASES
    assert searched.requests > CASES
    assert {"simple keys", "composite keys", "shareable fields", "requirements"} <= searched.features.keys()

"""Random graphs: however a schema is split, the federated answer is the one that a single schema gives."""

from __future__ import annotations

from tests.random_graphs.features import Searched
from tests.random_graphs.search import chunks_of, search

CASES = 100
SEED = 1


def test_random_graphs_are_answered_as_by_one_schema() -> None:
    """A few here; `make random-graphs` tries 5,000."""
    searched = Searched()
    for chunk in chunks_of(CASES, SEED):
        searched.add(search(chunk))
    assert searched.cases >= CASES
    assert searched.requests > CASES
    assert {"simple keys", "shareable fields", "requirements", "interfaces"} <= searched.graphs_with.keys()

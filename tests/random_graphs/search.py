"""Searching for a graph and a question that the gateway answers differently from one schema over the same data.

A case is one question to one graph. A graph is composed once (in two orders) and asked up to five questions; each
is checked as every scenario's case is (`tests/support/checks.py`): fresh, from the caches, and with subgraphs and their
answers in another order, under all invariants. A search depends on its seed alone.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, given, seed, settings

from gateway.operation.errors import OPERATION_TOO_LARGE, RequestError
from tests.random_graphs.drawing import QUERIES, examples
from tests.random_graphs.example import Example, as_python
from tests.support.checks import ask
from tests.support.scenario import FEDERATION_2

GRAPHS_PER_CHUNK = 40
FEATURES = {
    "simple keys": '@key(fields: "id")',
    "composite keys": '@key(fields: "left right")',
    "nested keys": '@key(fields: "boss {',
    "keys in lists": '@key(fields: "peers {',
    "stubs": "resolvable: false",
    "shareable fields": "@shareable",
    "requirements": "@requires",
    "provided fields": "@provides",
    "overrides": "@override",
    "lookups": "@lookup",
    "interfaces": "interface U",
    "unions": "union U",
}


class Difference(AssertionError):
    """A case that failed, shrunk. Its text says the seed and shows the case as Python for a regression test."""


@dataclass(slots=True)
class Searched:
    """What a search went through. requests: of all subgraphs, first runs only; features: graphs that have it."""

    cases: int = 0
    graphs: int = 0
    requests: int = 0
    features: Counter[str] = field(default_factory=Counter[str])

    def add(self, other: Searched) -> None:
        """Count the other's as well."""
        self.cases += other.cases
        self.graphs += other.graphs
        self.requests += other.requests
        self.features += other.features

    def __str__(self) -> str:
        features = ", ".join(f"{self.features[name]} {name}" for name in FEATURES)
        return f"{self.cases} cases on {self.graphs} graphs, {self.requests} requests; graphs with: {features}"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a search, which depends on nothing else. shrink: make a failure small; takes up to five minutes."""

    seed: str
    graphs: int
    shrink: bool = True


def chunks_of(cases: int, number: int, *, shrink: bool = True) -> list[Chunk]:
    """The chunks that try this many cases from this seed, or a few more: some questions are over the limits."""
    graphs = math.ceil(cases * 1.03 / QUERIES)
    starts = range(0, graphs, GRAPHS_PER_CHUNK)
    return [Chunk(f"{number}/{i}", min(GRAPHS_PER_CHUNK, graphs - s), shrink) for i, s in enumerate(starts)]


def search(chunk: Chunk) -> Searched:
    """Try one chunk's cases. Raises Difference when one fails."""
    searched = Searched()
    failing: list[tuple[Example, str]] = []

    @seed(chunk.seed)
    @settings(
        max_examples=chunk.graphs,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if chunk.shrink else (Phase.generate,),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(examples())
    def answers_as_one_schema(example: Example) -> None:
        searched.graphs += 1
        text = "".join(sdl.removeprefix(FEDERATION_2) for sdl in example.scenario.subgraphs.values())
        searched.features.update(feature for feature, mark in FEATURES.items() if mark in text)
        for query in example.queries:
            try:
                searched.requests += asyncio.run(_answer(example, query))
                searched.cases += 1
            except RequestError as problem:
                if problem.code != OPERATION_TOO_LARGE:
                    failing.append((example, query))
                    raise
            except Exception:
                failing.append((example, query))
                raise

    try:
        answers_as_one_schema()
    except Exception as problem:
        if not failing:
            raise
        example, query = failing[-1]
        raise Difference(
            f"seed {chunk.seed}: {type(problem).__name__}: {problem}\n\nThe case, to be kept in"
            f" tests/random_graphs/test_found.py:\n\n{as_python(example, query)}"
        ) from problem
    return searched


async def _answer(example: Example, query: str) -> int:
    answer = await ask(example.scenario, query)
    return sum(answer.requests.values())

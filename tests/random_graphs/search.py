"""Searching for a graph and a question that the gateway answers differently from one schema over the same data.

A case is one question to one graph. A graph is composed once (in two orders) and asked up to five questions; each
is checked as every scenario's case is (`tests/support/checks.py`): fresh, from the caches, and with subgraphs and their
answers in another order, under all invariants. Every graph has a seed of its own. hypothesis makes a failure small.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

from gateway.operation.errors import OPERATION_TOO_LARGE, RequestError
from tests.random_graphs.asking import ask_checked
from tests.random_graphs.example import QUESTIONS, Example, Seed, as_python
from tests.random_graphs.features import Searched
from tests.random_graphs.questions import Question

GRAPHS_PER_CHUNK = 40


class Difference(AssertionError):
    """A case that failed. Its text says the seed and shows the case as Python for a regression test."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a search, which depends on nothing else. shrink: make a failure small; takes up to five minutes."""

    seeds: tuple[str, ...]
    shrink: bool = True


def chunks_of(cases: int, number: int, *, shrink: bool = True) -> list[Chunk]:
    """The chunks that try this many cases from this seed, or a few more: some questions are over the limits."""
    graphs = math.ceil(cases * 1.03 / QUESTIONS)
    seeds = [f"{number}/{i}" for i in range(graphs)]
    starts = range(0, graphs, GRAPHS_PER_CHUNK)
    return [Chunk(tuple(seeds[start : start + GRAPHS_PER_CHUNK]), shrink) for start in starts]


def search(chunk: Chunk) -> Searched:
    """Try one chunk's cases. Raises Difference when one fails."""
    searched = Searched()
    for seed in chunk.seeds:
        example = Seed(seed).draw()
        searched.count_graph(example)
        for number, question in enumerate(example.questions):
            try:
                _try(example, question, searched)
            except Exception as problem:
                smallest = _shrunk(seed, number) if chunk.shrink else None
                example, question, problem = smallest or (example, question, problem)
                raise _difference(seed, number, example, question, problem) from problem
    return searched


def _difference(seed: str, number: int, example: Example, question: Question, problem: Exception) -> Difference:
    return Difference(
        f"seed {seed}, question {number}: {type(problem).__name__}: {problem}\n\nThe case, to be kept in"
        f" tests/random_graphs/test_found.py:\n\n{as_python(example, question)}"
    )


def _try(example: Example, question: Question, searched: Searched | None = None) -> None:
    """Ask one question. One that is over the gateway's limits is no case."""
    scenario, failing = example.scenario, example.data.failing
    try:
        answer = asyncio.run(
            ask_checked(scenario, question.text, question.variables, failing=failing, labels=question.labels)
        )
    except RequestError as problem:
        if problem.code != OPERATION_TOO_LARGE:
            raise
        return
    if searched is not None:
        searched.count_case(question, answer)


def _shrunk(seed: str, number: int) -> tuple[Example, Question, Exception] | None:
    """The smallest example found that fails in place of this one; None when a simpler one never failed."""
    failed: list[tuple[Example, Question, Exception]] = []

    @seeded(seed)
    @settings(
        max_examples=50,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        print_blob=False,
    )
    @given(_simplified(seed, number))
    def is_answered(example: Example) -> None:
        (question,) = example.questions
        try:
            _try(example, question)
        except Exception as problem:
            failed.append((example, question, problem))
            raise

    try:
        is_answered()
    except Exception:
        return failed[-1] if failed else None
    return None


@st.composite
def _simplified(draw: Callable[[st.SearchStrategy[Any]], Any], seed: str, number: int) -> Example:
    """The seed's example with one question, where hypothesis may make any one choice the simplest."""
    return Seed(seed, number, lambda: draw(st.integers(0, 999)) > 0).draw()

"""Where entities lie: nested lists, deep nesting, the same entity in many places, each fetched once."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.support.checks import check
from tests.support.fakes import FakeSubgraph
from tests.support.gateway import Gateway
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World, find

pytestmark = pytest.mark.anyio

LIBRARY = Scenario(
    name="library",
    subgraphs={
        "shelves": FEDERATION_2
        + """
        type Query { floors: [[[Shelf!]]!]! shelf(id: ID!): Shelf books: [Book]! }
        type Shelf @key(fields: "id") { id: ID! rows: [[Book]!]! label: Label! }
        type Label { text: String first: Book inner: Label }
        type Book @key(fields: "id") { id: ID! next: Book }
        """,
        "texts": FEDERATION_2
        + """
        type Query { favourite: Book }
        type Book @key(fields: "id") { id: ID! title: String author: Writer! quotes: [Book!] pages: Int! }
        type Writer @key(fields: "id") { id: ID! }
        """,
        "writers": FEDERATION_2
        + """
        type Writer @key(fields: "id") { id: ID! name: String best: Book }
        type Book @key(fields: "id") { id: ID! }
        """,
    },
    api="""
    type Query { floors: [[[Shelf!]]!]! shelf(id: ID!): Shelf books: [Book]! favourite: Book }
    type Shelf { id: ID! rows: [[Book]!]! label: Label! }
    type Label { text: String first: Book inner: Label }
    type Book { id: ID! next: Book title: String author: Writer! quotes: [Book!] pages: Int! }
    type Writer { id: ID! name: String best: Book }
    """,
    world=World(
        {
            "Shelf": {
                "s1": {
                    "rows": [["b1", None, "b2"], [], ["b1"]],
                    "label": {"first": "b2", "inner": {"first": "b3", "inner": None}},
                },
                "s2": {"rows": [["b3"]], "label": {"first": None, "inner": None}},
            },
            "Book": {
                "b1": {"author": "w1", "next": "b2", "quotes": ["b2", "b3"]},
                "b2": {"author": "w2", "next": "b3", "quotes": []},
                "b3": {"author": "w1", "next": None, "quotes": None},
            },
            "Writer": {"w1": {"best": "b3"}, "w2": {"best": "b1"}},
        },
        query={
            "floors": [[["s1", "s2"], None], [[]], []],
            "shelf": find("Shelf"),
            "books": ["b1", "b1", None, "b2", "b1"],
            "favourite": "b2",
        },
    ),
)


def _representations(fakes: Mapping[str, FakeSubgraph], name: str) -> list[int]:
    return [len(request.representations) for request in fakes[name].requests]


def _deduplicated(fakes: Mapping[str, FakeSubgraph]) -> None:
    assert _representations(fakes, "texts") == [2]
    assert _representations(fakes, "writers") == [2]


CASES = [
    Case(
        name="lists of lists of lists",
        query="{ floors { id rows { id title } } }",
        plan=["1 shelves", "2 texts at floors/rows after shelves"],
        requests={"shelves": 1, "texts": 1},
        then=lambda fakes: _check(_representations(fakes, "texts") == [3]),
    ),
    Case(
        name="the same entity five times in a list is sent once",
        query="{ books { id title author { name } } }",
        requests={"shelves": 1, "texts": 1, "writers": 1},
        then=_deduplicated,
    ),
    Case(
        name="the same entity on different paths",
        query="""
        { shelf(id: "s1") { rows { title } label { first { title } inner { first { title author { name } } } } } }
        """,
        plan=[
            "1 shelves",
            "2 texts at shelf/rows after shelves",
            "2 texts at shelf/label/first after shelves",
            "2 texts at shelf/label/inner/first after shelves",
            "3 writers at shelf/label/inner/first/author after texts",
        ],
    ),
    Case(
        name="the same entity with different fields does not leak",
        query='{ shelf(id: "s1") { rows { id title } label { first { pages } } } books { id } }',
    ),
    Case(
        name="an entity that returns to the subgraph it came from",
        query="{ books { author { best { id next { id title } } } } }",
        plan=[
            "1 shelves",
            "2 texts at books after shelves",
            "3 writers at books/author after texts",
            "4 shelves at books/author/best after writers",
            "5 texts at books/author/best/next after shelves",
        ],
    ),
    Case(
        name="deep nesting",
        query="{ favourite { author { best { author { best { author { best { title author { name } } } } } } } } }",
    ),
    Case(
        name="deep nesting through lists",
        query="{ books { next { next { title quotes { next { quotes { title next { id } } } } } } } }",
    ),
    Case(
        name="value objects on the way",
        query='{ shelf(id: "s1") { label { text inner { text first { pages } inner { text first { title } } } } } }',
        requests={"shelves": 1, "texts": 1},
    ),
    Case(
        name="empty lists ask nobody",
        query='{ shelf(id: "s2") { label { first { title } } } }',
        requests={"shelves": 1},
    ),
]


def _check(fact: bool) -> None:
    assert fact


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_entities_wherever_they_lie(case: Case) -> None:
    """Entities are found on every path, asked for once per step, and never mixed up."""
    await check(LIBRARY, case)


async def test_without_batching_nothing_is_deduplicated() -> None:
    """The naive fan-out, kept for comparison: every book and every author as often as it occurs; same answer."""
    query = "{ books { id title author { name } } }"
    naive = await Gateway(LIBRARY).ask(query, batching=False)
    assert naive.data == (await Gateway(LIBRARY).ask(query)).data
    assert [sum(len(r.representations) for r in naive.fakes[name].requests) for name in ("texts", "writers")] == [4, 4]


async def test_large_lists_go_out_in_few_requests() -> None:
    """Hundreds of objects, few distinct ones: the number of requests does not grow."""
    query = (
        "{ books { title } floors { rows { title } } " + " ".join(f"b{i}: books {{ pages }}" for i in range(15)) + " }"
    )
    answer = await Gateway(LIBRARY).ask(query)
    assert not answer.errors
    assert all(len(r.representations) <= 3 for r in answer.fakes["texts"].requests)

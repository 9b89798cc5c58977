"""The poison bites: every way to ask a fake wrongly is noticed, and asking it rightly is not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.services.errors import SourceTimeout
from gateway.services.request import RequestContext
from gateway.subgraphs.subgraph import SubgraphRequest, SubgraphResponse
from tests.support.fakes import POISON_TEXT, FakeSubgraph, Faults
from tests.support.scenario import FEDERATION_2
from tests.support.subgraph_sdl import read_subgraph
from tests.support.world import World

pytestmark = pytest.mark.anyio

STOCK = """
type Query { shelf: [Book!]! gifts: [Book!]! @provides(fields: "author { name }") }
type Book @key(fields: "isbn") @key(fields: "shop { id } number") {
  isbn: ID!
  number: Int
  shop: Shop
  title: String @external
  weight: Int @external
  author: Author @external
  postage: String @requires(fields: "weight author { name }")
  old: String
}
type Author { name: String @external }
type Shop { id: ID! }
type Lamp @key(fields: "id", resolvable: false) { id: ID! }
extend type Pen @key(fields: "ink { name }") { ink: Ink @external colour: String @external }
extend type Ink { name: String @external }
"""


def world() -> World:
    book = {"isbn": "b1", "shop": {"id": "s1"}, "number": 7, "author": {"name": "Ann"}}
    return World(
        {"Book": {"b1": book}, "Lamp": {"l1": {}}, "Pen": {"p1": {"ink": {"name": "red"}}}},
        query={"shelf": ["b1"], "gifts": ["b1"]},
    )


def fake(overridden: frozenset[tuple[str, str]] = frozenset()) -> FakeSubgraph:
    return FakeSubgraph("stock", read_subgraph(FEDERATION_2 + STOCK), world(), overridden=overridden)


async def ask(subgraph: FakeSubgraph, document: str, *representations: dict[str, Any]) -> SubgraphResponse:
    variables = {"representations": list(representations)}
    context = RequestContext("test", asyncio.get_running_loop().time() + 5)
    return await subgraph.fetch(SubgraphRequest(document, variables), context)


def entities(selection: str) -> str:
    return f"query($representations: [_Any!]!) {{ _entities(representations: $representations) {{ {selection} }} }}"


async def test_owned_fields_and_complete_keys_are_answered() -> None:
    """What may be asked is answered without a complaint, by either key."""
    subgraph = fake()
    by_isbn = {"__typename": "Book", "isbn": "b1"}
    by_shop = {"__typename": "Book", "shop": {"id": "s1"}, "number": 7}
    answer = await ask(subgraph, entities("... on Book { isbn number shop { id } }"), by_isbn, by_shop)
    book = {"isbn": "b1", "number": 7, "shop": {"id": "s1"}}
    assert answer.data == {"_entities": [book, book]}
    assert subgraph.violations == []
    assert len(subgraph.requests[0].representations) == 2


async def test_an_unknown_entity_is_null_without_complaint() -> None:
    """To ask for what does not exist is no fault."""
    subgraph = fake()
    answer = await ask(subgraph, entities("... on Book { isbn }"), {"__typename": "Book", "isbn": "b9"})
    assert answer.data == {"_entities": [None]}
    assert subgraph.violations == []


@pytest.mark.parametrize(
    ("document", "representations", "complaint"),
    [
        ("{ shelf { nothing } }", [], "not valid"),
        ("{ shelf { isbn } } query B { shelf { isbn } }", [], "not valid"),
        ("{ shelf { title } }", [], "Book.title is external"),
        ("{ shelf { author { name } } }", [], "Book.author is external"),
        ("{ shelf { postage } }", [], "without one"),
        ("{ shelf { old } }", [], "belongs to another"),
        (entities("... on Book { isbn }"), [], "without representations"),
        (entities("... on Book { isbn }"), [{"__typename": "Book"}], "no key"),
        (entities("... on Book { isbn }"), [{"__typename": "Book", "isbn": None}], "no key"),
        (entities("... on Book { isbn }"), [{"__typename": "Book", "number": 7}], "no key"),
        (entities("... on Book { isbn }"), [{"__typename": "Book", "number": 7, "shop": {}}], "no key"),
        (entities("... on Book { isbn }"), [{"__typename": "Book", "isbn": "b1", "isbn__1": 1}], "unknown fields"),
        (entities("... on Book { isbn }"), [{"__typename": "Film", "isbn": "b1"}], "not known"),
        (entities("... on Book { isbn }"), [{"isbn": "b1"}], "not known"),
        (entities("... on Book { isbn }"), [{"__typename": "Book", "isbn": "b1"}] * 2, "twice"),
        (entities("__typename"), [{"__typename": "Lamp", "id": "l1"}], "cannot be resolved"),
        (entities("... on Book { postage }"), [{"__typename": "Book", "isbn": "b1"}], "lacks its requirement"),
        (
            entities("... on Book { postage }"),
            [{"__typename": "Book", "isbn": "b1", "weight": 3, "author": {"__typename": "Author"}}],
            "lacks its requirement",
        ),
        (entities("... on Pen { colour }"), [{"__typename": "Pen", "ink": {"name": "red"}}], "Pen.colour is external"),
    ],
)
async def test_asking_wrongly_is_a_violation(
    document: str, representations: list[dict[str, Any]], complaint: str
) -> None:
    """Invalid requests, fields of others, incomplete keys and requirements: each is noted."""
    subgraph = fake(frozenset({("Book", "old")}))
    await ask(subgraph, document, *representations)
    assert any(complaint in violation for violation in subgraph.violations), subgraph.violations


async def test_external_fields_answer_poison() -> None:
    """Even if nobody looked at the violations, the answer would be wrong."""
    answer = await ask(fake(), "{ shelf { title weight } }")
    assert answer.data == {"shelf": [{"title": POISON_TEXT, "weight": -666}]}


async def test_a_provided_field_is_readable_on_its_path_only() -> None:
    """@provides opens external fields below one field, and nowhere else."""
    subgraph = fake()
    answer = await ask(subgraph, "{ gifts { author { name } } }")
    assert answer.data == {"gifts": [{"author": {"name": "Ann"}}]}
    assert subgraph.violations == []
    await ask(subgraph, "{ shelf { author { name } } }")
    assert subgraph.violations


async def test_an_extension_serves_its_external_key_fields() -> None:
    """Key fields of an extension are readable in spite of @external, nested ones too."""
    subgraph = fake()
    pen = {"__typename": "Pen", "ink": {"name": "red"}}
    answer = await ask(subgraph, entities("... on Pen { ink { name } }"), pen)
    assert answer.data == {"_entities": [{"ink": {"name": "red"}}]}
    assert subgraph.violations == []


async def test_a_requiring_field_depends_on_every_part_of_its_requirement() -> None:
    """A wrong requirement changes the answer."""
    subgraph = fake()
    right = {"__typename": "Book", "isbn": "b1", "weight": 3, "author": {"name": "Ann"}}
    wrong = {**right, "author": {"name": "Bob"}}
    answer = await ask(subgraph, entities("... on Book { postage }"), right, wrong, {**right, "weight": None})
    assert answer.data
    assert len({book["postage"] for book in answer.data["_entities"]}) == 3
    assert subgraph.violations == []


async def test_changed_variables_are_noticed() -> None:
    """A gateway must leave alone what it has sent."""
    subgraph = fake()
    representation = {"__typename": "Book", "isbn": "b1"}
    await ask(subgraph, entities("... on Book { isbn }"), representation)
    assert subgraph.changed_requests() == []
    representation["title"] = "x"
    assert subgraph.changed_requests() == [entities("... on Book { isbn }")]


async def test_faults_come_on_demand() -> None:
    """Each switch does what it says."""
    subgraph = fake()
    subgraph.faults = Faults(raises=SourceTimeout("stock", "too slow"))
    with pytest.raises(SourceTimeout):
        await ask(subgraph, "{ shelf { isbn } }")
    subgraph.faults = Faults(hang=True)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(ask(subgraph, "{ shelf { isbn } }"), 0.02)
    subgraph.faults = Faults(spoil=lambda data: [data])
    assert (await ask(subgraph, "{ shelf { isbn } }")).data == [{"shelf": [{"isbn": "b1"}]}]
    subgraph.faults = Faults(field_errors={"Book:b1.number": "no"}, error_code="NO")
    answer = await ask(subgraph, "{ shelf { number } }")
    assert [(e["message"], e["path"], e["extensions"]) for e in answer.errors] == [
        ("no", ["shelf", 0, "number"], {"code": "NO"})
    ]
    subgraph.faults = Faults(null_entities={"Book:b1"})
    answer = await ask(subgraph, entities("... on Book { isbn }"), {"__typename": "Book", "isbn": "b1"})
    assert answer.data == {"_entities": [None]}

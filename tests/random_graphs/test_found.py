"""What searching random graphs found in the gateway, each as the case that showed it, made small.

Each says under which seed it was found; the drawing has changed since, so the case is kept, not the seed.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.random_graphs.asking import ask_checked
from tests.support.scenario import FEDERATION_2, Scenario
from tests.support.world import World

pytestmark = pytest.mark.anyio

OPAQUE = Scenario(
    name="an opaque object first",
    subgraphs={
        "a": FEDERATION_2
        + """
        type Query { q2: T3 }
        interface Face @key(fields: "id") { id: ID! }
        type T1 @key(fields: "id") { id: ID! f1: Face @shareable }
        type T3 implements Face @key(fields: "id") { id: ID! }
        """,
        "b": FEDERATION_2
        + """
        type Face @interfaceObject @key(fields: "id") { id: ID! o4: [T1!]! o2: [Face] }
        type T1 @key(fields: "id") { id: ID! f1: Face @shareable }
        """,
    },
    api="""
    type Query { q2: T3 }
    interface Face { id: ID! o4: [T1!]! o2: [Face] }
    type T1 { id: ID! f1: Face }
    type T3 implements Face { id: ID! o4: [T1!]! o2: [Face] }
    """,
    world=World(
        {"T1": {"1": {"f1": "T3:31"}, "2": {"f1": None}}, "T3": {"31": {"o4": ["T1:1", "T1:2"], "o2": ["T3:31"]}}},
        query={"q2": "T3:31"},
        subtypes={"Face": ["T3"]},
    ),
)

ALIASES = Scenario(
    name="a field that fails below two aliases",
    subgraphs={
        "a": FEDERATION_2
        + """
        type Query { q2: [N!]! }
        interface N { id: ID! n0: Int! n1: ID f2: [N!]! }
        type T1 implements N @key(fields: "id") { id: ID! n0: Int! n1: ID f2: [N!]! }
        """
    },
    api="""
    type Query { q2: [N!]! }
    interface N { id: ID! n0: Int! n1: ID f2: [N!]! }
    type T1 implements N { id: ID! n0: Int! n1: ID f2: [N!]! }
    """,
    world=World(
        {"T1": {"1": {"n1": None, "f2": ["T1:2", "T1:1"]}, "2": {"n1": None, "f2": []}}},
        query={"q2": ["T1:1", "T1:2"]},
    ),
)

NARROWED = Scenario(
    name="fragments that nothing fits",
    subgraphs={
        "a": FEDERATION_2
        + """
        type Query { q0: [U!]! }
        union U = T0 | T1
        type T0 @key(fields: "id") { id: ID! only: Int }
        type T1 @key(fields: "id") { id: ID! own: Int }
        """
    },
    api="""
    type Query { q0: [U!]! }
    union U = T0 | T1
    type T0 { id: ID! only: Int }
    type T1 { id: ID! own: Int }
    """,
    world=World({"T0": {"1": {}}, "T1": {"1": {}}}, query={"q0": ["T0:1", "T1:1"]}),
)


@dataclass(frozen=True, slots=True)
class Found:
    """fault: what the gateway did wrong. seed: where it showed first."""

    fault: str
    seed: str
    scenario: Scenario
    query: str
    failing: str = ""

    def __str__(self) -> str:
        return self.fault.replace(" ", "-")


FOUND = [
    Found(
        "a shared field that only names types was asked where no type is known",
        "1/55, question 3",
        OPAQUE,
        "{ q2 { o4 { id f1 { __typename } } } }",
    ),
    Found(
        "an opaque object of which conditions left nothing was answered with null",
        "100/64, question 2",
        OPAQUE,
        "query ($no: Boolean = false) { q2 { o2 { ... on T3 { __typename @include(if: $no) } } } }",
    ),
    Found(
        "an error stood at an alias under which the client did not select the failing field",
        "1/8, question 1",
        ALIASES,
        "{ q2 { e0: f2 { id } f2 { f2 { n1 } n0 } } }",
        failing="T1.n1",
    ),
    Found(
        "a fragment inside one on another type broke the estimate of the cost",
        "1/71, question 2",
        NARROWED,
        "{ q0 { ... on T1 { own ... on U { ... on T0 { only } ... on T1 { id } } } } }",
    ),
]


@pytest.mark.parametrize("found", FOUND, ids=str)
async def test_what_was_found_stays_mended(found: Found) -> None:
    """The case is answered as by one schema, and every invariant holds."""
    await ask_checked(found.scenario, found.query, {}, failing=found.failing)

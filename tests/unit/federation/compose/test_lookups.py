"""@lookup: a root field whose arguments are the key of what it returns."""

from __future__ import annotations

import pytest

from gateway.federation.compose import SubgraphSchema
from tests.unit.federation.compose.composing import annotations, codes, composition, composition_1, fed2, problems

ENTITY = 'type T @key(fields: "id") { id: ID! x: Int }'

VALID = {
    "one field": f"type Query {{ t(id: ID!): T @lookup }} {ENTITY}",
    "a non-null result": f"type Query {{ t(id: ID!): T! @lookup }} {ENTITY}",
    "a key that is not resolvable": (
        'type Query { t(id: ID!): T @lookup } type T @key(fields: "id", resolvable: false) { id: ID! }'
    ),
    "two fields": 'type Query { t(x: Int!, id: ID!): T @lookup } type T @key(fields: "id x") { id: ID! x: Int! }',
    "the second key": (
        "type Query { t(sku: String!): T @lookup }"
        ' type T @key(fields: "id") @key(fields: "sku") { id: ID! sku: String! }'
    ),
    "a nullable key field": 'type Query { t(id: ID!): T @lookup } type T @key(fields: "id") { id: ID }',
    "an optional argument beside the key": f"type Query {{ t(id: ID!, locale: String): T @lookup }} {ENTITY}",
    "an interface": (
        "type Query { t(id: ID!): I @lookup }"
        ' interface I @key(fields: "id") { id: ID! } type T implements I @key(fields: "id") { id: ID! }'
    ),
    "its own definition": f"directive @lookup on FIELD_DEFINITION type Query {{ t(id: ID!): T @lookup }} {ENTITY}",
}


@pytest.mark.parametrize("sdl", VALID.values(), ids=VALID.keys())
def test_a_lookup_is_kept_in_the_supergraph(sdl: str) -> None:
    """As an opaque directive with the graphs it holds for, which other gateways pass over."""
    supergraph = composition(a=sdl).supergraph_sdl
    assert '@join__directive(graphs: [A], name: "lookup")' in annotations(supergraph)["Query.t"]
    assert "directive @lookup" not in supergraph


INVALID = {
    "not on a root field": f"type Query {{ q: T }} {ENTITY} extend type T {{ t(id: ID!): T @lookup }}",
    "on a mutation": f"type Query {{ q: Int }} type Mutation {{ t(id: ID!): T @lookup }} {ENTITY}",
    "a list": f"type Query {{ t(id: ID!): [T] @lookup }} {ENTITY}",
    "a scalar": "type Query { t(id: ID!): Int @lookup }",
    "a union": f"type Query {{ t(id: ID!): U @lookup }} union U = T {ENTITY}",
    "a type without key": "type Query { t(id: ID!): T @lookup } type T { id: ID! }",
    "an optional argument": f"type Query {{ t(id: ID): T @lookup }} {ENTITY}",
    "an argument with a default": f'type Query {{ t(id: ID! = "1"): T @lookup }} {ENTITY}',
    "another name": f"type Query {{ t(key: ID!): T @lookup }} {ENTITY}",
    "another type": f"type Query {{ t(id: Int!): T @lookup }} {ENTITY}",
    "a part of the key": 'type Query { t(id: ID!): T @lookup } type T @key(fields: "id x") { id: ID! x: Int! }',
    "a required argument more": f"type Query {{ t(id: ID!, locale: String!): T @lookup }} {ENTITY}",
    "no argument": f"type Query {{ t: T @lookup }} {ENTITY}",
    "a nested key": (
        'type Query { t(id: ID!): T @lookup } type T @key(fields: "p { id }") { p: P } type P { id: ID! }'
    ),
}


@pytest.mark.parametrize("sdl", INVALID.values(), ids=INVALID.keys())
def test_a_lookup_that_is_none_is_refused(sdl: str) -> None:
    """LOOKUP_INVALID, and nothing else."""
    assert codes(a=sdl) == ["LOOKUP_INVALID"]


def test_the_place_is_that_of_the_mark() -> None:
    """Line and column of @lookup itself."""
    sdl = fed2(f"type Query {{\n  t: T @lookup\n}}\n{ENTITY}")
    (problem,) = problems([SubgraphSchema("shop", sdl)])
    assert (problem.subgraph, problem.line, problem.column) == ("shop", 3, 8)


def test_each_subgraph_marks_its_own_field() -> None:
    """A shareable root field may be a lookup in one subgraph and an ordinary field in the other."""
    plain = f"type Query {{ t(id: ID!): T @shareable }} {ENTITY}".replace("x: Int", "")
    marked = plain.replace("@shareable", "@shareable @lookup")
    found = annotations(composition(a=plain, b=marked, c=marked).supergraph_sdl)
    assert found["Query.t"] == ['@join__directive(graphs: [B, C], name: "lookup")']


def test_federation_1_subgraphs_may_have_lookups() -> None:
    """The mark is ours, not federation's: it needs no link."""
    found = annotations(composition_1(a=f"type Query {{ t(id: ID!): T @lookup }} {ENTITY}").supergraph_sdl)
    assert found["Query.t"] == ['@join__directive(graphs: [A], name: "lookup")']

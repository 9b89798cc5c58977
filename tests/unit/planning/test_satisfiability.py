"""What a composed graph offers can be had, or composition says what cannot, where, and what each subgraph lacks."""

from __future__ import annotations

import pytest

from gateway.federation.compose import SubgraphSchema, compose
from gateway.federation.errors import Problem
from gateway.federation.read_supergraph import load_supergraph
from gateway.planning.satisfiability import unsatisfiable_fields
from tests.federation.scenarios import SCENARIOS
from tests.support.gateway import supergraph_of
from tests.support.scenario import FEDERATION_2

UNREACHABLE_BY_DESIGN = {"garage", "ledger"}


def check(**subgraphs: str) -> list[Problem]:
    schemas = [SubgraphSchema(name, FEDERATION_2 + sdl) for name, sdl in subgraphs.items()]
    return unsatisfiable_fields(load_supergraph(compose(schemas).supergraph_sdl))


@pytest.mark.parametrize("name", sorted(SCENARIOS.keys() - UNREACHABLE_BY_DESIGN))
def test_graphs_that_can_be_planned_raise_no_alarm(name: str) -> None:
    """Keys through several hops, requirements, provided views, interface objects, unions that differ."""
    assert unsatisfiable_fields(supergraph_of(SCENARIOS[name])) == []


BROKEN = {
    "no key leads there": (
        {
            "users": "type Query { user: User } type User { name: String }",
            "reviews": "type Query { x: Int } type User { reviews: [Int] }",
        },
        [("User.reviews", "{ user { reviews } }", '"reviews" has it, but no resolvable key of "User"')],
    ),
    "a key that is not resolvable leads nowhere": (
        {
            "users": 'type Query { user: User } type User @key(fields: "id") { id: ID! name: String }',
            "reviews": 'type Query { x: Int } type User @key(fields: "id", resolvable: false) { id: ID! stars: Int }',
        },
        [("User.stars", "{ user { stars } }", '"reviews" has it, but no resolvable key of "User"')],
    ),
    "the key's parts are nowhere on the way": (
        {
            "users": 'type Query { user: User } type User @key(fields: "email") { email: String! }',
            "reviews": "type Query { review: Review } type Review { by: User } "
            'type User @key(fields: "id") { id: ID! stars: Int }',
        },
        [
            ("User.id", "{ user { id } }", '"reviews" can be entered by "id" only, which cannot be had from "users"'),
            ("User.stars", "{ user { stars } }", '"reviews" can be entered by "id" only'),
            ("User.email", "{ review { by { email } } }", '"users" can be entered by "email" only'),
        ],
    ),
    "one of the ways there is not enough": (
        {
            "users": 'type Query { user: User me: Session } type User @key(fields: "id") { id: ID! name: String } '
            "type Session { user: Guest } type Guest { since: Int }",
            "guests": "type Query { guest: Guest } type Guest { name: String }",
        },
        [
            ("Guest.name", "{ me { user { name } } }", '"guests" has it'),
            ("Guest.since", "{ guest { since } }", '"users" has it'),
        ],
    ),
    "a requirement that cannot be met": (
        {
            "stock": 'type Query { item: Item } type Item @key(fields: "id") { id: ID! }',
            "scales": "type Query { crate: Crate } type Crate { item: Item } type Item { weight: Int }",
            "post": 'type Query { x: Int } type Item @key(fields: "id") '
            '{ id: ID! weight: Int @external postage: Int @requires(fields: "weight") }',
        },
        [
            ("Item.weight", "{ item { weight } }", '"scales" has it, but no resolvable key of "Item"'),
            ("Item.postage", "{ item { postage } }", '"post" can be entered by "id" only'),
        ],
    ),
    "a type of a union without the field's subgraph": (
        {
            "feed": "type Query { feed: [Entry] } union Entry = Post | Ad type Post { id: ID! } "
            'type Ad @key(fields: "id") { id: ID! }',
            "ads": 'type Query { x: Int } type Ad @key(fields: "id") { id: ID! price: Int } type Post { likes: Int }',
        },
        [("Post.likes", "{ feed { ... on Post { likes } } }", '"ads" has it, but no resolvable key of "Post"')],
    ),
    "an interface object that cannot be entered": (
        {
            "media": 'type Query { media: Media } interface Media @key(fields: "id") { id: ID! } '
            'type Book implements Media @key(fields: "id") { id: ID! pages: Int }',
            "votes": 'type Query { x: Int } type Media @key(fields: "id", resolvable: false) @interfaceObject '
            "{ id: ID! votes: Int }",
        },
        [("Book.votes", "{ media { ... on Book { votes } } }", '"votes" has it, but no resolvable key of "Media"')],
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_had_is_told_by_a_shortest_operation_and_by_what_each_subgraph_lacks(name: str) -> None:
    """Each field once, whatever the number of ways to it."""
    subgraphs, expected = BROKEN[name]
    found = {problem.message.split('"')[1]: problem for problem in check(**subgraphs)}
    assert {problem.code for problem in found.values()} == {"SATISFIABILITY_ERROR"}
    for field, operation, reason in expected:
        assert f"`{operation}`" in found[field].message
        assert reason in found[field].message
    assert found.keys() >= {field for field, _, _ in expected}


def test_a_shared_field_without_a_common_type_is_told() -> None:
    """It promises the same object everywhere, and no object can be that."""
    node = "interface Node { id: ID! } type Query { node: Node @shareable }"
    problems = check(
        a=node + "type A implements Node { id: ID! }",
        b=node + "type B implements Node { id: ID! }",
    )
    assert [problem.code for problem in problems] == ["SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES"]
    assert '"A" in "a", "B" in "b"' in problems[0].message


def test_a_mutation_must_be_satisfiable_from_one_subgraph_that_runs_it() -> None:
    """It runs once, in one of them; what only another one could tell is lost."""
    query = "type Query { x: Int @shareable } "
    kept = 'type Made @key(fields: "id") { id: ID! by: String } '
    dropped = 'type Made @key(fields: "id", resolvable: false) { id: ID! size: Int } '
    mutation = "type Mutation { make: Made @shareable }"
    assert check(a=query + kept + mutation, b=query + 'type Made @key(fields: "id") { id: ID! size: Int }') == []
    assert check(a=query + kept + mutation, b=query + dropped + mutation) == [], "b can go on to a"
    alone = kept.replace('"id")', '"id", resolvable: false)')
    [problem] = check(a=query + alone + mutation, b=query + dropped + mutation)
    assert '"Made.size" cannot be had in `{ make { size } }`' in problem.message


def test_what_is_hidden_need_not_be_reachable() -> None:
    """No client can select it."""
    assert (
        check(
            users="type Query { user: User } type User { name: String }",
            reviews="type Query { x: Int } type User { reviews: [Int] @inaccessible }",
        )
        == []
    )

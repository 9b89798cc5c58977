"""Cost: what the directives say, with the values that a request really has, as an upper bound, whatever the shape."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
from graphql import FieldNode, InlineFragmentNode, OperationDefinitionNode, VariableNode, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.operation.cost import MUTATION_COST, CostRules, compile_cost
from gateway.operation.cost_limit import CostLimit, check_cost, check_fetches
from gateway.operation.errors import BAD_USER_INPUT, RequestError
from gateway.operation.limits import COUNT_CEILING, Limits
from gateway.operation.prepare import prepare_operation
from gateway.operation.specialise import specialise
from tests.unit.operation.costing import SHOP, cost_of, measured

# What counts


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ user { name } }", 1),
        ("{ user { name best { name } } }", 2),
        ("{ __typename user { __typename } }", 1),
        ("{ find }", 0),
        ('mutation { rename(name: "x") { name } }', MUTATION_COST + 1),
        ("{ user { photo } }", 1 + 6),
        ("{ heavy { name } }", 3),
        ("{ a: user { name } b: user { name } }", 2),
    ],
)
def test_an_object_costs_one_a_leaf_nothing_unless_the_schema_says_otherwise(text: str, cost: int) -> None:
    """@cost of the field, else of its type, else 1 and 0; and 10 for a mutation. Source: Apollo's demand control."""
    assert measured(text) == cost


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ fixed { name } }", 7),
        ("{ fixed { best { name } } }", 14),
        ("{ fixed { photo } }", 7 * 7),
        ("{ unsaid { name } }", 5),
        ("{ users { name } }", 3),
        ("{ users(first: 10) { friends(first: 20) { name } } }", 10 + 10 * 20),
        ("{ users(first: 10) { friends { name } } }", 10 + 10 * 4),
        ("{ users(first: 10) { friends(first: null) { name } } }", 10 + 10 * 4),
        ("{ users(first: 0) { friends { name } } }", 0),
        ("{ users(first: -5) { friends { name } } }", 0),
        ("{ numbers(first: 1000) }", 0),
        ("{ within(filter: {max: 20}) { name } }", 1 + 20),
        ("{ within(filter: {}) { name } }", 1 + 9),
        ("{ within { name } }", None),
    ],
)
def test_a_list_counts_as_long_as_the_schema_and_the_arguments_say(text: str, cost: int | None) -> None:
    """assumedSize, slicing arguments, members of input objects, and their defaults; else what the rules assume."""
    if cost is None:
        with pytest.raises(RequestError, match=r"'Query.within' must be given exactly one"):
            measured(text)
    else:
        assert measured(text) == cost


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ page(first: 10) { nodes { name } total } }", 1 + 10),
        ("{ page(first: 10) { edges { node { name } } } }", 1 + 10 * 2),
        ("{ page(first: 10) { nodes { friends(first: 3) { name } } } }", 1 + 10 + 30),
        ("{ page(first: 10) { ...F } } fragment F on UserPage { nodes { name } }", 1 + 10),
        ("{ a: page(first: 10) { ...F } b: page(first: 2) { ...F } } fragment F on UserPage { nodes { name } }", 14),
        ("{ byHabit(limit: 30) { name } }", 30),
        ("{ byHabit { name } }", 5),
        ("{ pageByHabit(first: 30) { nodes { name } } }", 1 + 30),
    ],
)
def test_an_argument_may_size_the_lists_in_what_its_field_returns(text: str, cost: int) -> None:
    """sizedFields, as in a connection; and the same by the argument's name where the schema says nothing."""
    assert measured(text) == cost


@pytest.mark.parametrize(
    ("variables", "cost"),
    [
        ({"n": 100_000}, 100_000 + 100_000**2),
        ({"n": 2}, 6),
        ({}, 7 + 7 * 7),
        ({"n": None}, 3 + 3 * 4),
    ],
)
def test_a_paging_variable_counts_with_the_value_that_it_has(variables: dict[str, Any], cost: int) -> None:
    """Not as some assumed size: `first: 100000` is a hundred thousand. Absent, the operation's default counts."""
    text = "query ($n: Int = 7) { users(first: $n) { friends(first: $n) { name } } }"
    if variables.get("n", 0) is None:
        with pytest.raises(RequestError):
            measured(text, **variables)
        return
    assert measured(text, **variables) == cost


def test_a_variable_that_is_not_given_leaves_the_schemas_default() -> None:
    """`users(first: Int = 3)`: a nullable variable without a value is as if the argument were not there."""
    assert measured("query ($n: Int) { users(first: $n) { name } }") == 3


@pytest.mark.parametrize("field", ["either", "users"])
@pytest.mark.parametrize("variables", [{"a": 1, "b": 2}])
def test_two_slicing_arguments_at_once_are_refused(field: str, variables: dict[str, Any]) -> None:
    """requireOneSlicingArgument is true unless the schema says false; what arrives counts, not what is written."""
    text = f"query ($a: Int, $b: Int) {{ {field}(first: $a, last: $b) {{ name }} }}"
    with pytest.raises(RequestError) as refused:
        measured(text, **variables)
    assert refused.value.code == BAD_USER_INPUT
    assert "'first', 'last', not 2" in refused.value.message
    assert measured(text, b=6) == 6


def test_without_that_requirement_the_largest_of_several_counts() -> None:
    """An upper bound must not be lowered by adding an argument. Source: the cost specification, section 8.2."""
    assert measured("{ any(first: 2, last: 30) { name } }") == 30
    assert measured("{ any { name } }") == 8


@pytest.mark.parametrize(
    ("amount", "cost"),
    [
        (10**18, COUNT_CEILING),
        (1e300, COUNT_CEILING),
        (2.9, 2),
        ("700", 700),
        ("9" * 3000, COUNT_CEILING),
        ("9" * 5000, 5),
        ("many", 5),
        (True, 5),
        (-3, 0),
    ],
)
def test_a_scalar_of_its_own_gives_any_number_as_a_size(amount: Any, cost: int) -> None:
    """Beyond all counting is as many as is counted; what is no number says nothing."""
    assert measured("query ($a: Huge) { vast(amount: $a) { name } }", a=amount) == cost


@pytest.mark.parametrize(
    ("text", "variables", "cost"),
    [
        ("{ heavy(by: 1) { name } }", {}, 3 + 4),
        ("{ heavy(cheaper: true) { name } }", {}, 1),
        ("{ heavy(cheaper: true) { best { name } } }", {}, 1 + 1),
        ("{ spared(by: 1) { best { name } } }", {}, 0 + 1),
        ("query ($c: Boolean) { heavy(cheaper: $c) { name } }", {"c": True}, 1),
        ("query ($c: Boolean) { heavy(cheaper: $c) { name } }", {}, 3),
        ("{ find(filter: {max: 1}) }", {}, 1),
        ("{ find(filter: {near: {near: {}}}) }", {}, 3),
        ('{ find(filter: {words: ["a", "b", "c"]}) }', {}, 1 + 3 * 2),
        ("{ find(filter: {photo: 1}) }", {}, 1 + 6),
        ("{ find(filters: [{}, {}, {}]) }", {}, 3),
        ("{ find(filter: null) }", {}, 0),
        ("query ($f: Filter) { find(filter: $f) }", {"f": {"words": ["a", "b"], "near": {}}}, 2 + 2 * 2),
        ("query ($f: Filter) { find(filter: $f) }", {}, 0),
        ("query ($f: [Filter!]) { find(filters: $f) }", {"f": [{}] * 500}, 500),
        ("query ($w: [String!]) { find(filter: {words: $w}) }", {"w": ["a"] * 50}, 1 + 100),
    ],
)
def test_arguments_weigh_by_what_is_in_their_values(text: str, variables: dict[str, Any], cost: int) -> None:
    """Input objects 1, the rest as @cost says, negative down to 0 for the field itself and never beyond."""
    assert measured(text, **variables) == cost


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ pet { __typename } }", 5),
        ("{ pet { ... on Cat { keeper { name } } ... on Dog { keepers { name } } } }", 5 + 2),
        ("{ pet { ... on Cat { keeper { best { best { name } } } } ... on Dog { keepers { name } } } }", 5 + 3),
        ("{ pets(first: 4) { ... on Dog { name keepers { name } } } }", 4 * (5 + 1 + 2)),
        ("{ pet { ... on Named { name } ... on Dog { keepers { name } } } }", 5 + 1 + 2),
        ("{ pet { ... on Dog { ... on Named { name ... on Cat { keeper { name } } } } } }", 5 + 1),
        ("{ user { ... on Named { ... on Dog { keepers { name } } } } }", 1),
        ("{ named(first: 3) { name } }", 3 * (5 + 1)),
        ("{ named(first: 1) { relatives(amount: 40) { name } } }", 5 + 40),
    ],
)
def test_an_abstract_type_costs_as_much_as_the_dearest_it_may_be(text: str, cost: int) -> None:
    """An object has one type: of fragments on objects the dearest counts. What its types say of an interface's field,
    sizes too, holds for the interface's field: otherwise asking through the interface would be a way round."""
    assert measured(text) == cost


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ fixed { best { name } best { name } } }", 14),
        ("{ fixed { best { name } ...F } } fragment F on User { best { name best { name } } }", 21),
        ("{ fixed { ...F ...F ...G } } fragment F on User { ...G } fragment G on User { best { name } }", 14),
        ("{ fixed { friends(first: 3) { name } } fixed { friends(first: 3) { best { name } } } }", 7 + 21 + 21),
    ],
)
def test_what_is_joined_in_the_answer_is_joined_in_the_cost(text: str, cost: int) -> None:
    """A frontend's components may each ask for the same; it is fetched once and counts once."""
    assert measured(text) == cost


def test_what_is_left_out_costs_nothing() -> None:
    """@skip and @include are decided before: the plan that is kept for their values has its own cost."""
    text = "query ($with: Boolean!) { user { name best @include(if: $with) { name } } }"
    assert measured(text, **{"with": True}) == 2
    assert measured(text, **{"with": False}) == 1


def test_introspection_counts_like_everything_else() -> None:
    """One alias after the other for the whole schema would otherwise be free."""
    assert measured("{ __schema { types { name } } }") == 1 + 5
    assert measured("{ a: __schema { types { name } } b: __schema { types { name } } }") == 2 * (1 + 5)


def test_the_rules_say_what_the_schema_leaves_open() -> None:
    """The assumed length, and which names of arguments mean a length."""
    assert cost_of("{ unsaid { name } }", CostRules(list_size=100)).measure({}) == 100
    assert cost_of("{ byHabit(limit: 30) { name } }", CostRules(paging=())).measure({}) == 5


# How much work it is


def doublings(levels: int) -> str:
    """n fragments that spread the next one in two fields: 2^n positions."""
    chain = "".join(
        f"fragment f{i} on User {{ a: best {{ ...f{i + 1} }} b: best {{ ...f{i + 1} }} }} " for i in range(levels)
    )
    return f"query ($n: Int) {{ users(first: $n) {{ ...f0 }} }} {chain} fragment f{levels} on User {{ name }}"


def compiled_terms(levels: int) -> int:
    """How many terms the laughing query compiles to, limits aside."""
    vast = 10**15
    limits = replace(Limits(), selections=vast, aliases=vast, depth=vast, nesting=vast, tokens=vast)
    prepared = prepare_operation(doublings(levels), None, SHOP, limits)
    cost = compile_cost(prepared.kind, specialise(prepared, {}), SHOP, CostRules())
    assert cost.measure({"n": 1}) == 2 ** (levels + 1) - 1
    return len(cost.terms)


def test_fragments_that_double_cost_what_they_expand_to_and_compile_to_what_they_are() -> None:
    """2^40 objects are counted exactly, by a number of terms that grows with the text."""
    assert compiled_terms(40) - compiled_terms(20) == compiled_terms(20) - compiled_terms(0) < 100


def test_fragments_that_double_in_one_place_are_read_once() -> None:
    """2^100 spreads of one fragment at one object are that fragment."""
    chain = "".join(f"fragment f{i} on User {{ ...f{i + 1} ...f{i + 1} }} " for i in range(90))
    text = f"{{ user {{ ...f0 }} }} {chain} fragment f90 on User {{ best {{ name }} }}"
    prepared = prepare_operation(text, None, SHOP, replace(Limits(), selections=10**15))
    assert compile_cost(prepared.kind, specialise(prepared, {}), SHOP, CostRules()).measure({}) == 2


def test_one_fragment_on_two_types_has_the_sizes_of_each() -> None:
    """The same selections cost differently where the schema says other sizes of the field above."""
    fragment = "fragment F on Paged { page(amount: 50) { nodes { name } } }"
    text = "{ pet { ... on Cat { ...F } ... on Dog { ...F } } }" + fragment
    assert measured(text) == 5 + 1 + 50


def test_a_request_only_puts_its_variables_in() -> None:
    """Terms without variables are numbers already; a repeated request costs microseconds (generous: a busy machine)."""
    cost = cost_of(
        "query ($n: Int) { users(first: $n) { friends(first: $n) { best { best { name } } } } fixed { name } }"
    )
    assert len(cost.varying) == 2 < len(cost.terms)
    assert cost_of("{ users(first: 2) { friends(first: 3) { name } } }").varying == ()
    rounds = []
    for _ in range(5):
        begun = time.thread_time()
        for _ in range(200):
            cost.measure({"n": 20})
        rounds.append((time.thread_time() - begun) / 200)
    assert min(rounds) < 200e-6


_LISTS = {"best": "best", "two": "friends(first: 2)", "n": "friends(first: $n)"}


@st.composite
def selections(draw: st.DrawFn, depth: int = 3) -> str:
    """Some fields of a user, some of them twice, some in fragments, with paging by literals and variables."""
    parts: list[str] = ["name"]
    for _ in range(draw(st.integers(1, 3)) if depth else 0):
        below = draw(selections(depth - 1))
        kind = draw(st.sampled_from([*_LISTS, "fragment"]))
        if kind == "fragment":
            parts.append(f"... on User {{ {below} }}")
        else:
            parts.append(f"{draw(st.sampled_from('ab'))}{kind}: {_LISTS[kind]} {{ {below} }}")
    return " ".join(parts)


def naive(text: str, n: int) -> int:
    """The cost by walking the joined fields one by one, without remembering anything."""

    def fields(sets: list[Any]) -> dict[str, list[FieldNode]]:
        found: dict[str, list[FieldNode]] = {}
        for selection_set in sets:
            for node in selection_set.selections:
                if isinstance(node, InlineFragmentNode):
                    for key, inner in fields([node.selection_set]).items():
                        found.setdefault(key, []).extend(inner)
                else:
                    found.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
        return found

    def walk(sets: list[Any]) -> int:
        total = 0
        for nodes in fields(sets).values():
            below = [node.selection_set for node in nodes if node.selection_set]
            if not below:
                continue
            argument = nodes[0].arguments[0].value if nodes[0].arguments else None
            size = 1 if argument is None else n if isinstance(argument, VariableNode) else int(argument.value)
            total += size * (1 + walk(below))
        return total

    operation = parse(text).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return walk([operation.selection_set])


@settings(max_examples=150, deadline=None)
@given(selections(), st.integers(0, 9))
def test_the_cost_is_that_of_walking_every_joined_field(body: str, n: int) -> None:
    """Remembered positions, folded numbers and joined selections change nothing."""
    text = f"query ($n: Int) {{ user {{ {body} }} other: user {{ friends(first: $n) {{ name }} }} }}"
    assert measured(text, n=n) == naive(text, n)


# Refusing


def test_a_refusal_says_how_much_where_and_what_is_allowed() -> None:
    """The client learns which lists to shorten."""
    cost = cost_of("query ($n: Int) { user { name } users(first: $n) { photo people: friends(first: 30) { name } } }")
    variables = {"n": 200}
    with pytest.raises(RequestError) as refused:
        check_cost(cost.measure(variables), cost, variables, CostLimit(most=5000))
    [error] = refused.value.errors
    assert error["extensions"] == {
        "code": "OPERATION_TOO_EXPENSIVE",
        "limit": "cost",
        "measured": 7401,
        "allowed": 5000,
        "field": "users.people",
    }
    assert error["message"] == (
        "The operation costs 7,401; at most 5,000 is allowed. Most of it is for 'users.people', 200 x 30 objects."
    )


def test_the_limit_itself_is_allowed_and_measuring_alone_refuses_nothing() -> None:
    """`cost.enforce: false` is for finding a limit that fits."""
    cost = cost_of("{ fixed { name } }")
    check_cost(7, cost, {}, CostLimit(most=7))
    check_cost(7, cost, {}, CostLimit(most=6, enforced=False))
    with pytest.raises(RequestError):
        check_cost(7, cost, {}, CostLimit(most=6))


def test_a_refusal_without_lists_names_the_field_alone() -> None:
    """Sizes are said only where there are any."""
    cost = cost_of('mutation { rename(name: "x") { __typename } }')
    with pytest.raises(RequestError) as refused:
        check_cost(11, cost, {}, CostLimit(most=5))
    assert refused.value.errors[0]["extensions"]["field"] == "rename"
    assert refused.value.message.endswith("Most of it is for 'rename'.")


def test_a_plan_with_too_many_fetches_is_refused() -> None:
    """Each is at least a call."""
    check_fetches(40, 40)
    with pytest.raises(RequestError) as refused:
        check_fetches(41, 40)
    extensions = {"code": "OPERATION_TOO_LARGE", "limit": "fetches", "measured": 41, "allowed": 40}
    assert refused.value.errors[0]["extensions"] == extensions

"""Limits on operations: counted exactly, in time linear in the document."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import fields, replace
from types import FrameType
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    parse,
)
from hypothesis import given
from hypothesis import strategies as st

from gateway.operation import limits as limits_module
from gateway.operation.limits import Limits, check_limits, measure_fragments, measure_operation, parse_within

COUNTED = ("selections", "aliases", "directives", "root_fields", "depth", "introspection_depth", "nesting")


def laughs(doublings: int) -> str:
    """Fragments that double `doublings` times over: about 35 bytes for each doubling of what they stand for."""
    chain = "".join(f"fragment f{i} on Query{{...f{i + 1} ...f{i + 1}}}" for i in range(doublings))
    return f"query Laughs{{...f0}}{chain}fragment f{doublings} on Query{{a}}"


def measured(text: str) -> dict[str, int]:
    document = parse(text)
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    measure = measure_operation(operation, measure_fragments(document))
    return {name: getattr(measure, name) for name in COUNTED}


def exceeded(text: str, limits: Limits, operation_name: str | None = None) -> list[str]:
    return [error["extensions"]["limit"] for error in check_limits(parse(text), operation_name, limits)]


def lines_run(task: Callable[[], object]) -> int:
    """How many lines of the limits module a task executes: a cost that no other load on the machine can change."""
    count = 0

    def trace(frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        if frame.f_code.co_filename != limits_module.__file__:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        task()
    finally:
        sys.settrace(before)
    return count


# What the default limits let through


def test_the_public_benchmark_query_fits_the_default_limits() -> None:
    """The published federation workload: fragments at six places, eight levels deep."""
    text = """
    fragment U on User { id username name }
    fragment R on Review { id body }
    fragment P on Product { inStock name price shippingEstimate upc weight }
    query TestQuery {
      users {
        ...U reviews { ...R product { ...P reviews { ...R author { ...U reviews { ...R product { ...P } } } } } }
      }
      topProducts { ...P reviews { ...R author { ...U reviews { ...R product { ...P } } } } }
    }"""
    assert check_limits(parse_within(text, Limits()), None, Limits()) == []
    assert measured(text)["depth"] == 8
    assert measured(text)["selections"] == 67


def test_an_editors_introspection_query_fits_the_default_limits() -> None:
    """GraphiQL asks for everything there is; a lower depth limit for data does not lock it out."""
    text = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    )
    tight = replace(Limits(), depth=3)
    assert check_limits(parse_within(text, tight), None, tight) == []
    assert measured(text)["introspection_depth"] == 15


# Each limit


@pytest.mark.parametrize(
    ("limit", "allowed", "fitting", "exceeding"),
    [
        ("depth", 2, "{a{b}}", "{a{b{c}}}"),
        ("depth", 2, "{a{...f}} fragment f on T{b}", "{a{...f}} fragment f on T{b{c}}"),
        ("depth", 2, "{a{...{...{b}}}}", "{a{...{b{c}}}}"),
        ("introspection_depth", 3, "{__schema{types{name}}}", "{__schema{types{fields{name}}}}"),
        (
            "introspection_depth",
            3,
            "{__type(name:0){...f}} fragment f on T{a{b}}",
            "{x:__type{...f}} fragment f on T{a{b{c}}}",
        ),
        ("nesting", 3, "{a{...{b}}}", "{a{...{...{b}}}}"),
        ("nesting", 3, "{a{...f}} fragment f on T{b}", "{a{...f}} fragment f on T{...{b}}"),
        ("root_fields", 2, "{a b}", "{a b c}"),
        ("root_fields", 2, "{...f} fragment f on T{a b{c d}}", "{a ...f ...{...f}} fragment f on T{a}"),
        ("selections", 3, "{a{b c}}", "{a{b c d}}"),
        ("selections", 3, "{...f a} fragment f on T{b}", "{...f ...f} fragment f on T{b}"),
        ("aliases", 1, "{x:a b}", "{x:a y:b}"),
        ("aliases", 1, "{...f} fragment f on T{x:a}", "{a{...f} b{...f}} fragment f on T{x:a}"),
        ("directives", 2, "{a@x b@x}", "query @x {a@x b@x}"),
        ("directives", 2, "{...f@x} fragment f on T{a@x}", "{...f@x} fragment f on T@x{a@x}"),
        ("directives", 2, "query($v:Int@x){...@x{a}}", "query($v:Int@x){...@x{a@x}}"),
    ],
)
def test_each_limit_allows_its_number_and_no_more(limit: str, allowed: int, fitting: str, exceeding: str) -> None:
    """A limit of n lets n pass and refuses n + 1, through fragments as without them."""
    limits = replace(Limits(), **{limit: allowed})
    assert exceeded(fitting, limits) == []
    assert exceeded(exceeding, limits) == [limit]


def test_an_error_says_limit_measure_and_place() -> None:
    """The client learns which limit, by how much, and where to look."""
    text = "query Deep {\n  a {\n    ...f\n  }\n}\nfragment f on T {\n  b { c }\n}"
    [error] = check_limits(parse(text), None, replace(Limits(), depth=2))
    assert error == {
        "message": "The operation 'Deep' is 3 fields deep; at most 2 are allowed.",
        "locations": [{"line": 7, "column": 7}],
        "extensions": {"code": "OPERATION_TOO_LARGE", "limit": "depth", "measured": 3, "allowed": 2},
    }


def test_a_document_without_locations_is_measured_too() -> None:
    [error] = check_limits(parse("{a{b}}", no_location=True), None, replace(Limits(), depth=1))
    assert "locations" not in error


def test_all_exceeded_limits_are_reported() -> None:
    limits = replace(Limits(), depth=1, aliases=0, selections=1)
    assert exceeded("{x:a{b}}", limits) == ["depth", "selections", "aliases"]


def test_only_the_chosen_operation_is_measured() -> None:
    """A document may hold a large operation that this request does not run."""
    text = "query Small{a} query Large{a{b{c}}}"
    limits = replace(Limits(), depth=2)
    assert exceeded(text, limits, "Small") == []
    assert exceeded(text, limits, "Large") == ["depth"]
    assert exceeded(text, limits, None) == ["depth"]
    assert exceeded(text, limits, "Neither") == ["depth"]


@pytest.mark.parametrize(
    "text",
    [
        "{...gone}",
        "{a{...f}} fragment f on T{b ...f}",
        "{...f} fragment f on T{a ...g} fragment g on T{b ...f ...gone}",
        "fragment f on T{...f}",
        "type T {a: Int}",
    ],
)
def test_unknown_and_circular_fragments_are_left_to_validation(text: str) -> None:
    assert check_limits(parse(text), None, Limits()) == []


def test_a_document_deeper_than_the_python_stack_is_measured() -> None:
    """The pass itself has no depth limit: here 5,000 selections in each other, and a chain of 5,000 fragments."""
    inner = SelectionSetNode(selections=(parse_field("x"),))
    for _ in range(4999):
        inner = SelectionSetNode(selections=(parse_field("x", inner),))
    document = DocumentNode(definitions=(parse_operation(inner),))
    [depth, *_others] = check_limits(document, None, Limits())
    assert depth["extensions"]["measured"] == 5000

    chain = "{...f0}" + "".join(f"fragment f{i} on T{{a{{...f{i + 1}}}}}" for i in range(5000))
    assert measured(chain)["depth"] == 5000


def parse_field(name: str, inner: SelectionSetNode | None = None) -> FieldNode:
    field = first_field(parse("{" + name + "}"))
    return FieldNode(name=field.name, alias=None, arguments=(), directives=(), selection_set=inner)


def parse_operation(inner: SelectionSetNode) -> OperationDefinitionNode:
    operation = parse("{x}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return OperationDefinitionNode(
        operation=operation.operation, name=None, variable_definitions=(), directives=(), selection_set=inner
    )


def first_field(document: DocumentNode) -> FieldNode:
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    field = operation.selection_set.selections[0]
    assert isinstance(field, FieldNode)
    return field


# Cost


def test_an_exponential_query_of_under_769_bytes_is_answered_in_milliseconds() -> None:
    """Twenty fragments that stand for a million fields, which two common limiters take seconds to walk."""
    text = laughs(20)
    assert len(text) <= 769
    rounds: list[float] = []
    for _ in range(5):
        started = time.thread_time()
        errors = check_limits(parse_within(text, Limits()), None, Limits())
        rounds.append(time.thread_time() - started)
    assert min(rounds) < 0.05
    counts = {error["extensions"]["limit"]: error["extensions"]["measured"] for error in errors}
    assert counts == {"root_fields": 2**20, "selections": 3 * 2**20 - 1}


def test_astronomical_counts_stop_at_a_ceiling() -> None:
    """2^900 is reported as at least 10^12: a number that fits any client's JSON reader."""
    selections = check_limits(parse(laughs(900)), None, Limits())[-1]
    assert selections["extensions"]["measured"] == 10**12
    assert "at least 1000000000000 fields" in selections["message"]


@pytest.mark.parametrize(
    "make",
    [
        laughs,
        lambda n: "{" + "a " * n + "}",
        lambda n: "{" + "a{" * n + "b" + "}" * n + "}",
        lambda n: "{...f0}" + "".join(f"fragment f{i} on T{{a{{...f{i + 1}}}}}" for i in range(n)),
        lambda n: "{...f0}" + "".join(f"fragment f{i} on T{{...f{(i + 1) % n} ...f{(i + 7) % n}}}" for i in range(n)),
        lambda n: "{" + "...f " * n + "}" + "fragment f on T{" + "x:a@y " * n + "}",
        lambda n: "{" + "...gone " * n + "}",
    ],
    ids=["laughs", "wide", "deep", "fragment chain", "circular fragments", "many spreads", "unknown spreads"],
)
def test_twice_the_payload_costs_at_most_two_and_a_half_times(make: Callable[[int], str]) -> None:
    """Counted in lines executed, so that a busy machine changes nothing."""
    once, twice = parse(make(90)), parse(make(180))
    cost = lines_run(lambda: check_limits(once, None, Limits()))
    double = lines_run(lambda: check_limits(twice, None, Limits()))
    assert cost > 90
    assert double <= 2.5 * cost


# Against an oracle that walks everything


def naive(document: DocumentNode) -> dict[str, int]:
    """The measures by walking every expansion: exponential, and obviously right."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    count = dict.fromkeys(COUNTED, 0)

    def walk(selection_set: SelectionSetNode, depth: int, nesting: int, introspects: bool) -> None:
        for node in selection_set.selections:
            count["selections"] += 1
            count["directives"] += len(node.directives or ())
            count["nesting"] = max(count["nesting"], nesting + 1)
            if isinstance(node, FragmentSpreadNode):
                if node.name.value in fragments:
                    fragment = fragments[node.name.value]
                    count["directives"] += len(fragment.directives or ())
                    walk(fragment.selection_set, depth, nesting + 1, introspects)
            elif isinstance(node, FieldNode):
                walk_field(node, depth, nesting, introspects)
            else:
                walk(node.selection_set, depth, nesting + 1, introspects)  # type: ignore[attr-defined]

    def walk_field(node: FieldNode, depth: int, nesting: int, introspects: bool) -> None:
        count["aliases"] += node.alias is not None
        count["root_fields"] += depth == 0 and not introspects
        if node.name.value in ("__schema", "__type"):
            depth, introspects = 0, True
        measure = "introspection_depth" if introspects else "depth"
        count[measure] = max(count[measure], depth + 1)
        if node.selection_set:
            walk(node.selection_set, depth + 1, nesting + 1, introspects)

    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    count["directives"] += len(operation.directives or ())
    walk(operation.selection_set, 0, 0, False)
    return count


def selections(spreads: list[str]) -> st.SearchStrategy[str]:
    """Text of a selection set that may spread the named fragments."""
    head = st.sampled_from(["a", "b @x", "y: c", "z: d @x @y", "__type", "... @x", "...", "... on T"])
    leaf = st.sampled_from(["a", "y: b", "c @x", "__typename", "...gone", *(f"...{name}" for name in spreads)])
    node = st.recursive(
        leaf,
        lambda inner: st.tuples(head, st.lists(inner, min_size=1, max_size=3)).map(
            lambda pair: f"{pair[0]}{{{' '.join(pair[1])}}}"
        ),
        max_leaves=6,
    )
    return st.lists(node, min_size=1, max_size=3).map(lambda nodes: "{" + " ".join(nodes) + "}")


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A small document whose fragments spread only later ones, so that the naive walk ends."""
    names = ["f0", "f1", "f2", "f3"]
    parts = [draw(st.sampled_from(["", "query Q @x "])) + draw(selections(names))]
    for index, name in enumerate(names):
        parts.append(f"fragment {name} on T {draw(st.sampled_from(['', '@x']))} {draw(selections(names[index + 1 :]))}")
    return "\n".join(draw(st.permutations(parts)))


@given(documents())
def test_counts_equal_those_of_a_walk_over_every_expansion(text: str) -> None:
    """Combining fragments arithmetically measures the same as walking them."""
    assert measured(text) == naive(parse(text))


def test_every_limit_has_its_test() -> None:
    """A limit added later must be measured and said."""
    elsewhere = {
        "characters",
        "tokens",
        "values",
        "fetches",
        "planning_choices",
    }  # fetches: test_cost.py; choices: planning/test_budget.py
    assert {limit.name for limit in fields(Limits)} == {*elsewhere, *COUNTED}

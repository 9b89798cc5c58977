"""Passes over drafted steps: what becomes one request, and what must not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gateway.planning.draft import StepDraft
from gateway.planning.passes import direct, in_order, merge_steps, share_requests
from gateway.planning.printing import print_path
from tests.unit.planning.drafts import entry, jump, root
from tests.unit.supergraphs import load

GRAPH = load(
    """
    type Query @join__type(graph: A) { p: P node: Node }
    interface Node @join__type(graph: A) { id: ID part: P }
    type P implements Node @join__implements(graph: A, interface: "Node") @join__type(graph: A, key: "id")
      { id: ID sku: ID x(a: Int): Int y: Int part: P }
    type Q implements Node @join__implements(graph: A, interface: "Node") @join__type(graph: A, key: "id")
      { id: ID part: P }
    """
)


def merged(*steps: StepDraft) -> list[StepDraft]:
    kept = list(steps)
    merge_steps(kept, GRAPH)
    return kept


def keys(step: StepDraft) -> list[str]:
    return sorted(field.key for below in step.selection.by_type.values() for field in below.fields.values())


def depth(steps: Sequence[StepDraft]) -> int:
    return max(level for _, level in in_order(steps))


# -- merging types -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ("node|P", "node|Q", "node|P,Q"),
        ("node|P/part", "node|Q/part", "node|P,Q/part"),
        ("node|P/part|P", "node|Q/part|P", "node|P,Q/part|P"),
        ("node|P,Q/part", "node|Q/part", "node|P,Q/part"),
        ("node/part", "node|P/part", "node/part"),
        ("node|P/part", "node/part", "node/part"),
    ],
)
def test_steps_that_differ_in_the_types_of_one_element_become_one(one: str, other: str, joined: str):
    first = root("a")
    (_, step) = merged(first, jump("b", one, [first], "x"), jump("b", other, [first], "y"))
    assert print_path(step.path) == joined
    assert keys(step) == ["x", "y"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("node|P/part|P", "node|Q/part|Q"),
        ("node|P/part", "node|Q/other"),
        ("node|P", "node|P/part"),
    ],
)
def test_steps_that_differ_in_more_stay_apart(one: str, other: str):
    """A joined path would lead to objects that neither of them means."""
    first = root("a")
    assert len(merged(first, jump("b", one, [first], "x"), jump("b", other, [first], "y"))) == 3


def test_steps_of_other_subgraphs_or_times_stay_apart():
    first = root("a")
    second = jump("c", "node|P", [first], "k")
    assert len(merged(first, jump("b", "node|P", [first]), jump("c", "node|Q", [first]))) == 3
    late = jump("b", "node|Q", [second], "y")
    user = jump("d", "node|Q", [late])
    assert len(merged(first, second, jump("b", "node|P", [first], "x"), late, user)) == 5


def test_an_early_step_joins_only_one_that_is_merged_at_the_same_time():
    first = root("a")
    early = jump("b", "node|P", [], "x", merge_after=[first])
    assert len(merged(first, early, jump("b", "node|Q", [first], "y"))) == 3
    early = jump("b", "node|P", [], "x", merge_after=[first])
    other = jump("b", "node|Q", [], "y", merge_after=[first])
    assert len(merged(first, early, other)) == 2
    second = root("e")
    early = jump("b", "node|P", [], "x", merge_after=[first])
    other = jump("b", "node|Q", [], "y", merge_after=[second])
    assert len(merged(first, second, early, other)) == 4


@pytest.mark.parametrize(
    "presented",
    [
        {"P": entry("P", "id", "y")},
        {"P": entry("P", "sku")},
    ],
)
def test_on_different_branches_objects_must_be_presented_alike(presented: dict):
    """Each branch holds only what it selected itself."""
    first = root("a")
    one = jump("b", "node|P/part", [first], "x", P=entry("P", "id"))
    other = jump("b", "node|Q/part", [first], "z", **presented)
    assert len(merged(first, one, other)) == 3


def test_at_one_place_objects_may_be_presented_with_more():
    """There all that both of them need is there for every object."""
    first = root("a")
    one = jump("b", "node|P", [first], "f", P=entry("P", "id", "y"))
    other = jump("b", "node|P", [first], "g", P=entry("P", "id", "sku"))
    users = [jump("c", "node|P/part", [one]), jump("d", "node|P/part", [other])]
    _, step, *_ = merged(first, one, other, *users)
    assert keys(step) == ["f", "g"]
    assert [len(entry.requires) for entry in step.entries.values()] == [2]


def test_other_entries_are_taken_along():
    first = root("a")
    one = jump("b", "node|P", [first], "x", P=entry("P"))
    other = jump("b", "node|Q", [first], "y", Q=entry("Q"))
    (_, step) = merged(first, one, other)
    assert set(step.entries) == {"P", "Q"}


def test_whoever_awaited_the_step_that_is_gone_awaits_the_one_that_is_kept():
    first = root("a")
    kept, gone = jump("b", "node|P", [first], "x"), jump("b", "node|Q", [first], "y")
    user = jump("c", "node|Q/part", [gone])
    early = jump("d", "node|Q/part", [], merge_after=[gone])
    steps = merged(first, kept, gone, user, early)
    assert steps == [first, kept, user, early]
    assert user.needs == {kept}
    assert early.merge_after == {kept}


# -- merging leaves ----------------------------------------------------------------------------------------------------


def twins(first: StepDraft, graph: str = "b") -> list[StepDraft]:
    """Two steps of one subgraph at one place that cannot be one request."""
    return [jump(graph, "p", [first], name, P=entry("P", "id", f"x(a: {n})")) for n, name in enumerate("km")]


def test_a_step_nobody_awaits_joins_another_of_its_subgraph_and_path():
    """What is only wanted for the answer can wait for both."""
    first = root("a")
    one, two = twins(first)
    steps = merged(first, one, two, jump("c", "p", [first, one], "x"), jump("c", "p", [first, two], "z"))
    (step,) = (step for step in steps if step.graph == "c")
    assert keys(step) == ["x", "z"]
    assert step.needs == {first, one, two}


def test_it_joins_one_that_others_await_when_that_waits_for_no_more():
    first = root("a")
    one, two = twins(first)
    other, leaf = jump("c", "p", [first, one, two], "x"), jump("c", "p", [first, one], "z")
    steps = merged(first, one, two, other, jump("d", "p", [other]), leaf)
    assert [keys(step) for step in steps if step.graph == "c"] == [["x", "z"]]


def test_it_does_not_keep_others_waiting():
    first = root("a")
    one, two = twins(first)
    other, leaf = jump("c", "p", [first, one], "x"), jump("c", "p", [first, two], "z")
    steps = merged(first, one, two, other, jump("d", "p", [other]), leaf)
    assert [keys(step) for step in steps if step.graph == "c"] == [["x"], ["z"]]


def test_objects_are_then_presented_with_what_both_need():
    first = root("a")
    one, two = twins(first)
    some = jump("c", "p", [first, one], "x", P=entry("P", "id", "y"))
    more = jump("c", "p", [first, two], "z", P=entry("P", "sku", "owner"))
    (step,) = (step for step in merged(first, one, two, some, more) if step.graph == "c")
    assert [(len(entry.keys), len(entry.requires)) for entry in step.entries.values()] == [(2, 2)]


def test_a_leaf_that_waits_for_a_further_subgraph_can_fall_back_to_what_it_was():
    """When that one fails, a healthy field would be lost otherwise."""
    first = root("a")
    sick = jump("b", "p", [first], "k")
    healthy = jump("c", "p", [first], "x")
    needy = jump("c", "p", [first, sick], "z", P=entry("P", "id", "y"))
    (step,) = (step for step in merged(first, sick, healthy, needy) if step.graph == "c")
    assert keys(step) == ["x", "z"]
    assert step.needs == {first, sick}
    assert {(*keys(part), frozenset(part.needs), len(part.entries["P"].requires)) for part in step.parts} == {
        ("x", frozenset({first}), 0),
        ("z", frozenset({first, sick}), 1),
    }


def test_its_parts_are_those_of_all_that_joined():
    first = root("a")
    sick, ill = jump("b", "p", [first], "k"), jump("d", "p", [first], "m")
    plain = jump("c", "p", [first], "x")
    one = jump("c", "p", [first, sick], "z", P=entry("P", "id", "y"))
    other = jump("c", "p", [first, ill], "w", P=entry("P", "id", "sku"))
    (step,) = (step for step in merged(first, sick, ill, plain, one, other) if step.graph == "c")
    assert sorted(keys(part) for part in step.parts) == [["w"], ["x"], ["z"]]
    assert step.needs == {first, sick, ill}


def test_parts_that_wait_for_the_same_are_one():
    first = root("a")
    sick, ill = jump("b", "p", [first], "k"), jump("d", "p", [first], "m")
    steps = [jump("c", "p", [first, awaited], name, P=entry("P", "id", "y")) for name, awaited in
             (("u", sick), ("v", ill), ("w", sick))]  # fmt: skip
    (step,) = (step for step in merged(first, sick, ill, *steps) if step.graph == "c")
    assert sorted(keys(part) for part in step.parts) == [["u", "w"], ["v"]]


def test_parts_keep_their_selections_to_themselves():
    first = root("a")
    sick = jump("b", "p", [first], "k")
    plain = jump("c", "p", [first], "part { x }")
    needy = jump("c", "p", [first, sick], "part { y }", P=entry("P", "id", "y"))
    (step,) = (step for step in merged(first, sick, plain, needy) if step.graph == "c")
    below = [next(iter(each.selection.by_type.values())).fields["part"].below for each in (step, *step.parts)]
    assert sorted(sorted(selection.fields) for selection in below if selection) == [["x"], ["x", "y"], ["y"]]


def test_what_parts_wait_for_may_be_merged_too():
    """The step that took the place of another takes it in the parts of others as well."""
    first = root("a")
    one, other = jump("b", "node|P", [first], "k"), jump("b", "node|Q", [first], "k", P=entry("P"))
    plain = jump("c", "p", [first], "x")
    needy = jump("c", "p", [first, other], "z", P=entry("P", "id", "y"))
    steps = merged(first, one, other, plain, needy)
    (step,) = (step for step in steps if step.graph == "c")
    assert {awaited for part in step.parts for awaited in part.needs} <= set(steps)


def test_steps_that_wait_for_the_same_have_no_parts():
    first = root("a")
    (_, step) = merged(first, jump("b", "p", [first], "x"), jump("b", "p", [first], "y", P=entry("P", "id", "sku")))
    assert step.parts == []


def test_a_step_that_others_await_stays_where_it_is():
    first = root("a")
    awaited = jump("c", "p", [first], "x")
    user = jump("d", "p", [awaited])
    later = jump("a", "p", [awaited], "w")
    other = jump("c", "p", [later], "z")
    steps = merged(first, awaited, user, later, other)
    assert awaited in steps
    assert other in steps


def test_no_plan_becomes_deeper():
    """`other` runs on level 3 and is awaited: it may not wait for level 3 itself, just to take a leaf along."""
    first = root("a")
    second = jump("b", "p", [first], "k")
    other = jump("c", "p", [second], "x")
    user = jump("d", "p", [other], "u")
    late = jump("a", "p", [second], "m")
    leaf = jump("c", "p", [late], "z")
    watcher = jump("e", "p", [late], "w")
    before = depth([first, second, other, user, late, leaf, watcher])
    steps = merged(first, second, other, user, late, leaf, watcher)
    assert depth(steps) == before == 4
    assert leaf in steps


def test_a_leaf_joins_one_step_only():
    first = root("a")
    one, two = twins(first)
    others = [jump("c", "p", [first, one, two], "x", P=entry("P", "id", f"x(a: {n})")) for n in range(2)]
    users = [jump("d", "p", [other], "u", P=entry("P", "id", f"x(a: {n})")) for n, other in enumerate(others)]
    steps = merged(first, one, two, *others, *users, jump("c", "p", [first, one], "z"))
    assert [keys(step) for step in steps if step.graph == "c"] == [["x", "z"], ["x"]]


def test_a_leaf_never_joins_a_step_that_it_waits_for():
    first = root("a")
    one = jump("c", "p", [first], "x")
    leaf = jump("c", "p", [one], "z", P=entry("P", "id", "y"))
    assert len(merged(first, one, leaf)) == 3


def test_conflicting_requirements_stay_apart():
    first = root("a")
    one = jump("c", "p", [first], "f", P=entry("P", "id", "x(a: 1)"))
    other = jump("c", "p", [first], "g", P=entry("P", "id", "x(a: 2)"))
    assert len(merged(first, one, other)) == 3


def test_roots_and_early_steps_are_not_moved():
    first = root("a")
    early = jump("c", "p", [], "x", merge_after=[first])
    late = jump("c", "p", [first], "y")
    assert len(merged(first, early, late)) == 3
    assert len(merged(root("a"), root("a"))) == 2


# -- sharing requests --------------------------------------------------------------------------------------------------


def shared(*steps: StepDraft, joins: str = "bc") -> list[list[str]]:
    """The requests of more than one step, each with its steps' places."""
    ordered = in_order(steps)
    requests = share_requests(ordered, joins)
    assert sorted(number for numbers in requests for number in numbers) == [*range(len(steps))]
    return [[print_path(ordered[number][0].path) for number in numbers] for numbers in requests if len(numbers) > 1]


def test_steps_of_one_subgraph_and_level_share_a_request():
    first = root("a")
    assert shared(first, jump("b", "p", [first]), jump("b", "q", [first]), jump("c", "q", [first])) == [["p", "q"]]


def test_steps_of_different_levels_do_not():
    """Whatever is behind the first would come later."""
    first = root("a")
    second = jump("c", "p", [first])
    assert shared(first, second, jump("b", "p", [first]), jump("b", "q", [second])) == []


def test_steps_of_subgraphs_that_do_not_take_them_do_not():
    first = root("a")
    assert shared(first, jump("b", "p", [first]), jump("b", "q", [first]), joins="c") == []


def test_roots_have_requests_of_their_own():
    assert shared(root("b"), root("b")) == []


# -- order and dependencies --------------------------------------------------------------------------------------------


def test_steps_are_ordered_by_level_then_as_drafted():
    first, other = root("a"), root("b")
    second, third = jump("c", "p", [first]), jump("d", "p", [first])
    fourth = jump("e", "p", [second, other])
    ordered = in_order([fourth, third, first, second, other])
    assert [(step.graph, level) for step, level in ordered] == [("a", 1), ("b", 1), ("d", 2), ("c", 2), ("e", 3)]


def test_an_early_step_has_its_own_level_and_comes_after_what_it_is_merged_after():
    first = root("a")
    early = jump("b", "p", [], merge_after=[first])
    below = jump("c", "p/part", [early, first])
    ordered = in_order([early, below, first])
    assert [(step.graph, level) for step, level in ordered] == [("a", 1), ("b", 1), ("c", 2)]


def test_only_direct_dependencies_remain():
    first = root("a")
    second = jump("b", "p", [first])
    third = jump("c", "p", [second, first])
    assert direct({first, second, third}) == {third}
    assert direct({first, root("x")}) != {first}
    assert direct(set()) == set()


def test_a_step_that_is_merged_before_counts_as_awaited():
    first = root("a")
    early = jump("b", "p", [], merge_after=[first])
    assert direct({first, early}) == {early}

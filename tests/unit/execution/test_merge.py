"""Merging answers into the gateway's data, and renaming them."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.execution.merge import merge_entities, merge_object, rename
from gateway.execution.targets import JsonObject
from gateway.planning.plan import RenameTree


@pytest.mark.parametrize(
    ("target", "source", "merged"),
    [
        ({}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": None}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": None}, {"a": 1}),
        # Absent and null are different: only a null says that the source answered.
        ({}, {"a": None}, {"a": None}),
        ({"a": {"x": 1}}, {"a": {"y": 2}}, {"a": {"x": 1, "y": 2}}),
        ({"a": {"x": {"y": 1}}}, {"a": {"x": {"z": 2}}}, {"a": {"x": {"y": 1, "z": 2}}}),
        ({"a": {"x": 1}}, {"a": None}, {"a": {"x": 1}}),
        ({"a": None}, {"a": {"x": 1}}, {"a": {"x": 1}}),
        ({"a": [{"x": 1}, {"x": 2}]}, {"a": [{"y": 3}, {"y": 4}]}, {"a": [{"x": 1, "y": 3}, {"x": 2, "y": 4}]}),
        ({"a": [{"x": 1}, None]}, {"a": [None, {"y": 4}]}, {"a": [{"x": 1}, {"y": 4}]}),
        ({"a": [None]}, {"a": [None]}, {"a": [None]}),
        ({"a": [[{"x": 1}]]}, {"a": [[{"y": 2}]]}, {"a": [[{"x": 1, "y": 2}]]}),
        ({"a": [1, 2]}, {"a": [3, 4]}, {"a": [3, 4]}),
        ({"a": []}, {"a": []}, {"a": []}),
        # Two sources disagree about a list: the first one's stands.
        ({"a": [{"x": 1}]}, {"a": [{"x": 2}, {"x": 3}]}, {"a": [{"x": 1}]}),
        ({"a": []}, {"a": [1]}, {"a": []}),
        # The type name that is known first stays: a later one may be an interface's.
        ({"__typename": "Film"}, {"__typename": "Item"}, {"__typename": "Film"}),
        ({"__typename": None}, {"__typename": "Item"}, {"__typename": "Item"}),
        ({}, {"__typename": "Film"}, {"__typename": "Film"}),
        ({"a": {"__typename": "Film"}}, {"a": {"__typename": "Item", "x": 1}}, {"a": {"__typename": "Film", "x": 1}}),
    ],
)
def test_objects_are_merged_by_key_and_lists_by_index(
    target: dict[str, Any], source: dict[str, Any], merged: dict[str, Any]
):
    merge_object(target, source)
    assert target == merged


def test_objects_that_others_hold_stay_the_same_objects():
    """Steps hold on to the objects they fetch for."""
    inner, item = {"x": 1}, {"x": 2}
    target: dict[str, Any] = {"a": inner, "b": [item]}
    merge_object(target, {"a": {"y": 3}, "b": [{"y": 4}]})
    assert target["a"] is inner
    assert target["b"][0] is item
    assert (inner, item) == ({"x": 1, "y": 3}, {"x": 2, "y": 4})


def test_each_entity_is_written_into_every_object_that_asked():
    one, two, three = {"id": 1}, {"id": 2}, {"id": 1}
    merge_entities([{"x": 10}, {"x": 20}], [[one, three], [two]])
    assert [one, two, three] == [{"id": 1, "x": 10}, {"id": 2, "x": 20}, {"id": 1, "x": 10}]


def test_an_unknown_entity_changes_nothing():
    one, two = {"id": 1}, {"id": 2}
    merge_entities([None, {"x": 1}], [[one], [two]])
    assert [one, two] == [{"id": 1}, {"id": 2, "x": 1}]


def test_objects_never_share_what_was_merged():
    """A later step writes into one of them; the others may not see it, at whatever depth."""
    targets: list[dict[str, Any]] = [{}, {}, {}]
    merge_entities([{"a": {"list": [{"x": 1}], "deep": {"y": [[{}]]}}}], [targets])
    for n, target in enumerate(targets):
        merge_object(target, {"a": {"list": [{"n": n}], "deep": {"z": n, "y": [[{"n": n}]]}}})
    assert [target["a"] for target in targets] == [
        {"list": [{"x": 1, "n": n}], "deep": {"y": [[{"n": n}]], "z": n}} for n in range(3)
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    max_leaves=10,
)
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "c"]), JSON, max_size=3)


def containers(value: Any) -> list[int]:
    """Identities of all objects and lists in a value."""
    if isinstance(value, dict):
        return [id(value), *(i for item in value.values() for i in containers(item))]
    if isinstance(value, list):
        return [id(value), *(i for item in value for i in containers(item))]
    return []


@settings(deadline=None)
@given(OBJECTS, st.integers(2, 4))
def test_no_container_belongs_to_two_objects(entity: dict[str, Any], count: int):
    targets: list[dict[str, Any]] = [{} for _ in range(count)]
    merge_entities([entity], [targets])
    every = [identity for target in targets for identity in containers(target)]
    assert len(every) == len(set(every))
    assert all(target == targets[0] for target in targets)


@settings(deadline=None)
@given(OBJECTS, OBJECTS)
def test_what_is_merged_twice_is_as_if_once(target: dict[str, Any], source: dict[str, Any]):
    merge_object(target, deepcopy(source))
    once = deepcopy(target)
    merge_object(target, deepcopy(source))
    assert target == once


@settings(deadline=None)
@given(OBJECTS, OBJECTS)
def test_merging_loses_no_key_and_no_value_to_a_null(target: dict[str, Any], source: dict[str, Any]):
    before = deepcopy(target)
    merge_object(target, source)
    assert set(target) == {*before, *source}
    assert all(target[key] is not None for key in before if before[key] is not None)


# -- renaming ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tree", "value", "renamed"),
    [
        (RenameTree({"x__as1": "x"}), {"x__as1": 1}, {"x": 1}),
        (RenameTree({"x__as1": "x"}), {"y": 1}, {"y": 1}),
        (RenameTree({"x__as1": "x"}), [{"x__as1": 1}, None, {"x": 2}], [{"x": 1}, None, {"x": 2}]),
        (RenameTree({"x__as1": "x"}), [[{"x__as1": 1}]], [[{"x": 1}]]),
        (RenameTree({"x__as1": "x"}), None, None),
        (RenameTree({"x__as1": "x"}), "text", "text"),
        (RenameTree({}, {"a": RenameTree({"x__as1": "x"})}), {"a": {"x__as1": 1}}, {"a": {"x": 1}}),
        (RenameTree({}, {"a": RenameTree({"x__as1": "x"})}), {"a": None, "b": 1}, {"a": None, "b": 1}),
        (RenameTree({}, {"a": RenameTree({"x__as1": "x"})}), {"x__as1": 1}, {"x__as1": 1}),
        # The tree goes by the names on the wire, at every depth.
        (
            RenameTree({"a__as1": "a"}, {"a__as1": RenameTree({"x__as1": "x"}), "a": RenameTree({"x__as2": "x"})}),
            [{"a__as1": [{"x__as1": 1}]}, {"a": {"x__as2": 2}}],
            [{"a": [{"x": 1}]}, {"a": {"x": 2}}],
        ),
        (RenameTree({"x__as1": "x", "y__as1": "y"}), {"x__as1": None, "y__as1": 2}, {"x": None, "y": 2}),
    ],
)
def test_wire_names_become_internal_keys_again(tree: RenameTree, value: Any, renamed: Any):
    rename(value, tree)
    assert value == renamed


def plainly(target: JsonObject, source: JsonObject) -> None:
    """Merging without any short cut: the oracle."""
    for key, value in source.items():
        known = target.get(key)
        if known is None:
            target[key] = value
        elif key == "__typename" or value is None:
            continue
        elif isinstance(known, dict) and isinstance(value, dict):
            plainly(known, value)
        elif not isinstance(known, list) or not isinstance(value, list):
            target[key] = value
        elif len(known) == len(value):
            pairs = [{"": one} for one in known]
            for pair, other in zip(pairs, value, strict=True):
                plainly(pair, {"": other})
            target[key] = [pair[""] for pair in pairs]


TYPED = st.dictionaries(st.sampled_from(["__typename", "a", "b", "c"]), JSON, max_size=4)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.none() | TYPED, st.lists(TYPED, min_size=1, max_size=3)), max_size=3))
def test_short_cuts_change_nothing(cases: list[tuple[JsonObject | None, list[JsonObject]]]) -> None:
    """The same values in the same order, and no container in two places, into which a later step would write."""
    expected = deepcopy(cases)
    for entity, targets in expected:
        for target in targets:
            plainly(target, deepcopy(entity or {}))
    merge_entities([entity for entity, _ in cases], [targets for _, targets in cases])
    merged = [targets for _, targets in cases]
    assert json.dumps(merged) == json.dumps([targets for _, targets in expected])
    found = containers(merged)
    assert len(found) == len(set(found))

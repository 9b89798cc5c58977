"""Finding the objects that a step fetches for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.execution.targets import find_targets, locate_targets
from tests.unit.planning.drafts import path

DATA: dict[str, Any] = {
    "one": {"id": 1, "part": {"id": 2}},
    "many": [{"id": 3, "__typename": "Film"}, None, {"id": 4, "__typename": "Album", "part": {"id": 5}}],
    "nested": [[{"id": 6}], None, [], [None, {"id": 7, "part": None}]],
    "typed": {"id": 8, "__typename": "Film", "part": [{"id": 9, "__typename": "Album"}]},
    "null": None,
    "empty": [],
    "scalar": "text",
    "scalars": [1, "x", {"id": 10}],
    "untyped": {"id": 11, "__typename": None},
    "oddly": [{"id": 12, "__typename": ["Film"]}, {"id": 13, "__typename": 5}],
}


@pytest.mark.parametrize(
    ("at", "ids"),
    [
        ("one", [1]),
        ("one/part", [2]),
        ("many", [3, 4]),
        ("many/part", [5]),
        ("many|Film", [3]),
        ("many|Film,Album", [3, 4]),
        ("many|Film/part", []),
        ("many|Album/part", [5]),
        ("many|Other", []),
        ("nested", [6, 7]),
        ("nested/part", []),
        ("typed|Film/part|Album", [9]),
        ("typed|Album/part", []),
        ("null", []),
        ("null/part", []),
        ("empty", []),
        ("missing", []),
        ("missing/part", []),
        # What breaks the source's promise is no object to go on from.
        ("scalar", []),
        ("scalar/part", []),
        ("scalars", [10]),
        ("untyped|Film", []),
        ("untyped", [11]),
        ("oddly|Film", []),
        ("oddly", [12, 13]),
    ],
)
def test_objects_are_found_through_lists_nulls_and_types(at: str, ids: list[int]):
    found = find_targets(DATA, path(at))
    assert [target["id"] for target in found] == ids
    assert [target["id"] for _, target in locate_targets(DATA, path(at))] == ids


def test_the_root_is_the_data_itself():
    assert find_targets(DATA, ()) == [DATA]
    assert list(locate_targets(DATA, ())) == [((), DATA)]


def test_found_objects_are_those_of_the_data():
    (target,) = find_targets(DATA, path("one/part"))
    assert target is DATA["one"]["part"]


@pytest.mark.parametrize(
    ("at", "places"),
    [
        ("one/part", [("one", "part")]),
        ("many", [("many", 0), ("many", 2)]),
        ("many|Album/part", [("many", 2, "part")]),
        ("nested", [("nested", 0, 0), ("nested", 3, 1)]),
        ("typed/part", [("typed", "part", 0)]),
    ],
)
def test_objects_are_located_by_keys_and_indexes(at: str, places: list[tuple[str | int, ...]]):
    assert [place for place, _ in locate_targets(DATA, path(at))] == places


VALUES = st.recursive(
    st.none() | st.integers(0, 3) | st.just("text"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries({}, optional={"a": inner, "b": inner, "__typename": st.sampled_from(["X", "Y"])})
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(
    st.fixed_dictionaries({}, optional={"a": VALUES, "b": VALUES}),
    st.sampled_from(["a", "a/b", "a|X", "a|X/b", "a/b/a", "a|Y/b|X,Y/a"]),
)
def test_finding_and_locating_agree(data: dict[str, Any], at: str):
    found, located = find_targets(data, path(at)), list(locate_targets(data, path(at)))
    assert [id(target) for target in found] == [id(target) for _, target in located]
    for place, target in located:
        value: Any = data
        for element in place:
            value = value[element]
        assert value is target

"""Objects -> representations: which objects are asked for, as what, how often."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from graphql import build_schema, parse_type, parse_value
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.execution.representations import build_batch, key_from_arguments
from gateway.planning.plan import (
    ArgumentKey,
    FetchStep,
    Representation,
    RepresentationField,
    RepresentationShape,
)
from tests.unit.planning.drafts import path

SCHEMA = build_schema(
    """
    enum Color { RED }
    type Query { x(id: ID!, n: Int, c: Color): Int }
    """
)


def wanted(name: str, *, nullable: bool = False, key: str = "", below: Any = None) -> RepresentationField:
    return RepresentationField(name, key or name, nullable, below)


def shape(static: str | None = "P", **fields: tuple[RepresentationField, ...]) -> RepresentationShape:
    return RepresentationShape(fields, static)


def step_of(at: str = "p", **representations: Representation) -> FetchStep:
    return FetchStep(0, "b", "entities", path(at), (), (), "", (), representations, {}, None, 1)


def one_type(*fields: RepresentationField, arguments: tuple[ArgumentKey, ...] = ()) -> FetchStep:
    return step_of(P=Representation("P", fields, arguments))


def sent(step: FetchStep, *targets: dict[str, Any], given: Any = None, unique: bool = True) -> list[dict[str, Any]]:
    return build_batch(step, targets, given, unique=unique).representations


# -- one object --------------------------------------------------------------------------------------------------------


def test_a_representation_holds_its_type_and_fields_under_their_real_names():
    step = one_type(wanted("id"), wanted("price", key="price__2"))
    assert sent(step, {"id": 1, "price__2": 5, "price": 6, "more": 7}) == [{"__typename": "P", "id": 1, "price": 5}]


def test_the_type_is_the_one_that_the_subgraph_knows():
    step = step_of(Film=Representation("Item", (wanted("id"),)))
    assert sent(step, {"__typename": "Film", "id": 1}) == [{"__typename": "Item", "id": 1}]


@pytest.mark.parametrize(
    ("target", "nullable", "expected", "absent"),
    [
        ({"id": 1}, False, [{"__typename": "P", "id": 1}], 0),
        ({"id": None}, True, [{"__typename": "P", "id": None}], 0),
        # Null where the subgraph allows none: it cannot be asked, and nobody is to blame.
        ({"id": None}, False, [], 0),
        # Missing: whatever should have brought it failed, or did not know the object.
        ({}, False, [], 1),
        ({}, True, [], 1),
        ({"id": 0}, False, [{"__typename": "P", "id": 0}], 0),
        ({"id": ""}, False, [{"__typename": "P", "id": ""}], 0),
        ({"id": False}, False, [{"__typename": "P", "id": False}], 0),
    ],
)
def test_null_and_absent_are_told_apart(target: dict[str, Any], nullable: bool, expected: list, absent: int):
    batch = build_batch(one_type(wanted("id", nullable=nullable)), [target], None, unique=True)
    assert batch.representations == expected
    assert len(batch.absent) == absent
    assert len(batch.slots) == len(expected)


NESTED = shape(P=(wanted("id"), wanted("name", nullable=True)))


@pytest.mark.parametrize(
    ("value", "nullable", "expected"),
    [
        ({"id": 1, "name": "x", "more": 2}, False, {"id": 1, "name": "x"}),
        ({"id": 1, "name": None}, False, {"id": 1, "name": None}),
        ({"id": None, "name": "x"}, False, "skipped"),
        ({"id": 1}, False, "absent"),
        (None, True, None),
        (None, False, "skipped"),
        ([], False, []),
        ([{"id": 1, "name": "x"}, {"id": 2, "name": "y"}], False, [{"id": 1, "name": "x"}, {"id": 2, "name": "y"}]),
        ([{"id": 1, "name": "x"}, None], False, [{"id": 1, "name": "x"}, None]),
        ([[{"id": 1, "name": "x"}], []], False, [[{"id": 1, "name": "x"}], []]),
        ([{"id": 1, "name": "x"}, {"id": 2}], False, "absent"),
        ([{"id": 1, "name": "x"}, {"id": None, "name": "y"}], False, "skipped"),
        # Anything but objects breaks the promise of whoever sent it.
        ("text", False, "absent"),
        ([5], False, "absent"),
    ],
)
def test_nested_objects_and_lists_are_reduced_to_what_is_wanted(value: Any, nullable: bool, expected: Any):
    step = one_type(wanted("owner", nullable=nullable, below=NESTED))
    batch = build_batch(step, [{"owner": value}], None, unique=True)
    if expected in ("skipped", "absent"):
        assert batch.representations == []
        assert len(batch.absent) == (expected == "absent")
    else:
        assert batch.representations == [{"__typename": "P", "owner": expected}]


ABSTRACT = shape(None, Film=(wanted("len"),), Book=())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"__typename": "Film", "len": 90, "x": 1}, {"__typename": "Film", "len": 90}),
        ({"__typename": "Book", "len": 90}, {"__typename": "Book"}),
        # A type that matches no fragment contributes its type name only.
        ({"__typename": "Other", "len": 90}, {"__typename": "Other"}),
        ([{"__typename": "Film", "len": 1}, {"__typename": "Book"}],
         [{"__typename": "Film", "len": 1}, {"__typename": "Book"}]),
        ({"__typename": "Film"}, "absent"),
        # Without its type an abstract object cannot be presented.
        ({"len": 90}, "absent"),
        ({"__typename": None}, "absent"),
        ({"__typename": ["Film"]}, "absent"),
    ],
)  # fmt: skip
def test_abstract_nested_objects_carry_their_type(value: Any, expected: Any):
    step = one_type(wanted("media", below=ABSTRACT))
    batch = build_batch(step, [{"media": value}], None, unique=True)
    if expected == "absent":
        assert (batch.representations, len(batch.absent)) == ([], 1)
    else:
        assert batch.representations == [{"__typename": "P", "media": expected}]


def test_what_was_read_is_not_changed_by_reading():
    target = {"owner": {"id": 1, "name": "x", "more": 2}}
    (built,) = sent(one_type(wanted("owner", below=NESTED)), target)
    built["owner"]["id"] = 99
    assert target == {"owner": {"id": 1, "name": "x", "more": 2}}


# -- many objects ------------------------------------------------------------------------------------------------------


def test_each_object_is_presented_as_its_own_type():
    step = step_of(
        "many|Film,Book", Film=Representation("Film", (wanted("id"),)), Book=Representation("Book", (wanted("isbn"),))
    )
    targets = [{"__typename": "Book", "isbn": 1}, {"__typename": "Film", "id": 1}]
    assert sent(step, *targets) == [{"__typename": "Book", "isbn": 1}, {"__typename": "Film", "id": 1}]


def test_equal_representations_are_sent_once_and_remember_who_asked():
    one, two, three = {"id": 1}, {"id": 2}, {"id": 1}
    batch = build_batch(one_type(wanted("id")), [one, two, three], None, unique=True)
    assert batch.representations == [{"__typename": "P", "id": 1}, {"__typename": "P", "id": 2}]
    assert batch.slots[0][0] is one
    assert batch.slots[0][1] is three
    assert batch.slots[1] == [two]


def test_without_deduplication_each_object_asks_for_itself():
    targets = [{"id": 1}, {"id": 1}]
    batch = build_batch(one_type(wanted("id")), targets, None, unique=False)
    assert batch.representations == [{"__typename": "P", "id": 1}] * 2
    assert [slot[0] for slot in batch.slots] == targets


@pytest.mark.parametrize(
    "values",
    [
        [1, "1", True, 1.0],
        [0, False, 0.0, "", None, "0"],
        [[1], 1, [[1]], ["1"], [True], [1.0], []],
        [{"a": 1}, {"a": True}, {"a": 1.0}, {"a": "1"}, {}, {"b": 1}, {"a": None}],
        [{"a": [1]}, {"a": 1}, [{"a": 1}], [["a", 1]], "a", ["a"]],
    ],
)
def test_values_of_different_json_are_never_taken_for_equal(values: list[Any]):
    """Python takes 1, 1.0 and True for equal; a subgraph need not."""
    step = one_type(wanted("key", nullable=True))
    batch = build_batch(step, [{"key": value} for value in values], None, unique=True)
    assert len(batch.representations) == len(values)


@pytest.mark.parametrize("value", [1, "x", 1.5, True, None, [1, [2]], {"a": {"b": [1]}}])
def test_equal_values_are_one(value: Any):
    step = one_type(wanted("key", nullable=True))
    assert len(sent(step, {"key": value}, {"key": deepcopy(value)})) == 1


KEYS = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from(["0", "1", 1.0])


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({}, optional={"a": KEYS, "b": KEYS}), max_size=8))
def test_every_object_is_in_one_slot_or_cannot_be_asked_for(targets: list[dict[str, Any]]):
    """Slots and representations belong together, and hold every object that can be presented exactly once."""
    batch = build_batch(one_type(wanted("a"), wanted("b", nullable=True)), targets, None, unique=True)
    assert len(batch.slots) == len(batch.representations)
    slotted = [id(target) for slot in batch.slots for target in slot]
    assert len(slotted) == len(set(slotted))
    for representation, slot in zip(batch.representations, batch.slots, strict=True):
        assert slot
        for target in slot:
            assert repr((target["a"], target["b"])) == repr((representation["a"], representation["b"]))
    absent = {id(target) for target in batch.absent}
    for target in targets:
        if id(target) in slotted:
            assert target["a"] is not None
        elif "a" in target and target["a"] is not None:
            assert "b" not in target
            assert id(target) in absent


def test_no_objects_give_no_representations():
    assert sent(one_type(wanted("id"))) == []


# -- keys from arguments -----------------------------------------------------------------------------------------------


def argument(name: str, value: str, type_: str = "ID!") -> ArgumentKey:
    return ArgumentKey(name, parse_value(value), parse_type(type_))


@pytest.mark.parametrize(
    ("arguments", "variables", "expected"),
    [
        ((argument("id", "1"),), {}, {"id": "1"}),
        ((argument("id", '"x"'),), {}, {"id": "x"}),
        ((argument("id", "$v"),), {"v": "7"}, {"id": "7"}),
        ((argument("n", "3", "Int!"), argument("m", "$v", "Int")), {"v": 4}, {"n": 3, "m": 4}),
        ((argument("c", "RED", "Color!"),), {}, {"c": "RED"}),
        # A part that is missing or null: these arguments are no key.
        ((argument("id", "$v", "ID"),), {}, None),
        ((argument("id", "$v", "ID"),), {"v": None}, None),
        ((argument("id", "null", "ID"),), {}, None),
        ((argument("id", "1"), argument("m", "null", "Int")), {}, None),
        ((), {}, {}),
    ],
)
def test_arguments_are_coerced_as_the_root_field_would(
    arguments: tuple[ArgumentKey, ...], variables: dict[str, Any], expected: Any
):
    assert key_from_arguments(one_type(arguments=arguments), variables, SCHEMA) == expected


def test_a_key_from_arguments_stands_beside_what_is_read():
    step = one_type(wanted("sku"), arguments=(argument("id", "1"),))
    assert sent(step, {"sku": 2}, given={"id": "1"}) == [{"__typename": "P", "id": "1", "sku": 2}]


def test_without_a_key_from_arguments_nobody_is_asked_and_nobody_blamed():
    step = one_type(arguments=(argument("id", "1"),))
    batch = build_batch(step, [{}], None, unique=True)
    assert (batch.representations, batch.absent) == ([], [])


LEAVES = st.sampled_from([None, "1", "", 1, 1.0, True, False, 0, [1], [1.0], ["1"], "absent"])


@given(
    st.lists(st.tuples(st.sampled_from("PQ"), LEAVES, LEAVES), max_size=12),
    st.booleans(),
    st.booleans(),
)
def test_leaves_are_presented_as_anything_is(objects: list[Any], first: bool, second: bool):
    """The way for leaves gives what the general one does: the same representations, slots and absences."""
    fields = (wanted("id", nullable=first), wanted("n", key="n__1", nullable=second))
    step = step_of("p|P,Q", P=Representation("P", fields), Q=Representation("P", fields))
    assert step.is_flat
    targets = [
        {"__typename": name, **{key: value for key, value in (("id", one), ("n__1", two)) if value != "absent"}}
        for name, one, two in objects
    ]
    flat = build_batch(step, targets, None, unique=True)
    object.__setattr__(step, "is_flat", False)
    general = build_batch(step, targets, None, unique=True)
    assert repr(flat.representations) == repr(general.representations)
    assert [[id(target) for target in slot] for slot in flat.slots] == [[id(t) for t in slot] for slot in general.slots]
    assert [id(target) for target in flat.absent] == [id(target) for target in general.absent]

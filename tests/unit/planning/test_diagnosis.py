"""Which fields are to blame when an operation cannot be planned."""

from __future__ import annotations

import pytest

from gateway.federation.selection import Field, Fragment, Selections
from gateway.planning.diagnosis import unanswerable_fields
from tests.unit.planning.drafts import selections


def leaves(wanted: Selections) -> set[str]:
    """Names of the leaves in a selection, at every depth."""
    found: set[str] = set()
    for node in wanted:
        if isinstance(node, Fragment) or node.selections:
            found |= leaves(node.selections)
        else:
            found.add(node.name)
    return found


def blamed(text: str, *bad: str) -> list[str]:
    """The fields that are named when every selection with one of the `bad` leaves cannot be had."""
    return unanswerable_fields(selections(text), lambda wanted: not leaves(wanted) & set(bad))


@pytest.mark.parametrize(
    ("text", "bad", "expected"),
    [
        ("a b c", ["b"], ["b"]),
        ("a { x y } b { x }", ["x"], ["a.x", "b.x"]),
        ("a { b { c d } e }", ["d"], ["a.b.d"]),
        ("... on T { a { x } } b", ["x", "b"], ["a.x", "b"]),
        ("a { ... on T { x } ... on U { x } }", ["x"], ["a.x"]),
        ("a b", [], []),
    ],
)
def test_each_field_that_fails_alone_is_named_once_by_its_path(text: str, bad: list[str], expected: list[str]):
    assert blamed(text, *bad) == expected


def test_fields_are_named_as_the_client_calls_them():
    field = Field("name", "name__1", "alias", (), (), selections("x"))
    assert unanswerable_fields((field,), lambda _: False) == ["alias.x"]


def test_a_field_is_tried_with_its_arguments_and_on_its_type():
    tried: list[Selections] = []
    unanswerable_fields(selections("a(n: 1) { ... on T { x y } }"), lambda wanted: bool(tried.append(wanted)) or True)
    (first,), (second,) = tried
    assert isinstance(first, Field)
    assert first.key.startswith("a__")
    (fragment,) = first.selections
    assert isinstance(fragment, Fragment)
    assert fragment.type_condition == "T"
    assert (leaves((first,)), leaves((second,))) == ({"x"}, {"y"})


def test_when_only_the_combination_fails_nothing_is_named():
    wanted = selections("a b")
    assert unanswerable_fields(wanted, lambda alone: alone != wanted) == []


def test_few_fields_are_named_and_not_every_one_is_tried():
    """Each one tried is a planning of its own."""
    tried: list[Selections] = []

    def works(wanted: Selections) -> bool:
        tried.append(wanted)
        return len(tried) > 9

    assert unanswerable_fields(selections(" ".join(f"f{n}" for n in range(600))), works) == [f"f{n}" for n in range(5)]
    assert len(tried) <= 500

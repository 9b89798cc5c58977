"""An operation as text."""

from __future__ import annotations

from gateway.operation.printing import print_operation
from tests.unit.supergraphs import films, flat, operation


def test_the_operation_and_its_fragments_are_printed():
    text = "query A { ...F } fragment F on Query { __typename }"
    printed = print_operation(operation(text, films()))
    assert flat(printed) == text
    assert printed.endswith("\n")


def test_only_the_picked_operation_is_printed():
    printed = print_operation(operation("query A { a: __typename } query B { b: __typename }", films(), "B"))
    assert flat(printed) == "query B { b: __typename }"


def test_what_decides_about_plans_is_said():
    text = "query ($b: Boolean!, $a: Boolean!) { x: __typename @skip(if: $a) y: __typename @include(if: $b) }"
    assert print_operation(operation(text, films())).endswith("# one plan for each combination of $a, $b\n")


def test_only_fragments_that_the_operation_spreads_are_printed():
    text = """
        query A { ...F } query B { ...G }
        fragment F on Query { a: __typename ...H } fragment G on Query { b: __typename }
        fragment H on Query { c: __typename }
    """
    printed = flat(print_operation(operation(text, films(), "A")))
    assert "fragment F" in printed
    assert "fragment H" in printed
    assert "fragment G" not in printed

"""@inaccessible: what remains visible must be a schema of its own. And: there must be something to query."""

from __future__ import annotations

import pytest

from tests.unit.federation.compose.composing import codes

QUERY = "type Query { q: Int }\n"

CASES = {
    "query root": ("type Query @inaccessible { q: Int }", ["QUERY_ROOT_TYPE_INACCESSIBLE"]),
    "mutation root": (QUERY + "type Mutation @inaccessible { m: Int }", []),
    "all query fields": ("type Query { q: Int @inaccessible }", ["ONLY_INACCESSIBLE_CHILDREN"]),
    "all fields": (QUERY + "type V { x: Int @inaccessible }", ["ONLY_INACCESSIBLE_CHILDREN"]),
    "all fields of an interface": (QUERY + "interface V { x: Int @inaccessible }", ["ONLY_INACCESSIBLE_CHILDREN"]),
    "all input fields": (QUERY + "input V { x: Int @inaccessible }", ["ONLY_INACCESSIBLE_CHILDREN"]),
    "all values": (QUERY + "enum V { X @inaccessible }", ["ONLY_INACCESSIBLE_CHILDREN"]),
    "all members": (QUERY + "union U = V type V @inaccessible { x: Int }", ["ONLY_INACCESSIBLE_CHILDREN"]),
    "one member": (QUERY + "union U = V | W type V @inaccessible { x: Int } type W { x: Int }", []),
    "all fields, but of a hidden type": (QUERY + "type V @inaccessible { x: Int @inaccessible }", []),
    "type of a visible field": (
        QUERY + "type V @inaccessible { x: Int } type W { v: [V!] }",
        ["REFERENCED_INACCESSIBLE"],
    ),
    "type of a hidden field": (QUERY + "type V @inaccessible { x: Int } type W { v: V @inaccessible y: Int }", []),
    "type of a field of a hidden type": (QUERY + "type V @inaccessible { x: Int } type W @inaccessible { v: V }", []),
    "type of a visible argument": (
        QUERY + "input N @inaccessible { x: Int } type W { v(n: N): Int }",
        ["REFERENCED_INACCESSIBLE"],
    ),
    "type of a hidden argument": (QUERY + "input N @inaccessible { x: Int } type W { v(n: N @inaccessible): Int }", []),
    "type of a visible input field": (
        QUERY + "input N @inaccessible { x: Int } input M { n: N }",
        ["REFERENCED_INACCESSIBLE"],
    ),
    "type of a directive's argument": (
        QUERY + "enum E @inaccessible { A } directive @d(e: E) on FIELD",
        ["REFERENCED_INACCESSIBLE"],
    ),
    "a directive's hidden argument": (QUERY + "directive @d(a: Int @inaccessible) on FIELD", []),
    "hidden interface": (QUERY + "interface I @inaccessible { x: Int } type W implements I { x: Int }", []),
    "required argument": (QUERY + "type W { v(a: Int! @inaccessible): Int }", ["REQUIRED_INACCESSIBLE"]),
    "required argument with a default": (QUERY + "type W { v(a: Int! = 1 @inaccessible): Int }", []),
    "required input field": (QUERY + "input N { x: Int! @inaccessible y: Int }", ["REQUIRED_INACCESSIBLE"]),
    "field of a visible interface": (
        QUERY + "interface I { x: Int y: Int } type W implements I { x: Int @inaccessible y: Int }",
        ["IMPLEMENTED_BY_INACCESSIBLE"],
    ),
    "field of an interface that hides it": (
        QUERY + "interface I { x: Int @inaccessible y: Int } type W implements I { x: Int @inaccessible y: Int }",
        [],
    ),
    "argument of a visible interface": (
        QUERY + "interface I { x(a: Int): Int } type W implements I { x(a: Int @inaccessible): Int }",
        ["IMPLEMENTED_BY_INACCESSIBLE"],
    ),
    "default with a hidden value": (
        QUERY + "enum E { A B @inaccessible } type W { v(e: E = B): Int }",
        ["DEFAULT_VALUE_USES_INACCESSIBLE"],
    ),
    "default with a hidden value, deep inside": (
        QUERY + "enum E { A B @inaccessible } input N { es: [E] } type W { v(n: N = { es: [A, B] }): Int }",
        ["DEFAULT_VALUE_USES_INACCESSIBLE"],
    ),
    "default with a hidden field": (
        QUERY + "input N { a: Int b: Int @inaccessible } type W { v(n: N = { b: 1 }): Int }",
        ["DEFAULT_VALUE_USES_INACCESSIBLE"],
    ),
    "default of an input field": (
        QUERY + "enum E { A B @inaccessible } input N { e: E = B }",
        ["DEFAULT_VALUE_USES_INACCESSIBLE"],
    ),
    "hidden default of a hidden argument": (
        QUERY + "enum E { A B @inaccessible } type W { v(e: E = B @inaccessible): Int }",
        [],
    ),
}


@pytest.mark.parametrize(("sdl", "expected"), CASES.values(), ids=CASES.keys())
def test_what_is_visible_stands_by_itself(sdl: str, expected: list[str]) -> None:
    """Exactly these codes."""
    assert codes(a=sdl) == expected


def test_hidden_anywhere_is_hidden() -> None:
    """One subgraph hides the type that another one still uses: that shows only after the merge."""
    one = QUERY + "type V @shareable { w: W } type W @shareable { x: Int }"
    assert codes(a=one) == []
    assert codes(a=one, b="type W @shareable @inaccessible { x: Int }") == ["REFERENCED_INACCESSIBLE"]


def test_a_supergraph_needs_a_query() -> None:
    """Federation's own root fields are none."""
    assert codes(a="type V { x: Int }") == ["NO_QUERIES"]
    assert codes(a="type Query { _service: _Service! } type _Service { sdl: String! } type V { x: Int }") == [
        "NO_QUERIES"
    ]

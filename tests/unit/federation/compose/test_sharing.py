"""Who may define a field, and what @override changes about it."""

from __future__ import annotations

import pytest

from gateway.federation.compose import SubgraphSchema
from tests.unit.federation.compose.composing import annotations, codes, composition, fed2, hints, problems

QUERY = "type Query { q: Int }\n"


def entity(fields: str) -> str:
    return f'type T @key(fields: "id") {{ id: ID! {fields} }}'


SHARING = {
    "shareable in both": ({"a": entity("x: Int @shareable"), "b": entity("x: Int @shareable")}, []),
    "in one of two": ({"a": entity("x: Int @shareable"), "b": entity("x: Int")}, ["INVALID_FIELD_SHARING"]),
    "in none": ({"a": entity("x: Int"), "b": entity("x: Int")}, ["INVALID_FIELD_SHARING"]),
    "shareable type": ({"a": "type V @shareable { x: Int }", "b": "type V @shareable { x: Int }"}, []),
    "only the declaration's own fields": (
        {"a": "type V @shareable { x: Int } extend type V { y: Int }", "b": "type V @shareable { x: Int y: Int }"},
        ["INVALID_FIELD_SHARING"],
    ),
    "keys are": ({"a": entity(""), "b": entity("")}, []),
    "nested key fields are": (
        {
            "a": 'type T @key(fields: "p { id }") { p: P } type P { id: ID! }',
            "b": 'type T @key(fields: "p { id }") { p: P } type P { id: ID! }',
        },
        [],
    ),
    "external does not count": (
        {"a": entity("x: Int"), "b": entity('x: Int @external y: Int @requires(fields: "x")')},
        [],
    ),
    "provided counts": (
        {"a": entity("x: Int"), "b": entity("x: Int @external") + ' extend type Query { t: T @provides(fields: "x") }'},
        ["INVALID_FIELD_SHARING"],
    ),
    "provided by a shareable": (
        {
            "a": entity("x: Int @shareable"),
            "b": entity("x: Int @external") + ' extend type Query { t: T @provides(fields: "x") }',
        },
        [],
    ),
    "a value below something provided": (
        {
            "a": entity("p: P @shareable") + " type P @shareable { x: Int }",
            "b": entity("p: P @external")
            + ' type P { x: Int } extend type Query { t: T @provides(fields: "p { x }") }',
        },
        ["INVALID_FIELD_SHARING"],
    ),
    "provided through an interface": (
        {
            "a": entity("i: I @shareable") + " interface I { x: Int } type P implements I { x: Int }",
            "b": entity("i: I @external")
            + " interface I { x: Int } type P implements I { x: Int @external }"
            + ' extend type Query { t: T @provides(fields: "i { x }") }',
        },
        ["INVALID_FIELD_SHARING"],
    ),
    "interfaces may share": ({"a": "interface I { x: Int }", "b": "interface I { x: Int }"}, []),
    "overridden does not count": ({"a": entity("x: Int"), "b": entity('x: Int @override(from: "a")')}, []),
    "but a third does": (
        {"a": entity("x: Int"), "b": entity('x: Int @override(from: "a")'), "c": entity("x: Int")},
        ["INVALID_FIELD_SHARING"],
    ),
    "a third that shares": (
        {
            "a": entity("x: Int"),
            "b": entity('x: Int @override(from: "a") @shareable'),
            "c": entity("x: Int @shareable"),
        },
        [],
    ),
    "with a label one of the two resolves": (
        {"a": entity("x: Int"), "b": entity('x: Int @override(from: "a", label: "beta")')},
        [],
    ),
    "override from an unknown subgraph": (
        {"a": entity("x: Int"), "b": entity('x: Int @override(from: "zz")')},
        ["INVALID_FIELD_SHARING"],
    ),
    "override from itself": ({"a": entity('x: Int @override(from: "a")')}, ["OVERRIDE_FROM_SELF_ERROR"]),
    "override of an override": (
        {
            "a": entity("x: Int"),
            "b": entity('x: Int @override(from: "a") @shareable'),
            "c": entity('x: Int @override(from: "b") @shareable'),
        },
        ["OVERRIDE_SOURCE_HAS_OVERRIDE"],
    ),
    "override and external": (
        {"a": entity("x: Int"), "b": entity('x: Int @external @override(from: "a") y: Int @requires(fields: "x")')},
        ["OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE"],
    ),
    "override of a requiring field": (
        {
            "a": entity('x: Int @shareable @requires(fields: "y") y: Int @external'),
            "b": entity('y: Int x: Int @shareable @override(from: "a")'),
        },
        ["OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE"],
    ),
    "override of a providing field": (
        {
            "a": entity('x: P @shareable @provides(fields: "n")')
            + ' type P @key(fields: "id") { id: ID! n: Int @external }',
            "b": entity('x: P @shareable @override(from: "a")')
            + ' type P @key(fields: "id") { id: ID! n: Int @shareable }',
        },
        ["OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE"],
    ),
    "an overriding field may require": (
        {
            "a": entity("x: Int y: Int"),
            "b": entity('y: Int @external x: Int @override(from: "a") @requires(fields: "y")'),
        },
        [],
    ),
    "override on an interface": (
        {"a": "interface I { x: Int }", "b": 'interface I { x: Int @override(from: "a") }'},
        ["OVERRIDE_ON_INTERFACE"],
    ),
    "the old type still counts": (
        {"a": entity("x: String"), "b": entity('x: Int @override(from: "a")')},
        ["FIELD_TYPE_MISMATCH"],
    ),
}


@pytest.mark.parametrize(("subgraphs", "expected"), SHARING.values(), ids=SHARING.keys())
def test_fields_have_the_owners_they_may_have(subgraphs: dict[str, str], expected: list[str]) -> None:
    """Exactly these codes."""
    assert codes(q=QUERY, **subgraphs) == expected


@pytest.mark.parametrize(
    ("label", "valid"),
    [
        ("percent(0)", True),
        ("percent(12.5)", True),
        ("percent(100)", True),
        ("percent(100.1)", False),
        ("percent(-1)", False),
        ("percent(5", False),
        ("beta", True),
        ("Beta-2:x/y.z_", True),
        ("2beta", False),
        ("", False),
        ("be ta", False),
    ],
)
def test_labels_are_percentages_or_names(label: str, valid: bool) -> None:
    """An invalid label is the only problem: the takeover is followed all the same."""
    found = codes(a=QUERY + entity("x: Int"), b=entity(f'x: Int @override(from: "a", label: "{label}")'))
    assert found == ([] if valid else ["OVERRIDE_LABEL_INVALID"])


JOINS = {
    "gone from the old owner": ("x: Int", '@override(from: "a")', ['@join__field(graph: B, override: "a")']),
    "used by a key of the old owner": (
        "x: Int",
        '@override(from: "a")',
        ["@join__field(graph: A, usedOverridden: true)", '@join__field(graph: B, override: "a")'],
    ),
    "with a label both stay": (
        "x: Int",
        '@override(from: "a", label: "l")',
        ['@join__field(graph: A, overrideLabel: "l")', '@join__field(graph: B, override: "a", overrideLabel: "l")'],
    ),
    "with a label, and used": (
        "x: Int",
        '@override(from: "a", label: "l")',
        [
            '@join__field(graph: A, usedOverridden: true, overrideLabel: "l")',
            '@join__field(graph: B, override: "a", overrideLabel: "l")',
        ],
    ),
    "unknown source": ("", '@override(from: "zz")', ['@join__field(graph: B, override: "zz")']),
    "known source without the field": ("", '@override(from: "a")', ['@join__field(graph: B, override: "a")']),
    "an external old owner stays external": (
        'x: Int @external y: Int @requires(fields: "x")',
        '@override(from: "a")',
        ["@join__field(graph: A, external: true)", '@join__field(graph: B, override: "a")'],
    ),
}


@pytest.mark.parametrize(("name", "old", "override", "expected"), [(name, *case) for name, case in JOINS.items()])
def test_takeovers_are_written_on_both_sides(name: str, old: str, override: str, expected: list[str]) -> None:
    """The join fields of T.x after the takeover."""
    first = entity(old)
    if "used" in name:
        first = first.replace('@key(fields: "id")', '@key(fields: "id") @key(fields: "x")')
    found = annotations(composition(a=QUERY + first, b=entity(f"x: Int {override}")).supergraph_sdl)
    assert found["T.x"] == expected


def test_takeovers_leave_hints() -> None:
    """What can be tidied up is said: the field that is gone, the subgraph that does not exist, the idle @override."""
    first = QUERY + entity("x: Int")
    assert hints(a=first, b=entity('x: Int @override(from: "a")')) == ["OVERRIDDEN_FIELD_CAN_BE_REMOVED"]
    assert hints(a=QUERY, b=entity('x: Int @override(from: "zz")')) == ["FROM_SUBGRAPH_DOES_NOT_EXIST"]
    assert hints(a=QUERY, b=entity('x: Int @override(from: "a")')) == ["OVERRIDE_DIRECTIVE_CAN_BE_REMOVED"]


def test_a_misspelt_source_is_named_where_sharing_fails() -> None:
    """Whoever misspells `from` sees a sharing fault; its text leads to the cause."""
    subgraphs = {"orders": QUERY + entity("x: Int"), "b": entity('x: Int @override(from: "order")')}
    (problem,) = problems([SubgraphSchema(name, fed2(sdl)) for name, sdl in subgraphs.items()])
    assert '"order", which is no subgraph' in problem.message

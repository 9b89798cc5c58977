"""The merge rules: types of fields, arguments, inputs, enums, unions, scalars, directives, descriptions."""

from __future__ import annotations

import pytest

from tests.unit.federation.compose.composing import annotations, codes, composition, hints, lines

QUERY = "type Query { q: Int }\n"
UNION = "union U = A | B type A @shareable { y: Int } type B @shareable { z: Int }"
INTERFACE = "interface I { y: Int } type A implements I @shareable { y: Int }"


def value(field: str, more: str = "") -> str:
    """A value type with one field, and what else it needs."""
    return f"{more} type V @shareable {{ {field} }}"


FIELD_TYPES = {
    "equal": ("x: Int", "x: Int", "x: Int"),
    "nullable wins": (
        "x: Int!",
        "x: Int",
        'x: Int @join__field(graph: A, type: "Int!") @join__field(graph: B, type: "Int")',
    ),
    "inside lists": (
        "x: [Int!]!",
        "x: [Int]!",
        'x: [Int]! @join__field(graph: A, type: "[Int!]!") @join__field(graph: B, type: "[Int]!")',
    ),
}


@pytest.mark.parametrize(("first", "second", "expected"), FIELD_TYPES.values(), ids=FIELD_TYPES.keys())
def test_the_most_general_type_is_used(first: str, second: str, expected: str) -> None:
    """Each subgraph's own type is written when they differ."""
    assert expected in lines(composition(a=QUERY + value(first), b=value(second)).supergraph_sdl, "V")


def test_every_subgraph_takes_part_in_the_query_root() -> None:
    """Even one without a query of its own can be asked for entities; so a field of another one says whose it is."""
    found = annotations(composition(a=QUERY, b="type V { x: Int }").supergraph_sdl)
    assert found["Query"] == ["@join__type(graph: A)", "@join__type(graph: B)"]
    assert found["Query.q"] == ["@join__field(graph: A)"]


def test_an_abstract_type_includes_its_members() -> None:
    """An object in one subgraph, a union or interface that holds it in another: the abstract one is used."""
    for abstract, name in ((UNION, "U"), (INTERFACE, "I")):
        supergraph = composition(
            a=QUERY + value(f"x: {name}!", abstract), b=value("x: A!", "type A @shareable { y: Int }")
        ).supergraph_sdl
        own = f'@join__field(graph: A, type: "{name}!") @join__field(graph: B, type: "A!")'
        assert f"x: {name}! {own}" in lines(supergraph, "V")


FIELDS = {
    "scalars differ": ("x: Int", "x: String", ["FIELD_TYPE_MISMATCH"]),
    "Int is no Float": ("x: Int", "x: Float", ["FIELD_TYPE_MISMATCH"]),
    "list and no list": ("x: Int", "x: [Int]", ["FIELD_TYPE_MISMATCH"]),
    "neither is more general": ("x: [Int!]", "x: [Int]!", ["FIELD_TYPE_MISMATCH"]),
    "optional argument missing": ("x(a: Int): Int", "x: Int", []),
    "required argument missing": ("x(a: Int!): Int", "x: Int", ["REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH"]),
    "required argument with a default missing": ("x(a: Int! = 1): Int", "x: Int", []),
    "argument types differ": ("x(a: Int): Int", "x(a: String): Int", ["FIELD_ARGUMENT_TYPE_MISMATCH"]),
    "neither is more specific": ("x(a: [Int]!): Int", "x(a: [Int!]): Int", ["FIELD_ARGUMENT_TYPE_MISMATCH"]),
    "argument defaults differ": ("x(a: Int = 1): Int", "x(a: Int = 2): Int", ["FIELD_ARGUMENT_DEFAULT_MISMATCH"]),
    "one default": ("x(a: Int = 1): Int", "x(a: Int): Int", []),
    "equal defaults, written differently": ("x(a: Float = 1): Int", "x(a: Float = 1.0): Int", []),
}


@pytest.mark.parametrize(("first", "second", "expected"), FIELDS.values(), ids=FIELDS.keys())
def test_rules_of_fields_and_arguments(first: str, second: str, expected: list[str]) -> None:
    """Exactly these codes."""
    assert codes(a=QUERY + value(first), b=value(second)) == expected


ARGUMENTS = {
    "intersection": ("x(a: Int, b: Int): Int", "x(a: Int): Int", "x(a: Int): Int"),
    "most specific type": ("x(a: [Int!]): Int", "x(a: [Int!]!): Int", "x(a: [Int!]!): Int"),
    "common default": ("x(a: Int = 1): Int", "x(a: Int = 1): Int", "x(a: Int = 1): Int"),
    "default in one: none": ("x(a: Int = 1): Int", "x(a: Int): Int", "x(a: Int): Int"),
}


@pytest.mark.parametrize(("first", "second", "expected"), ARGUMENTS.values(), ids=ARGUMENTS.keys())
def test_arguments_are_what_every_subgraph_can_take(first: str, second: str, expected: str) -> None:
    """The merged field, as printed."""
    assert expected in lines(composition(a=QUERY + value(first), b=value(second)).supergraph_sdl, "V")


def test_defaults_of_input_objects_are_compared_field_by_field() -> None:
    """The order of the fields in a default does not matter, their values do."""
    more = "input N { a: Int b: Int }"
    first = value("x(n: N = { a: 1, b: 2 }): Int", more)
    assert codes(a=QUERY + first, b=value("x(n: N = { b: 2, a: 1 }): Int", more)) == []
    assert codes(a=QUERY + first, b=value("x(n: N = { b: 2, a: 2 }): Int", more)) == ["FIELD_ARGUMENT_DEFAULT_MISMATCH"]


INPUTS = {
    "required field missing": ("a: Int b: Int!", "a: Int", ["REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH"]),
    "required field with a default missing": ("a: Int b: Int! = 1", "a: Int", []),
    "nothing in common": ("a: Int", "b: Int", ["EMPTY_MERGED_INPUT_TYPE"]),
    "nothing in common, required": (
        "a: Int!",
        "b: Int",
        ["EMPTY_MERGED_INPUT_TYPE", "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH"],
    ),
    "types differ": ("a: Int", "a: String", ["FIELD_TYPE_MISMATCH"]),
    "defaults differ": ("a: Int = 1", "a: Int = 2", ["INPUT_FIELD_DEFAULT_MISMATCH"]),
    "one default": ("a: Int = 1", "a: Int", []),
    "required field missing, but hidden": ("a: Int b: Int @inaccessible", "a: Int", []),
}


@pytest.mark.parametrize(("first", "second", "expected"), INPUTS.values(), ids=INPUTS.keys())
def test_rules_of_input_objects(first: str, second: str, expected: list[str]) -> None:
    """Exactly these codes."""
    assert codes(a=f"{QUERY} input N {{ {first} }}", b=f"input N {{ {second} }}") == expected


def test_input_objects_keep_what_all_subgraphs_have() -> None:
    """Common fields with the most specific type; a hidden field may stay, with its home."""
    first = "input N { a: Int! b: Int c: Int @inaccessible d: Int = 1 }"
    supergraph = composition(a=QUERY + first, b="input N { a: Int d: Int = 1 }").supergraph_sdl
    assert lines(supergraph, "N")[1:-1] == [
        'a: Int! @join__field(graph: A, type: "Int!") @join__field(graph: B, type: "Int")',
        "c: Int @inaccessible @join__field(graph: A)",
        "d: Int = 1",
    ]


ENUMS = {
    "output: union": ("x: E", "A B", "A C", ["A", "B", "C"]),
    "unused: union": ("x: Int", "A B", "A C", ["A", "B", "C"]),
    "input: intersection": ("x(e: E): Int", "A B", "A C", ["A"]),
    "both: equal": ("x(e: E): E", "A B", "B A", ["A", "B"]),
    "both: hidden ones may differ": ("x(e: E): E", "A B @inaccessible", "A", ["A", "B"]),
    "input: hidden ones may differ": ("x(e: E): Int", "A B @inaccessible", "A", ["A", "B"]),
}


@pytest.mark.parametrize(("field", "first", "second", "expected"), ENUMS.values(), ids=ENUMS.keys())
def test_enums_depend_on_their_use(field: str, first: str, second: str, expected: list[str]) -> None:
    """The values of the merged enum."""
    supergraph = composition(
        a=QUERY + value(field, f"enum E {{ {first} }}"), b=value(field, f"enum E {{ {second} }}")
    ).supergraph_sdl
    assert [line.split()[0] for line in lines(supergraph, "E")[1:-1]] == expected


def test_values_name_the_subgraphs_that_know_them() -> None:
    """An unknown value would be rejected by the subgraph's own server."""
    found = annotations(composition(a=QUERY + "enum E { A B }", b="enum E { A }").supergraph_sdl)
    assert found["E.A"] == ["@join__enumValue(graph: A)", "@join__enumValue(graph: B)"]
    assert found["E.B"] == ["@join__enumValue(graph: A)"]


def test_enums_that_cannot_be_merged_are_refused() -> None:
    """For input an enum needs a common value; for input and output all of them must be common."""
    one, two = "enum E { A }", "enum E { B }"
    assert codes(a=QUERY + value("x(e: E): Int", one), b=value("x(e: E): Int", two)) == ["EMPTY_MERGED_ENUM_TYPE"]
    both = value("x(e: E): E", "enum E { A B }"), value("x(e: E): E", "enum E { A C }")
    assert codes(a=QUERY + both[0], b=both[1]) == ["ENUM_VALUE_MISMATCH", "ENUM_VALUE_MISMATCH"]


def test_a_dropped_argument_is_no_input_use() -> None:
    """Clients cannot send the enum through an argument that some subgraph does not have."""
    assert codes(a=QUERY + value("x(e: E): E", "enum E { A B }"), b=value("x: E", "enum E { A C }")) == []


def test_an_input_field_is_an_input_use() -> None:
    """An enum inside an input object is sent by clients."""
    one = "enum E { A B } input N { e: E } type V @shareable { x(n: N): E }"
    two = "enum E { A } input N { e: E } type V @shareable { x(n: N): E }"
    assert codes(a=QUERY + one, b=two) == ["ENUM_VALUE_MISMATCH"]


def test_unions_have_all_members_each_with_its_subgraph() -> None:
    """The union of the members."""
    supergraph = composition(
        a=QUERY + "union U = A type A { x: Int }", b="union U = B type B { y: Int }"
    ).supergraph_sdl
    assert annotations(supergraph)["U"] == [
        "@join__type(graph: A)",
        "@join__type(graph: B)",
        '@join__unionMember(graph: A, member: "A")',
        '@join__unionMember(graph: B, member: "B")',
    ]
    assert lines(supergraph, "U")[-1].endswith("= A | B")


def test_a_name_is_one_kind_of_type() -> None:
    """Scalar here, enum there: refused before anything else is merged."""
    assert codes(a=QUERY + "scalar S", b="enum S { A }") == ["TYPE_KIND_MISMATCH"]


def test_descriptions_are_the_most_frequent_or_the_first() -> None:
    """Subgraphs count once each; a tie goes to the first by name."""
    documented = [f'"{text}" type V @shareable {{ "{text} field" x("{text} arg" a: Int): Int }}' for text in "ABB"]
    supergraph = composition(a=QUERY + documented[0], b=documented[1], c=documented[2]).supergraph_sdl
    assert [line for line in lines(supergraph, "V") if line.startswith('"')] == ['"B"', '"B field"', '"B arg"']
    supergraph = composition(a=QUERY + documented[0], b=documented[1]).supergraph_sdl
    assert lines(supergraph, "V")[0] == '"A"'


DIRECTIVES = {
    "tags: union": ('@tag(name: "b") @tag(name: "a")', '@tag(name: "a")', ['@tag(name: "a")', '@tag(name: "b")']),
    "inaccessible: anywhere": ("@inaccessible", "", ["@inaccessible"]),
    "deprecated: anywhere": ('@deprecated(reason: "old")', "", ['@deprecated(reason: "old")']),
    "deprecated: the first reason": (
        '@deprecated(reason: "z")',
        '@deprecated(reason: "a")',
        ['@deprecated(reason: "z")'],
    ),
    "authenticated: anywhere": ("@authenticated", "", ["@authenticated"]),
    "scopes of one": (
        '@requiresScopes(scopes: [["a", "b"], ["c"]])',
        "",
        ['@requiresScopes(scopes: [["a", "b"], ["c"]])'],
    ),
    "scopes of both: all must hold": (
        '@requiresScopes(scopes: [["a", "b"], ["c"]])',
        '@requiresScopes(scopes: [["d"], ["c"]])',
        ['@requiresScopes(scopes: [["a", "b", "d"], ["c"]])'],
    ),
    "policies of both: all must hold": (
        '@policy(policies: [["p"]])',
        '@policy(policies: [["q"]])',
        ['@policy(policies: [["p", "q"]])'],
    ),
    "cost: the largest": ("@cost(weight: 5)", "@cost(weight: 19)", ["@cost(weight: 19)"]),
    "list size: the largest, all arguments": (
        '@listSize(assumedSize: 3, slicingArguments: ["a"], sizedFields: ["s"])',
        '@listSize(assumedSize: 19, slicingArguments: ["b"], requireOneSlicingArgument: false)',
        [
            '@listSize(assumedSize: 19, slicingArguments: ["a", "b"], sizedFields: ["s"],'
            " requireOneSlicingArgument: false)"
        ],
    ),
    "external names stay out": ("@shareable", "@shareable", []),
}


@pytest.mark.parametrize(("first", "second", "expected"), DIRECTIVES.values(), ids=DIRECTIVES.keys())
def test_carried_directives_are_merged_each_in_its_way(first: str, second: str, expected: list[str]) -> None:
    """The directives of the merged field."""
    field = "x(a: Int, b: Int): [W] %s y: Int"
    marked = [mark if "@shareable" in mark else f"{mark} @shareable" for mark in (first, second)]
    rest = "@shareable } type W @shareable { s: [Int] }"
    one, two = (f'type V @key(fields: "i") {{ i: ID! {field % mark} {rest}' for mark in marked)
    assert annotations(composition(a=QUERY + one, b=two).supergraph_sdl)["V.x"] == expected


def test_directives_are_carried_on_every_kind_of_element() -> None:
    """Types, fields, arguments, values, input fields, scalars, unions."""
    supergraph = composition(
        a="""type Query @tag(name: "t") { q(a: N @tag(name: "t")): E @tag(name: "t") u: U }
        enum E @tag(name: "t") { A @tag(name: "t") }
        input N @tag(name: "t") { n: S @tag(name: "t") }
        scalar S @tag(name: "t") @specifiedBy(url: "https://s.test")
        union U @tag(name: "t") = V
        type V { i: I }
        interface I @tag(name: "t") { x: Int }"""
    ).supergraph_sdl
    found = annotations(supergraph)
    tagged = [name for name, marks in found.items() if '@tag(name: "t")' in marks]
    assert tagged == ["E", "E.A", "I", "N", "N.n", "Query", "Query.q", "Query.q(a:)", "S", "U"]
    assert '@specifiedBy(url: "https://s.test")' in found["S"]


def test_one_of_stays_one_of() -> None:
    """An input object that takes exactly one field does so in the supergraph."""
    supergraph = composition(a="input N @oneOf { a: Int b: Int } type Query { q(n: N): Int }").supergraph_sdl
    assert "@oneOf" in annotations(supergraph)["N"]


EXECUTABLE = {
    "in all": (
        "directive @d(a: Int) on FIELD | QUERY",
        "directive @d(a: Int) on FIELD",
        "directive @d(a: Int) on FIELD",
    ),
    "type system places are left out": ("directive @d on FIELD | OBJECT",) * 2 + ("directive @d on FIELD",),
    "common arguments": (
        "directive @d(a: Int!, b: Int) on FIELD",
        "directive @d(a: Int) on FIELD",
        "directive @d(a: Int!) on FIELD",
    ),
    "repeatable": (
        "directive @d repeatable on FIELD",
        "directive @d repeatable on FIELD",
        "directive @d repeatable on FIELD",
    ),
    "not in all": ("directive @d on FIELD", "scalar S", None),
    "no place in common": ("directive @d on FIELD", "directive @d on QUERY", None),
    "type system only": ("directive @d on OBJECT", "directive @d on OBJECT", None),
}


@pytest.mark.parametrize(("first", "second", "expected"), EXECUTABLE.values(), ids=EXECUTABLE.keys())
def test_executable_directives_are_intersected(first: str, second: str, expected: str | None) -> None:
    """A client may write only what every subgraph understands."""
    supergraph = composition(a=QUERY + first, b=second).supergraph_sdl
    assert [line for line in supergraph.splitlines() if line.startswith("directive @d")] == (
        [expected] if expected else []
    )


def test_a_required_argument_of_a_directive_must_be_everywhere() -> None:
    """As for fields."""
    assert codes(a=QUERY + "directive @d(a: Int!) on FIELD", b="directive @d on FIELD") == [
        "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH"
    ]


HINTS = {
    "nullability": (value("x: Int!"), value("x: Int"), ["INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE"]),
    "argument type": (value("x(a: Int!): Int"), value("x(a: Int): Int"), ["INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE"]),
    "argument": (value("x(a: Int): Int"), value("x: Int"), ["INCONSISTENT_ARGUMENT_PRESENCE"]),
    "default": (value("x(a: Int = 1): Int"), value("x(a: Int): Int"), ["INCONSISTENT_DEFAULT_VALUE_PRESENCE"]),
    "input field": ("input N { a: Int b: Int }", "input N { a: Int }", ["INCONSISTENT_INPUT_OBJECT_FIELD"]),
    "output enum value": ("enum E { A B }", "enum E { A }", ["INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM"]),
    "input enum value": (
        value("x(e: E): Int", "enum E { A B }"),
        value("x(e: E): Int", "enum E { A }"),
        ["INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM"],
    ),
    "executable directive": ("directive @d on FIELD", "scalar S", ["INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE"]),
    "union member": (
        "union U = A | B type A @shareable { x: Int } type B { x: Int }",
        "union U = A type A @shareable { x: Int }",
        ["INCONSISTENT_UNION_MEMBER"],
    ),
    "entity here, value there": (
        'type V @key(fields: "x") { x: Int @shareable }',
        "type V { x: Int @shareable }",
        ["INCONSISTENT_ENTITY"],
    ),
}


@pytest.mark.parametrize(("first", "second", "expected"), HINTS.values(), ids=HINTS.keys())
def test_what_is_compatible_but_different_is_hinted(first: str, second: str, expected: list[str]) -> None:
    """The graph composes, and its owners are told."""
    assert hints(a=QUERY + first, b=second) == expected

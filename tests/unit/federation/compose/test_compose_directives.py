"""@composeDirective: the subgraphs' own directives in the supergraph."""

from __future__ import annotations

import pytest

from gateway.federation.compose import SubgraphSchema
from gateway.federation.read_supergraph import load_supergraph
from tests.unit.federation.compose.composing import annotations, codes_1, composition_1, lines, problems

FEDERATION = (
    '@link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key" "@composeDirective" "@shareable" "@tag"'
    ' "@inaccessible" "@external" "@authenticated" "@cost"])'
)
LINK = '@link(url: "https://x.test/q/v1.0", import: ["@q"])'
NEWER = LINK.replace("v1.0", "v1.3")
COMPOSE = '@composeDirective(name: "@q")'
PLAIN = "directive @q on OBJECT | FIELD_DEFINITION"
ARGUED = "directive @q(a: Int, b: [String!]) on OBJECT | FIELD_DEFINITION"
REPEATABLE = "directive @q(a: Int) repeatable on OBJECT | FIELD_DEFINITION"
QUERY = "type Query { q: Int }"


def subgraph(schema: str, *definitions: str) -> str:
    """A Federation 2 subgraph with these directives on its schema; they stand in line 1, the definitions from 2 on."""
    return f"extend schema {FEDERATION} {schema}\n" + "\n".join(definitions)


def value(mark: str = "@q") -> str:
    """A value type with a field that is marked."""
    return f"type V @shareable {{ x: Int {mark} }}"


def composing(definition: str = PLAIN, mark: str = "@q", link: str = LINK) -> str:
    """A subgraph that composes the directive and applies it."""
    return subgraph(f"{link} {COMPOSE}", definition, value(mark))


FIRST = subgraph(f"{LINK} {COMPOSE}", PLAIN, QUERY, value())


def test_a_composed_directive_comes_with_its_definition_and_link() -> None:
    """The three together: the supergraph stands alone. What clients see has none of them."""
    sdl = composition_1(a=FIRST).supergraph_sdl
    assert '@link(url: "https://x.test/q/v1.0", import: ["@q"])' in sdl
    assert "directive @q on OBJECT | FIELD_DEFINITION" in sdl
    assert "x: Int @q" in lines(sdl, "V")
    assert load_supergraph(sdl).api_schema.get_directive("q") is None


EVERYWHERE = """
directive @q on OBJECT | FIELD_DEFINITION | ARGUMENT_DEFINITION | ENUM_VALUE | SCALAR | UNION | INTERFACE | ENUM
  | INPUT_OBJECT | INPUT_FIELD_DEFINITION | SCHEMA
type Query @q { q(a: N @q): V @q }
enum E @q { A @q }
input N @q { i: Int @q }
scalar Z @q
interface I @q { x: Int @q }
union U @q = V
type V implements I @q { x: Int @q e: E z: Z u: U }
"""


def test_it_is_kept_wherever_it_stands() -> None:
    """On every kind of element, the schema included."""
    sdl = composition_1(a=subgraph(f"{LINK} {COMPOSE} @q", EVERYWHERE)).supergraph_sdl
    marked = {name for name, found in annotations(sdl).items() if "@q" in found}
    assert marked == {
        *("Query", "Query.q", "Query.q(a:)", "E", "E.A", "N", "N.i", "Z", "I", "I.x", "U", "V", "V.x"),
    }
    assert "\n  @q\n" in sdl.split("{", maxsplit=1)[0]


RENAMED = '@link(url: "https://x.test/q/v1.0", import: [{name: "@q", as: "@w"}])'
PREFIXED = '@link(url: "https://x.test/q/v1.0")'
LINKED = {
    "renamed": (RENAMED, "w", '@link(url: "https://x.test/q/v1.0", import: [{name: "@q", as: "@w"}])'),
    "not imported, its namesake": (
        PREFIXED,
        "q",
        '@link(url: "https://x.test/q/v1.0", import: ["@q"])',
    ),
    "not imported": (PREFIXED, "q__r", '@link(url: "https://x.test/q/v1.0", import: [{name: "@r", as: "@q__r"}])'),
}


@pytest.mark.parametrize(("link", "name", "expected"), LINKED.values(), ids=LINKED.keys())
def test_it_keeps_the_name_that_the_subgraphs_use(link: str, name: str, expected: str) -> None:
    """Whatever the specification calls it; the supergraph's link says which is which."""
    definition, compose = PLAIN.replace("@q", f"@{name}"), COMPOSE.replace("@q", f"@{name}")
    sdl = composition_1(a=subgraph(f"{link} {compose}", definition, QUERY, value(f"@{name}"))).supergraph_sdl
    assert expected in sdl
    assert f"x: Int @{name}" in lines(sdl, "V")


APPLIED = {
    "equal": (ARGUED, "@q(a: 1)", ARGUED, "@q(a: 1)", ["@q(a: 1)"]),
    "different: the first of the most common": (ARGUED, "@q(a: 1)", ARGUED, "@q(a: 2)", ["@q(a: 1)"]),
    "repeatable: all that differ": (
        REPEATABLE,
        "@q(a: 1) @q(a: 3)",
        REPEATABLE,
        "@q(a: 2) @q(a: 1)",
        ["@q(a: 1)", "@q(a: 2)", "@q(a: 3)"],
    ),
}


@pytest.mark.parametrize(("one", "here", "two", "there", "expected"), APPLIED.values(), ids=APPLIED.keys())
def test_applications_of_several_subgraphs_are_merged(
    one: str, here: str, two: str, there: str, expected: list[str]
) -> None:
    """Nobody knows how to combine arguments of somebody's own directive."""
    sdl = composition_1(a=composing(one, here) + QUERY, b=composing(two, there)).supergraph_sdl
    assert annotations(sdl)["V.x"] == expected


def test_the_highest_minor_version_is_linked_and_defined() -> None:
    """In whichever subgraph it is."""
    sdl = composition_1(a=FIRST, b=composing(ARGUED, "@q(a: 1)", NEWER)).supergraph_sdl
    assert "https://x.test/q/v1.3" in sdl
    assert "https://x.test/q/v1.0" not in sdl
    assert "directive @q(a: Int, b: [String!]) on OBJECT | FIELD_DEFINITION" in sdl


def test_what_others_apply_is_left_out_with_a_hint() -> None:
    """A subgraph that defines the directive without composing it keeps it to itself."""
    other = subgraph(LINK, PLAIN, 'type T @key(fields: "id") { id: ID! y: Int @q } extend type Query { t: T }')
    result = composition_1(a=FIRST, b=other)
    assert "y: Int" in lines(result.supergraph_sdl, "T")
    assert [(hint.code, hint.subgraph, hint.line) for hint in result.hints] == [("DIRECTIVE_COMPOSITION_INFO", "b", 2)]


def test_an_external_field_lends_nothing() -> None:
    """What stands on an external declaration is not said about the field."""
    owner = f'{QUERY} type T @key(fields: "id") {{ id: ID! x: Int }}'
    other = 'type T @key(fields: "id") @key(fields: "x", resolvable: false) { id: ID! x: Int @external @q }'
    sdl = composition_1(
        a=subgraph(f"{LINK} {COMPOSE}", PLAIN, owner), b=subgraph(f"{LINK} {COMPOSE}", PLAIN, other)
    ).supergraph_sdl
    assert not any(mark.startswith("@q") for mark in annotations(sdl)["T.x"])


ERROR = "DIRECTIVE_COMPOSITION_ERROR"
REFUSED = {
    "a name without @": (f'{LINK} @composeDirective(name: "q")', PLAIN, 'with its "@"'),
    "no name": (f"{LINK} @composeDirective", PLAIN, 'with its "@"'),
    "no link": (COMPOSE, PLAIN, "no specification that this subgraph links"),
    "no definition": (f"{LINK} {COMPOSE}", "", "not defined in this subgraph"),
    "one of federation": ('@composeDirective(name: "@key")', "", "directive of federation"),
    "link itself": ('@composeDirective(name: "@link")', "", "directive of federation"),
    "one of GraphQL": ('@composeDirective(name: "@skip")', "", "no specification that this subgraph links"),
    "of a specification with a taken name": (
        '@link(url: "https://x.test/join/v1.0", import: ["@q"]) @composeDirective(name: "@q")',
        PLAIN,
        "every supergraph links",
    ),
}


@pytest.mark.parametrize(("schema", "definition", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_composed_is_refused(schema: str, definition: str, words: str) -> None:
    """At the @composeDirective, with what to do."""
    (problem,) = problems([SubgraphSchema("a", subgraph(schema, definition, QUERY))])
    assert (problem.code, problem.subgraph, problem.line) == (ERROR, "a", 1)
    assert problem.column > len(FEDERATION)
    assert words in problem.message


DISAGREEING = {
    "major versions": composing(link=LINK.replace("v1.0", "v2.0")),
    "specifications": composing(link=LINK.replace("/q/", "/p/")),
    "names": subgraph(f'{RENAMED} @composeDirective(name: "@w")', PLAIN.replace("@q", "@w"), value("@w")),
}


@pytest.mark.parametrize("other", DISAGREEING.values(), ids=DISAGREEING.keys())
def test_subgraphs_that_compose_it_must_mean_the_same(other: str) -> None:
    """One specification, one major version, one name."""
    assert codes_1(a=FIRST, b=other) == [ERROR]


@pytest.mark.parametrize("name", ["tag", "inaccessible", "authenticated"])
def test_what_is_composed_anyway_needs_no_mark(name: str) -> None:
    """A hint says so."""
    result = composition_1(a=subgraph(f'@composeDirective(name: "@{name}")', QUERY))
    assert [hint.code for hint in result.hints] == ["DIRECTIVE_COMPOSITION_INFO"]

"""Whatever is composed, and in whatever order: the same text, and a supergraph that says what its subgraphs say."""

from __future__ import annotations

from graphql import build_schema, validate_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.federation.compose import Composition, SubgraphSchema
from gateway.federation.errors import Problem, SchemaError
from tests.unit.federation.compose.composing import annotations, compose, fed2

COMPATIBLE = [None, None, "Int @shareable", "Int! @shareable", "Int @shareable @inaccessible"]
ARGUMENTS = ["", "(x: Int)", "(x: Int = 1)", "(x: Int!)"]
CLASHING = ["Int", "String @shareable", 'Int @override(from: "a")', "Int @external"]
KEYS = ["", '@key(fields: "id")', '@key(fields: "id", resolvable: false)', '@key(fields: "id") @key(fields: "k")']
ENUMS = ["enum E { A B }", "enum E { A }", "enum E { B A } extend type Query { e: E @shareable }"]
EXTRAS = ["", "", "union U = T", "input N { a: Int }", "input N { a: Int! b: Int }", "interface I { k: Int }"]


@st.composite
def subgraph_sdl(draw: st.DrawFn, name: str, clashes: bool) -> str:
    """A random small subgraph: one type T with a few fields, a root field, an enum, perhaps something else.

    clashes: some fields may be such that the subgraphs do not compose.
    """
    forms = COMPATIBLE + (CLASHING if clashes else [])
    drawn = [
        (n, draw(st.sampled_from(ARGUMENTS[: 4 if clashes else 3])), draw(st.sampled_from(forms))) for n in range(3)
    ]
    fields = " ".join(f"f{n}{arguments}: {form}" for n, arguments, form in drawn if form is not None)
    key = draw(st.sampled_from(KEYS))
    head = draw(st.sampled_from(["type", "type", "extend type"])) if clashes else "type"
    rest = f"{draw(st.sampled_from(ENUMS))} {draw(st.sampled_from(EXTRAS))}"
    return f"type Query {{ {name}: T }} {head} T {key} {{ id: ID! @shareable k: Int @shareable {fields} }} {rest}"


@st.composite
def subgraph_sets(draw: st.DrawFn, clashes: bool) -> list[SubgraphSchema]:
    """One to four subgraphs."""
    names = draw(st.lists(st.sampled_from(["a", "b", "c", "d-1"]), min_size=1, max_size=4, unique=True))
    return [SubgraphSchema(name, fed2(draw(subgraph_sdl(name[0], clashes))), f"http://{name}") for name in names]


def outcome(subgraphs: list[SubgraphSchema]) -> Composition | tuple[Problem, ...]:
    """The composition, or its problems."""
    try:
        return compose(subgraphs)
    except SchemaError as error:
        return error.problems


@given(subgraphs=st.booleans().flatmap(subgraph_sets), order=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_order_never_shows(subgraphs: list[SubgraphSchema], order: object) -> None:
    """Permuted subgraphs give the same supergraph and hints, or the same problems in the same order."""
    permuted = list(subgraphs)
    order.shuffle(permuted)  # type: ignore[attr-defined]
    assert outcome(permuted) == outcome(subgraphs)


@given(subgraphs=subgraph_sets(clashes=False))
@settings(max_examples=40, deadline=None)
def test_what_composes_is_valid_and_says_who_has_what(subgraphs: list[SubgraphSchema]) -> None:
    """Each type lists exactly the subgraphs that define it; each field somebody who resolves it; the text is valid."""
    result = compose(subgraphs)
    schema = build_schema(result.supergraph_sdl)
    assert validate_schema(schema) == []
    found = annotations(result.supergraph_sdl)
    for name in ("T", "Query"):
        graphs = {mark.split("graph: ")[1].split(",")[0].rstrip(")") for mark in found[name] if "@join__type" in mark}
        assert len(graphs) == len(subgraphs)
    for element, marks in found.items():
        joins = [mark for mark in marks if mark.startswith("@join__field")]
        assert not joins or any("external" not in mark and "usedOverridden" not in mark for mark in joins), element


@given(subgraphs=subgraph_sets(clashes=True))
@settings(max_examples=40, deadline=None)
def test_problems_say_what_is_wrong_where(subgraphs: list[SubgraphSchema]) -> None:
    """Each has a code, a sentence, and a place in one of the subgraphs."""
    result = outcome(subgraphs)
    for problem in result if not isinstance(result, Composition) else ():
        assert problem.code == problem.code.upper()
        assert problem.message.endswith((".", "?"))
        (subgraph,) = (subgraph for subgraph in subgraphs if subgraph.name == problem.subgraph)
        assert 1 <= problem.column <= len(subgraph.sdl.splitlines()[problem.line - 1])

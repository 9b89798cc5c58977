"""Enums and input types, and what each subgraph knows of them."""

from __future__ import annotations

from tests.random_graphs.choices import Choices
from tests.random_graphs.graph import Choosable, FieldDef, Graph

OUTPUT_ENUM, INPUT_ENUM, COMMON_ENUM, INPUT = "EnumOut", "EnumIn", "EnumAll", "Given"
BASE = ("ONE", "TWO")
PLAIN_ARGUMENTS = ("(n: Int)", "(n: Int = 2)", "(n: Int!)", "(n: Int, t: String)", "(l: [Int!])")
GIVEN = {"n": ("1", "2"), "t": (r"\"t\"",), "l": ("[1, 2]", "[]"), "e": BASE, "i": ("{ r: 1 }", r"{ r: 2, b: \"c\" }")}


def draw_choosable(graph: Graph, choose: Choices, wishes: set[str]) -> None:
    """Enums that are read only (the API has all values), given only (common ones) or both (equal); an input type."""
    if "enums" in wishes:
        graph.choosable[OUTPUT_ENUM] = _enum(graph, choose, OUTPUT_ENUM, common_only=False, hidden=True)
        graph.choosable[INPUT_ENUM] = _enum(graph, choose, INPUT_ENUM, common_only=True, hidden=False)
        values = {value: value for value in BASE}
        graph.choosable[COMMON_ENUM] = Choosable(COMMON_ENUM, False, True, {name: dict(values) for name in graph.names})
    if "inputs" in wishes:
        enum = INPUT_ENUM if INPUT_ENUM in graph.choosable else "Int"
        parts = {name: _input(choose.within(f"input {name}"), enum) for name in graph.names}
        graph.choosable[INPUT] = Choosable(INPUT, True, True, parts)


def _enum(graph: Graph, choose: Choices, name: str, *, common_only: bool, hidden: bool) -> Choosable:
    parts: dict[str, dict[str, str]] = {}
    for graph_name in graph.names:
        own = choose.within(f"{name} {graph_name}")
        more = [value for value in ("THREE", "FOUR") if own.chance(50)]
        parts[graph_name] = {value: value for value in [*BASE, *more]}
        if hidden and own.chance(30):
            parts[graph_name]["HIDDEN"] = "HIDDEN @inaccessible"
    return Choosable(name, False, common_only, parts)


def _input(choose: Choices, enum: str) -> dict[str, str]:
    fields = {
        "r": "r: Int!" if choose.chance(60) else "r: Int",
        "a": "a: Int = 3",
        "b": "b: String",
        "e": f"e: {enum}",
        "list": "list: [Float!]",
        "more": f"more: {INPUT}",
    }
    if choose.chance(30):
        fields["own"] = "own: Int"
    if choose.chance(20):
        fields["hid"] = "hid: Int @inaccessible"
    return fields


def draw_arguments(graph: Graph, choose: Choices) -> str:
    """The arguments of a field, as the API declares them; usually none."""
    options = [*PLAIN_ARGUMENTS]
    if INPUT_ENUM in graph.choosable:
        options += [f"(e: {INPUT_ENUM})", f"(e: {COMMON_ENUM} = ONE)", f"(n: Int, e: {INPUT_ENUM}!)"]
    if INPUT in graph.choosable:
        options += [f"(i: {INPUT})", f"(i: {INPUT}!)", f"(n: Int, i: {INPUT} = {{ r: 5 }})"]
    return choose.one(options) if choose.chance(35) else ""


def draw_given(choose: Choices, definition: FieldDef) -> str:
    """Values for a field's arguments in a field set: all that must be given, and perhaps others."""
    given: list[str] = []
    for text in definition.arguments.strip("()").replace("{ r: 5 }", "R").split(", "):
        name, _, declared = text.partition(": ")
        must = declared.endswith("!")
        if name and (must or choose.chance(60)):
            given.append(f"{name}: {choose.one(GIVEN[name])}")
    return f"({', '.join(given)})" if given else ""

"""Field merging: graphql-core's verdict, in a time that grows with the text and not with its square."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    build_schema,
    parse,
    specified_rules,
    validate,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.operation.overlaps import find_conflicts

SCHEMA = build_schema(
    """
    type Query { pet: Pet pets: [Pet!] cat: Cat named: Named }
    union Pet = Cat | Dog
    interface Named { name: String owner: Owner }
    type Cat implements Named {
      name: String nick: String owner: Owner age(in: Unit, as: In): Int lives: Int! colours: [String] twin: Cat
    }
    type Dog implements Named {
      name: String owner: Owner age(in: Unit, as: In): Float lives: Int colours: String twin: Dog
    }
    type Owner implements Named { name: String owner: Owner id: ID pet: Pet pets: [Pet] }
    enum Unit { DAYS YEARS }
    input In { a: Int b: Int }
    """
)
OTHERS = [rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule]


def conflicts(text: str) -> list[str]:
    document = parse(text)
    assert validate(SCHEMA, document, OTHERS) == []
    return [error.message for error in search(document)]


def search(document: DocumentNode) -> list[GraphQLError]:
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    return find_conflicts(operation, fragments, SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "{ cat { name name } }",
        "{ cat { age(in: DAYS, as: {a: 1, b: 2}) age(as: {b: 2, a: 1}, in: DAYS) } }",
        "{ cat { owner { name } owner { id } } }",
        "{ pet { ... on Cat { x: lives } ... on Dog { y: lives } } }",
        "{ pet { ... on Cat { who: owner { x: name } } ... on Dog { who: twin { x: name } } } }",
        "{ cat { ...A ...B } } fragment A on Cat { owner { ...C } } fragment B on Named { owner { name } } "
        "fragment C on Named { name }",
        "{ a: cat { x: name } b: cat { x: lives } }",
        "{ __typename cat { __typename } }",
    ],
)
def test_what_is_one_field_may_be_asked_for_again(text: str) -> None:
    """Argument order, fragments, and objects of different types that answer in the same shape."""
    assert conflicts(text) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{ cat { x: name x: lives } }", "return conflicting types 'String' and 'Int!'"),
        ("{ cat { x: name x: owner { name } } }", "return conflicting types"),
        ("{ pet { ... on Cat { owner { x: __typename } } ... on Dog { owner { x: id } } } }", "'String!' and 'ID'"),
        ("{ named { x: name ... on Cat { x: nick } } }", "'name' and 'nick' are different fields"),
        ("{ cat { owner { x: name x: id } } }", "'x' conflict because they return conflicting types 'String' and 'ID'"),
        ("{ cat { x: colours ...F } } fragment F on Cat { x: twin { name } }", "conflicting types"),
        ("{ cat { age age(in: DAYS) } }", "'age' conflict because they have differing arguments"),
        ("query ($u: Unit) { cat { age(in: $u) age(in: DAYS) } }", "differing arguments"),
        ("{ cat { owner { x: owner { name } } owner { x: pets { __typename } } } }", "conflicting types"),
        ("{ pet { ... on Cat { lives } ... on Dog { lives } } }", "conflicting types 'Int!' and 'Int'"),
        ("{ pet { ... on Cat { colours } ... on Dog { colours } } }", "'[String]' and 'String'"),
        ("{ named { x: name } named { ... on Cat { x: owner { name } } } }", "conflicting types"),
        (
            "{ cat { twin { x: owner { id } } twin { ...F } } } fragment F on Cat { x: twin { name } }",
            "different fields",
        ),
        (
            "{ pet { ... on Cat { who: owner { x: name } } ... on Dog { who: twin { x: lives } } } }",
            "conflicting types",
        ),
    ],
)
def test_what_cannot_be_answered_under_one_name_is_refused(text: str, reason: str) -> None:
    """Other fields, other arguments where one object may have both; other shapes anywhere."""
    [message] = conflicts(text)
    assert reason in message
    assert message.endswith("Use different aliases on the fields to fetch both if this was intentional.")


# Without `x: __typename`: graphql-core knows no type of it, and lets it meet an `x: id`.
_LEAVES = {
    "Cat": ["name", "x: name", "x: nick", "x: lives", "lives", "age", "age(in: DAYS)", "x: colours", "x: age"],
    "Dog": ["name", "x: name", "x: lives", "lives", "age", "age(in: DAYS)", "x: colours", "x: age"],
    "Named": ["name", "x: name"],
    "Owner": ["name", "id", "x: id", "x: name"],
    "Pet": ["__typename"],
}
_OBJECTS = {
    "Cat": {"owner": "Owner", "y: owner": "Owner", "twin": "Cat", "y: twin": "Cat"},
    "Dog": {"owner": "Owner", "y: owner": "Owner", "twin": "Dog", "y: twin": "Dog"},
    "Named": {"owner": "Owner", "y: owner": "Owner"},
    "Owner": {"owner": "Owner", "y: owner": "Owner", "pet": "Pet", "y: pet": "Pet", "y: pets": "Pet"},
    "Pet": {},
}
_WITHIN = {"Cat": ["Cat", "Named", "Pet"], "Dog": ["Dog", "Named"], "Pet": ["Cat", "Dog"], "Owner": ["Owner", "Named"]}
_WITHIN["Named"] = ["Cat", "Dog", "Owner"]


@st.composite
def selections(draw: st.DrawFn, on: str, depth: int = 3) -> str:
    """Anything that may be selected on a type, few names, so that they meet."""
    parts = [draw(st.sampled_from(_LEAVES[on]))]
    for _ in range(draw(st.integers(0, 3)) if depth else 0):
        kind = draw(st.sampled_from(["leaf", "object", "inline", "inline"]))
        if kind == "inline":
            inner = draw(st.sampled_from(_WITHIN[on]))
            parts.append(f"... on {inner} {{ {draw(selections(inner, depth - 1))} }}")
        elif kind == "object" and _OBJECTS[on]:
            field = draw(st.sampled_from(sorted(_OBJECTS[on])))
            parts.append(f"{field} {{ {draw(selections(_OBJECTS[on][field], depth - 1))} }}")
        else:
            parts.append(draw(st.sampled_from(_LEAVES[on])))
    return " ".join(parts)


@settings(max_examples=400, deadline=None)
@given(selections("Pet"), selections("Named"))
def test_the_verdict_is_that_of_the_pairwise_rule(pet: str, named: str) -> None:
    """graphql-core compares every pair; comparing with the first must come to the same."""
    text = f"{{ pet {{ {pet} }} pet {{ ...F }} named {{ {named} }} }} fragment F on Named {{ {named} }}"
    document = parse(text)
    assume(not validate(SCHEMA, document, OTHERS))
    assert bool(search(document)) == bool(validate(SCHEMA, document, [OverlappingFieldsCanBeMergedRule]))


@pytest.mark.parametrize("below", ["name", "name " * 10, "...F"])
def test_a_field_repeated_twice_as_often_costs_twice_as_much(below: str) -> None:
    """Lines of Python that are run, which no machine's noise is in. Pairwise comparison runs four times as many."""

    def lines(count: int) -> int:
        fragment = " fragment F on Owner { name }" if "..." in below else ""
        document = parse("{ cat { " + f"owner {{ {below} }} " * count + "} }" + fragment)
        run = 0

        def step(_frame: FrameType, event: str, _arg: object) -> Any:
            nonlocal run
            run += event == "line"
            return step

        sys.settrace(step)
        try:
            search(document)
        finally:
            sys.settrace(None)
        return run

    assert 1.9 < lines(200) / lines(100) < 2.1


def test_fragments_that_double_are_looked_at_once() -> None:
    """2^60 fields in 61 fragments."""
    twice = "fragment f{0} on Owner {{ a: owner {{ ...f{1} }} b: owner {{ ...f{1} }} }}"
    chain = " ".join(twice.format(i, i + 1) for i in range(60))
    assert conflicts(f"{{ cat {{ owner {{ ...f0 }} }} }} {chain} fragment f60 on Owner {{ name }}") == []

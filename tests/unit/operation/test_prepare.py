"""text -> Operation: which operation, which errors."""

from __future__ import annotations

import pytest

from gateway.operation.errors import RequestError
from gateway.operation.limits import Limits
from gateway.operation.operation import Operation
from gateway.operation.prepare import prepare_operation
from tests.unit.supergraphs import films, load

FILMS = films()
SHOP = load(
    """
    type Query @join__type(graph: A) { item: Int }
    type Mutation @join__type(graph: A) { add(n: Int): Int }
    type Subscription @join__type(graph: A) { ticks: Int }
    """,
    roots="query: Query mutation: Mutation subscription: Subscription",
)


def prepare(text: str, name: str | None = None, *, introspection: bool = True) -> Operation:
    return prepare_operation(text, name, FILMS, Limits(), introspection=introspection)


def errors_of(text: str, name: str | None = None, *, introspection: bool = True) -> list[dict]:
    """The errors with which a document is refused."""
    with pytest.raises(RequestError) as refused:
        prepare(text, name, introspection=introspection)
    return refused.value.errors


def codes_of(text: str, name: str | None = None) -> list[str]:
    return [error["extensions"]["code"] for error in errors_of(text, name)]


def test_the_only_operation_needs_no_name():
    operation = prepare("query Find { __typename }")
    assert (operation.kind, operation.root_type, operation.name) == ("query", "Query", None)
    assert operation.text == "query Find { __typename }"


@pytest.mark.parametrize(("name", "alias"), [("A", "x"), ("B", "y")])
def test_the_name_picks_the_operation(name: str, alias: str):
    operation = prepare("query A { x: __typename } query B { y: __typename }", name)
    (selected,) = operation.definition.selection_set.selections
    assert selected.alias.value == alias  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("query A { __typename } query B { __typename }", None, "'operationName' must say which"),
        ("query A { __typename } query B { __typename }", "C", "no operation named 'C'"),
        ("query A { __typename } query A { __typename }", "A", "more than one operation named 'A'"),
        ("{ __typename }", "A", "no operation named 'A'"),
        ("fragment F on Query { __typename }", None, "holds no operation."),
        ("type X { a: Int }", None, "holds no operation."),
    ],
)
def test_without_exactly_one_operation_nothing_is_run(text: str, name: str | None, says: str):
    (error,) = errors_of(text, name)
    assert error["extensions"]["code"] == "OPERATION_RESOLUTION_FAILURE"
    assert says in error["message"]


@pytest.mark.parametrize("text", ["", "{", "{ a b", "query (", "{ film(id: ) }"])
def test_what_is_not_graphql_is_a_parse_error(text: str):
    assert codes_of(text) == ["GRAPHQL_PARSE_FAILED"]


def test_a_syntax_error_has_its_position():
    (error,) = errors_of("{\n  film(id: }")
    assert error["locations"] == [{"line": 2, "column": 12}]


def test_every_validation_error_is_listed():
    errors = errors_of("{ nope film { titel } search(text: 1) { title } ...Missing }")
    assert {error["extensions"]["code"] for error in errors} == {"GRAPHQL_VALIDATION_FAILED"}
    assert len(errors) == 5
    assert all(error["locations"] for error in errors)


def test_the_number_of_validation_errors_is_bounded():
    errors = errors_of("{ film(id: 1) { " + " ".join(f"nope{n}" for n in range(25)) + " } }")
    assert len(errors) == 21
    assert "Too many validation errors" in errors[-1]["message"]


@pytest.mark.parametrize(
    "text",
    [
        "{ film(id: 1) { secret } }",
        "{ film(id: 1) }",
        "mutation { add }",
        "subscription { ticks }",
        "query ($id: Film) { film(id: 1) { id } }",
        "{ film(id: 1) { id } } type X { a: Int }",
    ],
)
def test_hidden_fields_and_unknown_roots_are_invalid(text: str):
    assert set(codes_of(text)) == {"GRAPHQL_VALIDATION_FAILED"}


@pytest.mark.parametrize(
    "text", ["{ }", "{ film(id: 1) { } }", "{ ... { } }", "{ ... on Query { } }", "{ ...F } fragment F on Query { }"]
)
def test_an_empty_selection_set_is_refused(text: str):
    assert set(codes_of(text)) <= {"GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"}


def test_an_error_in_another_operation_of_the_document_counts():
    assert codes_of("query A { __typename } query B { nope }", "A") == ["GRAPHQL_VALIDATION_FAILED"]


def test_subscriptions_are_refused():
    with pytest.raises(RequestError) as refused:
        prepare_operation("subscription { ticks }", None, SHOP, Limits())
    assert refused.value.code == "SUBSCRIPTION_NOT_SUPPORTED"


def test_mutations_are_run_on_the_mutation_root():
    operation = prepare_operation("mutation { add(n: 1) }", None, SHOP, Limits())
    assert (operation.kind, operation.root_type) == ("mutation", "Mutation")


def test_limits_are_checked_before_validation():
    """Validating a large document can be expensive."""
    with pytest.raises(RequestError) as refused:
        prepare_operation("{ a: nope b: nope c: nope }", None, FILMS, Limits(root_fields=2))
    assert {error["extensions"]["code"] for error in refused.value.errors} == {"OPERATION_TOO_LARGE"}


def test_limits_are_those_of_the_picked_operation():
    text = "query Small { __typename } query Large { a: __typename b: __typename }"
    assert prepare_operation(text, "Small", FILMS, Limits(root_fields=1)).name == "Small"
    with pytest.raises(RequestError):
        prepare_operation(text, "Large", FILMS, Limits(root_fields=1))


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { description } }",
        '{ __type(name: "Film") { name } }',
        "{ ...F } fragment F on Query { __schema { description } }",
        "{ ... { x: __schema { description } } }",
    ],
)
def test_introspection_can_be_switched_off(text: str):
    (error,) = errors_of(text, introspection=False)
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "switched off" in error["message"]
    prepare(text)


def test_without_introspection_typename_stays_and_messages_suggest_no_names():
    assert prepare("{ __typename }", introspection=False).kind == "query"
    (error,) = errors_of("{ film(id: 1) { titl } }", introspection=False)
    assert "title" not in error["message"]
    (error,) = errors_of("{ film(id: 1) { titl } }")
    assert "title" in error["message"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("query ($a: Boolean!) { film(id: 1) { id @skip(if: $a) } }", ("a",)),
        ("query ($b: Boolean!, $a: Boolean!) { x: __typename @skip(if: $b) @include(if: $a) }", ("a", "b")),
        ("query ($a: Boolean!) { ...F } fragment F on Query { ... @include(if: $a) { __typename } }", ("a",)),
        ("query ($a: Boolean!) { ...F @skip(if: $a) } fragment F on Query { __typename }", ("a",)),
        ("{ __typename @skip(if: true) }", ()),
        ("query ($id: ID!) { film(id: $id) { id } }", ()),
    ],
)
def test_the_variables_that_decide_about_plans_are_known(text: str, names: tuple[str, ...]):
    assert prepare(text).condition_variables == names


def test_variable_definitions_keep_types_and_defaults():
    operation = prepare('query ($id: ID!, $text: String! = "x, y") { film(id: $id) { id } search(text: $text) { id } }')
    assert operation.variable_definitions == {"id": "$id: ID!", "text": '$text: String! = "x, y"'}


def test_internal_keys_respect_the_supergraphs_names_and_requirements():
    operation = prepare("{ __typename }")
    assert operation.keys.given == dict(FILMS.requirement_keys)
    assert list(operation.keys.given.values()) == ["weight__1"]
    # Giving out a key for this operation changes nothing for the next one.
    operation.keys.aliased("weight", "x")
    assert prepare("{ __typename }").keys.given == dict(FILMS.requirement_keys)


def test_fragments_are_known_by_name():
    operation = prepare("{ ...F } fragment F on Query { ...G } fragment G on Query { __typename }")
    assert set(operation.fragments) == {"F", "G"}

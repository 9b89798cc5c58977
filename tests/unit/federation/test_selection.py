"""Selections: internal keys, field sets, printing."""

from __future__ import annotations

import pytest
from graphql import FieldNode, GraphQLSyntaxError, OperationDefinitionNode, parse

from gateway.federation.selection import (
    Field,
    Fragment,
    InternalKeys,
    parse_field_set,
    print_selections,
    sorted_arguments,
    variables_in,
)


def arguments_of(text: str) -> tuple:
    """The sorted arguments of the only field of `{ f(...) }`."""
    definition = parse(f"{{ f({text}) }}", no_location=True).definitions[0]
    assert isinstance(definition, OperationDefinitionNode)
    (node,) = definition.selection_set.selections
    assert isinstance(node, FieldNode)
    return sorted_arguments(node.arguments)


def test_a_field_without_arguments_is_kept_under_its_own_name():
    assert InternalKeys({"price"}).key("price", ()) == "price"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a: 1, b: 2", "b: 2, a: 1"),
        ("a: 1 b: 2", "a:1,,,b : 2"),
        ('a: "x"', 'a:\n  "x"'),
        ("a: {x: 1, y: [1, 2]}", "a: { x : 1 y : [ 1 2 ] }"),
        ("a: $v", "a:   $v"),
        ("a: RED, b: null", "b: null a: RED"),
    ],
)
def test_the_same_arguments_in_other_order_or_spelling_have_the_same_key(one: str, other: str):
    keys = InternalKeys(set())
    assert keys.key("f", arguments_of(one)) == keys.key("f", arguments_of(other)) == "f__1"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a: 1", "a: 2"),
        ("a: 1", 'a: "1"'),
        ("a: 1", "a: 1.0"),
        ("a: 1", "b: 1"),
        ("a: true", 'a: "true"'),
        ("a: RED", 'a: "RED"'),
        ("a: $v", "a: $w"),
        ("a: $v", 'a: "$v"'),
        ("a: null", 'a: "null"'),
        ("a: [1]", "a: 1"),
        ("a: 1", "a: 1, b: null"),
        ('a: "x, b: 1"', 'a: "x", b: 1'),
    ],
)
def test_different_arguments_have_different_keys(one: str, other: str):
    keys = InternalKeys(set())
    assert keys.key("f", arguments_of(one)) == "f__1"
    assert keys.key("f", arguments_of(other)) == "f__2"


def test_each_field_counts_its_own_arguments():
    keys = InternalKeys(set())
    assert [keys.key(name, arguments_of("a: 1")) for name in ("f", "g", "f")] == ["f__1", "g__1", "f__1"]


def test_a_generated_key_never_equals_a_real_field_name():
    keys = InternalKeys({"price", "price__1", "price__2", "tax"})
    assert keys.key("price", arguments_of("a: 1")) == "price__3"
    assert keys.key("price", arguments_of("a: 2")) == "price__4"


def test_two_generated_keys_of_different_fields_never_collide():
    """`price__1` with arguments and `price` with arguments would both like to be called `price__1__1` or `price__1`."""
    keys = InternalKeys({"price", "price__1"})
    made = {keys.key("price__1", arguments_of("a: 1")), keys.key("price", arguments_of("a: 1"))}
    assert len(made) == 2
    assert made.isdisjoint({"price", "price__1"})


def test_inherited_keys_stay_and_are_not_given_to_others():
    schema = InternalKeys({"price"})
    required = schema.key("price", arguments_of('currency: "EUR"'))
    operation = InternalKeys({"price"}, schema.given)
    other = operation.key("price", arguments_of('currency: "USD"'))
    assert operation.key("price", arguments_of('currency: "EUR"')) == required
    assert other != required


def test_keys_given_to_an_operation_do_not_reach_the_schema():
    schema = InternalKeys(set())
    schema.key("price", arguments_of("a: 1"))
    InternalKeys(set(), schema.given).key("price", arguments_of("a: 2"))
    assert list(schema.given.values()) == ["price__1"]


def test_aliased_keys_differ_by_alias_and_from_keys_by_arguments():
    keys = InternalKeys({"add", "add__1"})
    first, second = keys.aliased("add", "x"), keys.aliased("add", "y")
    assert len({first, second, keys.key("add", arguments_of("a: 1")), "add", "add__1"}) == 5
    assert keys.aliased("add", "x") == first


def test_variables_are_found_anywhere_in_the_arguments_once_and_in_order():
    arguments = arguments_of("b: [$y, {deep: $x}], a: $z, c: $y")
    assert variables_in(arguments) == ("z", "y", "x")


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("id", "id"),
        ("{ id }", "id"),
        ("  id\n sku ", "id sku"),
        ("owner { id address { zip } }", "owner { id address { zip } }"),
        ('price(currency: "EUR", net: true)', 'price(currency: "EUR", net: true)'),
        ('price(net: true, currency: "EUR")', 'price(currency: "EUR", net: true)'),
        ("... on Film { id } ... on Album { sku }", "... on Film { id } ... on Album { sku }"),
        ("... { id } sku", "id sku"),
        ("media { ... on Film { id } }", "media { ... on Film { id } }"),
    ],
)
def test_a_field_set_is_read_with_or_without_braces(text: str, printed: str):
    assert print_selections(parse_field_set(text, InternalKeys(set()))) == printed


def test_fields_of_a_field_set_take_their_keys_from_those_given():
    keys = InternalKeys(set())
    (first,) = parse_field_set("price(c: 1)", keys)
    (outer,) = parse_field_set("item { price(c: 2) more: id }", keys)
    assert isinstance(first, Field)
    assert isinstance(outer, Field)
    assert first.key == "price__1"
    assert [field.key for field in outer.selections if isinstance(field, Field)] == ["price__2", "id"]


def test_fragments_of_a_field_set_keep_their_type_condition():
    (fragment,) = parse_field_set("... on Film { id }", InternalKeys(set()))
    assert isinstance(fragment, Fragment)
    assert fragment.type_condition == "Film"


@pytest.mark.parametrize("text", ["{", "id }", "id {", "a(", "...", "{ id", "id $x", 'id "x"'])
def test_what_is_not_graphql_is_a_syntax_error(text: str):
    with pytest.raises(GraphQLSyntaxError):
        parse_field_set(text, InternalKeys(set()))


@pytest.mark.parametrize("text", ["", " ", "{}", "owner { }", "... on Film { }", "{ id } { sku }"])
def test_empty_or_doubled_selection_sets_are_no_field_sets(text: str):
    """An empty key would let a subgraph be entered for an object without saying for which."""
    with pytest.raises((GraphQLSyntaxError, ValueError)):
        parse_field_set(text, InternalKeys(set()))


def test_a_field_set_may_not_spread_a_named_fragment():
    with pytest.raises(ValueError, match="'Parts'"):
        parse_field_set("id ...Parts", InternalKeys(set()))


def test_nodes_compare_by_identity():
    """Tuples of them are dictionary keys; two parses of one text are two things until they are interned."""
    keys = InternalKeys(set())
    assert parse_field_set("id", keys) != parse_field_set("id", keys)

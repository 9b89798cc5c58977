"""The API schema: what clients see. Nothing inaccessible, no machinery, everything else."""

from __future__ import annotations

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    is_specified_directive,
    print_type,
)

from gateway.federation.errors import SchemaError
from gateway.federation.read_supergraph import load_supergraph
from tests.unit.supergraphs import INACCESSIBLE, flat, load


def printed(schema: GraphQLSchema, name: str) -> str:
    """One type as one line of SDL."""
    return flat(print_type(schema.type_map[name]))


def own_types(schema: GraphQLSchema) -> set[str]:
    """Names of the types that are the graph's own."""
    builtin = {"String", "Int", "Float", "Boolean", "ID"}
    return {name for name in schema.type_map if not name.startswith("__") and name not in builtin}


HIDING = load(
    """
    type Query @join__type(graph: A) {
      item(id: ID!, debug: Boolean @inaccessible): Item
      internal: Int @inaccessible
      hidden: Hidden @inaccessible
      search(by: Filter): [Result]
    }
    interface Node @join__type(graph: A) { id: ID! }
    interface Audited @inaccessible @join__type(graph: A) { auditor: String }
    type Item implements Node & Audited
      @join__type(graph: A) @join__implements(graph: A, interface: "Node")
      @join__implements(graph: A, interface: "Audited") {
      id: ID! color: Color auditor: String @inaccessible cost(in: Currency = EUR): Int
    }
    type Other @join__type(graph: A) { id: ID }
    type Hidden @inaccessible @join__type(graph: A) { id: ID }
    union Result @join__type(graph: A) = Item | Other | Hidden
    union HiddenResult @inaccessible @join__type(graph: A) = Item | Hidden
    enum Color @join__type(graph: A) { RED INFRARED @inaccessible BLUE }
    enum Currency @join__type(graph: A) { EUR }
    enum HiddenEnum @inaccessible @join__type(graph: A) { X }
    scalar HiddenScalar @inaccessible @join__type(graph: A)
    input Filter @join__type(graph: A) { name: String = "x" trace: Boolean @inaccessible }
    input HiddenInput @inaccessible @join__type(graph: A) { x: Int }
    """,
    links=INACCESSIBLE,
)


def test_inaccessible_types_of_every_kind_are_gone():
    assert own_types(HIDING.api_schema) == {
        "Query", "Node", "Item", "Other", "Result", "Color", "Currency", "Filter"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "sdl"),
    [
        ("Query", "type Query { item(id: ID!): Item search(by: Filter): [Result] }"),
        ("Item", "type Item implements Node { id: ID! color: Color cost(in: Currency = EUR): Int }"),
        ("Result", "union Result = Item | Other"),
        ("Color", "enum Color { RED BLUE }"),
        ("Filter", 'input Filter { name: String = "x" }'),
        ("Node", "interface Node { id: ID! }"),
    ],
)
def test_inaccessible_parts_are_gone_and_the_rest_stays(name: str, sdl: str):
    """Fields, arguments, enum values, input fields, union members, implemented interfaces."""
    assert printed(HIDING.api_schema, name) == sdl


def test_what_is_hidden_stays_in_the_model():
    assert HIDING.field("Query", "internal") is not None
    assert "Hidden" in HIDING.types
    assert "debug" in HIDING.types["Query"].fields["item"].arguments


def test_inaccessible_is_known_by_the_name_that_the_file_gives_it():
    link = '@link(url: "https://specs.apollo.dev/inaccessible/v0.2", import: [{name: "@inaccessible", as: "@secret"}])'
    schema = load("type Query @join__type(graph: A) { a: Int b: Int @secret }", links=link).api_schema
    assert printed(schema, "Query") == "type Query { a: Int }"
    link = '@link(url: "https://specs.apollo.dev/inaccessible/v0.2", as: "hide")'
    schema = load("type Query @join__type(graph: A) { a: Int b: Int @hide }", links=link).api_schema
    assert printed(schema, "Query") == "type Query { a: Int }"


def test_inaccessible_hides_even_where_its_specification_is_not_linked():
    schema = load("type Query @join__type(graph: A) { a: Int b: Int @inaccessible }").api_schema
    assert printed(schema, "Query") == "type Query { a: Int }"


def test_inaccessible_interfaces_of_interfaces_are_gone():
    schema = load(
        """
        type Query @join__type(graph: A) { b: B }
        interface A @inaccessible @join__type(graph: A) { x: Int }
        interface B implements A @join__type(graph: A) @join__implements(graph: A, interface: "A") { x: Int }
        """,
        links=INACCESSIBLE,
    ).api_schema
    assert printed(schema, "B") == "interface B { x: Int }"


def test_hidden_root_types_are_no_roots():
    schema = load(
        "type Query @join__type(graph: A) { a: Int } type Mutation @inaccessible @join__type(graph: A) { b: Int }",
        links=INACCESSIBLE,
        roots="query: Query mutation: Mutation",
    ).api_schema
    assert schema.mutation_type is None
    assert schema.query_type is not None


def test_the_machinery_of_linked_specifications_is_gone():
    sdl = """
        schema
          @link(url: "https://specs.apollo.dev/link/v1.0")
          @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
          @link(url: "https://specs.apollo.dev/tag/v0.3")
          @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)
          @link(url: "https://x.test/cost/v0.1", import: ["@cost", "Weight", {name: "@listSize", as: "@size"}])
        { query: Query }
        directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
        directive @join__graph(name: String!, url: String!) on ENUM_VALUE
        directive @join__type(graph: join__Graph!, key: join__FieldSet) repeatable on OBJECT
        directive @tag(name: String!) repeatable on FIELD_DEFINITION
        directive @inaccessible on FIELD_DEFINITION
        directive @cost(weight: Weight!) on FIELD_DEFINITION
        directive @size(assumedSize: Int) on FIELD_DEFINITION
        scalar join__FieldSet
        scalar link__Import
        scalar Weight
        enum link__Purpose { SECURITY EXECUTION }
        enum join__Graph { A @join__graph(name: "a", url: "") }
        type Query @join__type(graph: A) { a: Int @tag(name: "x") @cost(weight: 3) join__like: Int }
        type inaccessible @join__type(graph: A) { a: Int }
        type Other__Thing @join__type(graph: A) { a: Int }
    """
    schema = load_supergraph(sdl).api_schema
    assert own_types(schema) == {"Query", "inaccessible", "Other__Thing"}
    assert [directive.name for directive in schema.directives if not is_specified_directive(directive)] == []
    assert printed(schema, "Query") == "type Query { a: Int join__like: Int }"


def test_directives_for_clients_stay_and_annotations_go():
    schema = load(
        """
        directive @log(level: Int) on FIELD
        type Query @join__type(graph: A) { a: Int @deprecated(reason: "old") @tag(name: "x") date: Date }
        scalar Date @specifiedBy(url: "https://date.test") @join__type(graph: A)
        """,
        links='@link(url: "https://specs.apollo.dev/tag/v0.3")',
    ).api_schema
    assert schema.get_directive("log") is not None
    query = schema.type_map["Query"]
    assert isinstance(query, GraphQLObjectType)
    assert query.fields["a"].deprecation_reason == "old"
    assert printed(schema, "Date") == 'scalar Date @specifiedBy(url: "https://date.test")'
    assert query.fields["a"].ast_node is not None
    assert [node.name.value for node in query.fields["a"].ast_node.directives or ()] == ["deprecated"]


def test_descriptions_stay():
    schema = load('"All of it." type Query @join__type(graph: A) { "One." a("Two." x: Int): Int }').api_schema
    query = schema.type_map["Query"]
    assert isinstance(query, GraphQLObjectType)
    assert (query.description, query.fields["a"].description) == ("All of it.", "One.")
    assert query.fields["a"].args["x"].description == "Two."


def test_the_schema_is_built_of_the_usual_types():
    types = HIDING.api_schema.type_map
    kinds = {
        "Item": GraphQLObjectType,
        "Node": GraphQLInterfaceType,
        "Result": GraphQLUnionType,
        "Color": GraphQLEnumType,
        "Filter": GraphQLInputObjectType,
    }
    assert {name: type(types[name]) for name in kinds} == kinds


@pytest.mark.parametrize(
    "types",
    [
        # A visible field returns a hidden type.
        "type Query @join__type(graph: A) { a: T } type T @inaccessible @join__type(graph: A) { x: Int }",
        # A visible argument has a hidden type.
        "type Query @join__type(graph: A) { a(x: T): Int } input T @inaccessible @join__type(graph: A) { x: Int }",
        # Nothing is left of a type, a union, an enum, an input object, the query root.
        "type Query @join__type(graph: A) { a: T } type T @join__type(graph: A) { x: Int @inaccessible }",
        "type Query @join__type(graph: A) { a: U } union U @join__type(graph: A) = T"
        " type T @inaccessible @join__type(graph: A) { x: Int }",
        "type Query @join__type(graph: A) { a: E } enum E @join__type(graph: A) { X @inaccessible }",
        "type Query @join__type(graph: A) { a(x: I): Int } input I @join__type(graph: A) { x: Int @inaccessible }",
        "type Query @inaccessible @join__type(graph: A) { a: Int }",
        # An implementation hides what its interface shows.
        "type Query @join__type(graph: A) { n: N } interface N @join__type(graph: A) { x: Int } type T implements N"
        ' @join__implements(graph: A, interface: "N") @join__type(graph: A) { x: Int @inaccessible y: Int }',
        # A type that does not exist; a field of an input type.
        "type Query @join__type(graph: A) { a: Nothing }",
        "type Query @join__type(graph: A) { a: I } input I @join__type(graph: A) { x: Int }",
    ],
)
def test_what_is_left_must_be_a_valid_schema(types: str):
    with pytest.raises(SchemaError) as refused:
        load(types, links=INACCESSIBLE)
    assert {problem.code for problem in refused.value.problems} == {"INVALID_GRAPHQL"}

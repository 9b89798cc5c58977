"""The shop's graph as a whole: it composes, keeps its own rules, and accepts the queries it was made for."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    is_non_null_type,
    parse,
    validate,
)

from gateway.federation.compose import SubgraphSchema, compose
from gateway.federation.read_supergraph import load_supergraph
from tests.unit.resolvers.conftest import SERVICES

SUBGRAPHS = (*SERVICES, "search", "reports")

REVIEWS = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.11", import: ["@key"])
scalar DateTime
type Review @key(fields: "id") {
  id: ID! rating: Int! title: String! body: String! createdAt: DateTime! author: Customer! product: Product!
}
type Product @key(fields: "id") { id: ID! reviews(first: Int! = 5): [Review!]! averageRating: Float reviewCount: Int! }
type Customer @key(fields: "id") { id: ID! reviews(first: Int! = 5): [Review!]! }
type Query { review(id: ID!): Review latestReviews(first: Int! = 10): [Review!]! }
"""

QUERIES = [
    "{orders(first:20){total customer{name}}}",
    "query($id:ID!){order(id:$id){customer{name} items{product{name}}}}",
    """query($id:ID!){customer(id:$id){name email recentOrders(first:5){id total status} openTickets{subject}
       billing{totalPaid outstanding}}}""",
    "query($id:ID!){product(id:$id){name price stock{available} reviews{rating author{name}}}}",
    "query($id:ID!){order(id:$id){payments{amount status} items{product{name} quantity unitPrice}}}",
    """{customersConnection(first:5,after:"x",country:"DE"){nodes{name} pageInfo{endCursor hasNextPage}}
       productsConnection(category:BOOKS){nodes{name}} ordersConnection(status:CONFIRMED){totalCount nodes{id}}}""",
    "query($id:ID!){ticket(id:$id){subject customer{name} order{total}} charge(id:$id){amount order{total}}}",
    'mutation{placeOrder(input:{customerId:"c",items:[{productId:"p",quantity:1}]}){id} cancelOrder(id:"o"){status}}',
    'mutation{openTicket(input:{customerId:"c",subject:"s"}){id} closeTicket(id:"t"){status}}',
]


def strawberry_schema(service: str) -> Any:
    return importlib.import_module(f"schema.{service}").schema


@pytest.fixture(scope="module")
def api() -> GraphQLSchema:
    """What clients see of the nine subgraphs together."""
    subgraphs = [SubgraphSchema(name, strawberry_schema(name).subgraph_sdl(), federation=2) for name in SUBGRAPHS]
    composition = compose([*subgraphs, SubgraphSchema("reviews", REVIEWS)])
    assert composition.hints == ()
    return load_supergraph(composition.supergraph_sdl).api_schema


@pytest.mark.parametrize("query", QUERIES)
def test_the_queries_it_was_made_for_are_valid(api: GraphQLSchema, query: str) -> None:
    """Literally as a frontend writes them."""
    assert validate(api, parse(query)) == []


@pytest.mark.parametrize("service", SUBGRAPHS)
def test_an_entitys_fields_are_nullable_but_for_its_key(service: str) -> None:
    """So are root fields: whoever cannot answer nulls its own fields only."""
    schema = strawberry_schema(service)
    entities = {
        name
        for name, type_ in schema.schema_converter.type_map.items()
        if any(type(d).__name__ == "Key" for d in getattr(type_.definition, "directives", ()) or ())
    }
    assert entities
    found: GraphQLSchema = schema._schema
    for name in entities | {"Query", "Mutation"}:
        type_ = found.type_map.get(name)
        for field_name, field in type_.fields.items() if isinstance(type_, GraphQLObjectType) else ():
            if field_name not in ("id", "_entities", "_service"):
                assert not is_non_null_type(field.type), f"{name}.{field_name}"


def test_everything_that_clients_see_is_described(api: GraphQLSchema) -> None:
    """Types and fields of the REST services; the explorer shows the descriptions."""
    reviews = {"Review", "Product.reviews", "Product.averageRating", "Product.reviewCount", "Customer.reviews"}
    undescribed: list[str] = []
    for type_ in (t for t in api.type_map.values() if not t.name.startswith("__")):
        if type_.name in ("Query", "Mutation", "Review"):
            fields = {}
        elif isinstance(type_, GraphQLObjectType | GraphQLInputObjectType):
            fields = type_.fields
        else:
            fields = {}
        if type_.name not in ("Query", "Mutation", "Review") and not type_.description:
            undescribed.append(type_.name)
        undescribed += [f"{type_.name}.{name}" for name, field in fields.items() if not field.description]
    assert set(undescribed) <= reviews
    for root in (api.query_type, api.mutation_type):
        assert root
        own = {name: f for name, f in root.fields.items() if name not in ("review", "latestReviews")}
        assert [name for name, field in own.items() if not field.description] == []


def test_root_fields_by_key_are_lookups() -> None:
    """Those whose arguments are the key of what they return, and no others."""
    marked = {
        line.strip().split("(")[0]
        for service in SUBGRAPHS
        for line in strawberry_schema(service).subgraph_sdl().splitlines()
        if "@lookup" in line and not line.startswith("directive")
    }
    assert marked == {"customer", "product", "order", "charge", "ticket"}

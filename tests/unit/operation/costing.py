"""A small graph with costs, and the shortest way from a query's text to its cost."""

from __future__ import annotations

from typing import Any

from gateway.operation.cost import CostRules, OperationCost, compile_cost
from gateway.operation.specialise import specialise
from gateway.operation.variables import coerce_variables, condition_values
from tests.unit.supergraphs import load, operation

COST = '@link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@listSize"])'

SHOP = load(
    """
    type Query @join__type(graph: A) {
      user: User
      users(first: Int = 3, last: Int): [User!] @listSize(slicingArguments: ["first", "last"])
      page(first: Int!): UserPage @listSize(slicingArguments: ["first"], sizedFields: ["nodes", "edges"])
      either(first: Int, last: Int): [User] @listSize(slicingArguments: ["first", "last"])
      any(first: Int, last: Int): [User]
        @listSize(slicingArguments: ["first", "last"], assumedSize: 8, requireOneSlicingArgument: false)
      within(filter: Filter): [User] @listSize(slicingArguments: ["filter.max"])
      fixed: [User] @listSize(assumedSize: 7)
      unsaid: [User]
      byHabit(limit: Int): [User]
      pageByHabit(first: Int): UserPage
      spared(by: Int @cost(weight: -9)): User @cost(weight: 3)
      heavy(by: Int @cost(weight: 4), cheaper: Boolean @cost(weight: -2)): User @cost(weight: 3)
      vast(amount: Huge): [User] @listSize(slicingArguments: ["amount"])
      numbers(first: Int): [Int] @listSize(slicingArguments: ["first"])
      find(filter: Filter, filters: [Filter!]): Int
      pet: Pet
      pets(first: Int): [Pet] @listSize(slicingArguments: ["first"])
      named(first: Int): [Named]
    }
    type Mutation @join__type(graph: A) { rename(name: String!): User }
    scalar Huge @join__type(graph: A)
    scalar Photo @join__type(graph: A) @cost(weight: 6)
    input Filter @join__type(graph: A) { max: Int = 9 near: Filter words: [String!] @cost(weight: 2) photo: Photo }
    type UserPage @join__type(graph: A) { nodes: [User] edges: [Edge] total: Int }
    type Edge @join__type(graph: A) { node: User }
    type User implements Named @join__type(graph: A) @join__implements(graph: A, interface: "Named") {
      name: String
      photo: Photo
      best: User
      friends(first: Int): [User]
        @listSize(slicingArguments: ["first"], assumedSize: 4, requireOneSlicingArgument: false)
      relatives(amount: Int): [User] @listSize(slicingArguments: ["amount"])
    }
    interface Paged @join__type(graph: A) { page(amount: Int): UserPage }
    union Pet
      @join__type(graph: A)
      @join__unionMember(graph: A, member: "Cat")
      @join__unionMember(graph: A, member: "Dog") = Cat | Dog
    type Cat implements Named & Paged
      @join__type(graph: A)
      @join__implements(graph: A, interface: "Named")
      @join__implements(graph: A, interface: "Paged") {
      name: String
      relatives(amount: Int): [User]
      keeper: User
      page(amount: Int): UserPage @listSize(slicingArguments: ["amount"], sizedFields: ["nodes"])
    }
    type Dog implements Named & Paged
      @join__type(graph: A)
      @join__implements(graph: A, interface: "Named")
      @join__implements(graph: A, interface: "Paged") @cost(weight: 5) {
      name: String @cost(weight: 1)
      relatives(amount: Int): [User]
      keepers: [User] @listSize(assumedSize: 2)
      page(amount: Int): UserPage
    }
    interface Named @join__type(graph: A) { name: String relatives(amount: Int): [User] }
    """,
    links=COST,
    roots="query: Query mutation: Mutation",
)


def cost_of(text: str, rules: CostRules | None = None, conditions: dict[str, bool] | None = None) -> OperationCost:
    """The compiled cost of a query to the shop."""
    prepared = operation(text, SHOP)
    return compile_cost(prepared.kind, specialise(prepared, conditions or {}), SHOP, rules or CostRules())


def measured(text: str, **variables: Any) -> int:
    """What a query costs with these variables, coerced first as the pipeline does it."""
    prepared = operation(text, SHOP)
    coerced = coerce_variables(prepared, variables, SHOP.api_schema)
    selections = specialise(prepared, condition_values(prepared, coerced))
    return compile_cost(prepared.kind, selections, SHOP, CostRules()).measure(coerced)

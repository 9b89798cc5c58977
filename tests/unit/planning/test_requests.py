"""How many requests a plan makes when subgraphs take joint ones: the shape of the public federation workload."""

from __future__ import annotations

from gateway.planning.planner import plan_operation
from gateway.planning.printing import print_plan
from tests.unit.supergraphs import load, operation

SHOP = load(
    """
    type Query @join__type(graph: ACCOUNTS) @join__type(graph: INVENTORY) @join__type(graph: PRODUCTS)
               @join__type(graph: REVIEWS) {
      users: [User] @join__field(graph: ACCOUNTS)
      best: [Product] @join__field(graph: PRODUCTS)
    }
    type User @join__type(graph: ACCOUNTS, key: "id") @join__type(graph: REVIEWS, key: "id") {
      id: ID!
      name: String @join__field(graph: ACCOUNTS)
      reviews: [Review] @join__field(graph: REVIEWS)
    }
    type Review @join__type(graph: REVIEWS, key: "id") { id: ID! product: Product author: User }
    type Product @join__type(graph: INVENTORY, key: "upc") @join__type(graph: PRODUCTS, key: "upc")
                 @join__type(graph: REVIEWS, key: "upc") {
      upc: ID!
      price: Int @join__field(graph: INVENTORY, external: true) @join__field(graph: PRODUCTS)
      inStock: Boolean @join__field(graph: INVENTORY)
      shipping: Int @join__field(graph: INVENTORY, requires: "price")
      reviews: [Review] @join__field(graph: REVIEWS)
    }
    """
)
BOTH = """{
  users { reviews { product { inStock shipping } author { name } } }
  best { inStock shipping reviews { author { name reviews { product { inStock shipping } } } } }
}"""


def test_the_workload_takes_seven_requests() -> None:
    """Users and products; both kinds of reviews; stock of the best; names, prices and stock of all that is below."""
    made = plan_operation(operation(BOTH, SHOP), {}, SHOP, joins=("accounts", "inventory", "products", "reviews"))
    asked = [(made.steps[first].level, made.steps[first].graph, 1 + len(more)) for first, *more in made.requests]
    assert asked == [
        (1, "accounts", 1),
        (1, "products", 1),
        (2, "reviews", 2),
        (2, "inventory", 1),
        (3, "products", 2),
        (3, "accounts", 2),
        (4, "inventory", 2),
    ]


def test_a_shared_request_is_printed_once() -> None:
    """A block for each request, with a line for each step in it, and with what the steps can fall back to."""
    text = print_plan(plan_operation(operation(BOTH, SHOP), {}, SHOP, joins=("inventory", "products")))
    (block,) = (part for part in text.split("\n\n") if part.startswith("level 4"))
    assert block.count("_entities(") == 2
    assert [line.split()[0] for line in block.splitlines() if "inventory" in line] == ["level", "and"]
    assert block.count("in part: ") == 4


def test_without_joint_requests_each_step_has_its_own() -> None:
    made = plan_operation(operation(BOTH, SHOP), {}, SHOP)
    assert made.requests == tuple((step.id,) for step in made.steps)

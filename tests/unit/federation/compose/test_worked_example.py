"""One graph that uses most of federation, composed to exactly the annotations the format asks for."""

from __future__ import annotations

from itertools import permutations

from gateway.federation.compose import SubgraphSchema
from tests.unit.federation.compose.composing import annotations, compose, fed2

CATALOG = """
interface Item @key(fields: "id") { id: ID! title: String! }
enum Unit { KG G }
type Film implements Item @key(fields: "id") {
  id: ID!
  title: String!
  weight(unit: Unit!): Float
  director: Person @provides(fields: "name")
  secret: Int @inaccessible
}
type Album implements Item @key(fields: "id") { id: ID! title: String! tracks: Int }
type Person @key(fields: "id") { id: ID! name: String @external }
type Query { search(text: String!): [Item!]! }
"""
PEOPLE = """
type Person @key(fields: "id") { id: ID! name: String @shareable born: Int }
"""
STOCK = """
enum Unit { KG G }
type Film @key(fields: "id") {
  id: ID!
  weight(unit: Unit!): Float @external
  shipping: Int @requires(fields: "weight(unit: KG)")
}
type Album @key(fields: "id") { id: ID! tracks: Int @override(from: "catalog", label: "percent(10)") }
"""
RATINGS = """
type Item @interfaceObject @key(fields: "id") { id: ID! stars: Float }
type Query { best: [Item!]! }
"""
SUBGRAPHS = [
    SubgraphSchema("catalog", fed2(CATALOG), "http://catalog"),
    SubgraphSchema("people", fed2(PEOPLE), "http://people"),
    SubgraphSchema("stock", fed2(STOCK), "http://stock"),
    SubgraphSchema("ratings", fed2(RATINGS), "http://ratings"),
]
EXPECTED = {
    "Item": [
        '@join__type(graph: CATALOG, key: "id")',
        '@join__type(graph: RATINGS, key: "id", isInterfaceObject: true)',
    ],
    "Item.id": [],
    "Item.title": ["@join__field(graph: CATALOG)"],
    "Item.stars": ["@join__field(graph: RATINGS)"],
    "Unit": ["@join__type(graph: CATALOG)", "@join__type(graph: STOCK)"],
    "Unit.KG": ["@join__enumValue(graph: CATALOG)", "@join__enumValue(graph: STOCK)"],
    "Unit.G": ["@join__enumValue(graph: CATALOG)", "@join__enumValue(graph: STOCK)"],
    "Film": [
        '@join__implements(graph: CATALOG, interface: "Item")',
        '@join__type(graph: CATALOG, key: "id")',
        '@join__type(graph: STOCK, key: "id")',
    ],
    "Film.id": [],
    "Film.title": ["@join__field(graph: CATALOG)"],
    "Film.weight": ["@join__field(graph: CATALOG)", "@join__field(graph: STOCK, external: true)"],
    "Film.weight(unit:)": [],
    "Film.shipping": ['@join__field(graph: STOCK, requires: "weight(unit: KG)")'],
    "Film.director": ['@join__field(graph: CATALOG, provides: "name")'],
    "Film.secret": ["@inaccessible", "@join__field(graph: CATALOG)"],
    "Film.stars": ["@join__field"],
    "Album": [
        '@join__implements(graph: CATALOG, interface: "Item")',
        '@join__type(graph: CATALOG, key: "id")',
        '@join__type(graph: STOCK, key: "id")',
    ],
    "Album.id": [],
    "Album.title": ["@join__field(graph: CATALOG)"],
    "Album.tracks": [
        '@join__field(graph: CATALOG, overrideLabel: "percent(10)")',
        '@join__field(graph: STOCK, override: "catalog", overrideLabel: "percent(10)")',
    ],
    "Album.stars": ["@join__field"],
    "Person": ['@join__type(graph: CATALOG, key: "id")', '@join__type(graph: PEOPLE, key: "id")'],
    "Person.id": [],
    "Person.name": ["@join__field(graph: CATALOG, external: true)", "@join__field(graph: PEOPLE)"],
    "Person.born": ["@join__field(graph: PEOPLE)"],
    "Query": [f"@join__type(graph: {graph})" for graph in ("CATALOG", "PEOPLE", "RATINGS", "STOCK")],
    "Query.search": ["@join__field(graph: CATALOG)"],
    "Query.search(text:)": [],
    "Query.best": ["@join__field(graph: RATINGS)"],
}


def test_the_worked_example_gets_exactly_the_annotations_it_needs() -> None:
    """Every element of the example carries the annotations of the format's description, and no other."""
    assert annotations(compose(SUBGRAPHS).supergraph_sdl) == EXPECTED


def test_the_order_of_subgraphs_never_shows() -> None:
    """All orders of the same subgraphs give the same text, to the byte, and the same hints."""
    results = {(result.supergraph_sdl, result.hints) for result in map(compose, permutations(SUBGRAPHS))}
    assert len(results) == 1

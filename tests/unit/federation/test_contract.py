"""Contracts: what clients see of a graph by its tags."""

from __future__ import annotations

import pytest
from graphql import GraphQLSchema, lexicographic_sort_schema, print_schema

from gateway.federation.contract import Contract, apply_contract
from gateway.federation.errors import SchemaError
from gateway.federation.read_supergraph import load_supergraph
from gateway.planning.satisfiability import unsatisfiable_fields
from tests.unit.federation.compose.composing import composition

SHOP = """
type Query {
  product(id: ID!): Product @tag(name: "public")
  stock(of: Filter): Stock @tag(name: "internal")
  search(text: String, debug: Boolean @tag(name: "internal")): [Found!] @tag(name: "public")
}
type Product implements Named @key(fields: "id") {
  id: ID! @tag(name: "public")
  name: String @tag(name: "public")
  margin: Int @tag(name: "internal")
  state: State @tag(name: "public")
}
type Person implements Named @tag(name: "public") { name: String phone: String @tag(name: "internal") }
interface Named { name: String @tag(name: "public") }
union Found = Product | Person | Shelf
type Shelf { row: Int }
type Stock { shelf: Shelf amount: Int }
input Filter { place: String, secret: String @tag(name: "internal") }
enum State { NEW OLD RECALLED @tag(name: "internal") }
"""


def api(sdl: str, *, include: str = "", exclude: str = "") -> GraphQLSchema:
    """What clients see of one subgraph under a contract; tags are separated by blanks."""
    contract = Contract(frozenset(include.split()), frozenset(exclude.split()))
    supergraph = load_supergraph(apply_contract(composition(a=sdl).supergraph_sdl, contract))
    assert unsatisfiable_fields(supergraph) == []
    return supergraph.api_schema


def problems(sdl: str, *, include: str = "", exclude: str = "") -> list[tuple[str, str]]:
    """Code and message of what is wrong with a contract."""
    with pytest.raises(SchemaError) as refused:
        api(sdl, include=include, exclude=exclude)
    return [(problem.code, problem.message) for problem in refused.value.problems]


def test_without_tags_a_contract_changes_nothing() -> None:
    """The very text."""
    sdl = composition(a=SHOP).supergraph_sdl
    assert apply_contract(sdl, Contract()) == sdl


def test_exclusion_takes_away_what_is_tagged_and_what_nothing_leads_to_any_more() -> None:
    """Fields, arguments, enum values; then Stock and Filter, which only Query.stock led to."""
    schema = api(SHOP, exclude="internal")
    printed = print_schema(lexicographic_sort_schema(schema))
    kinds = "type Person", "type Product", "type Query", "type Shelf", "interface Named", "union Found", "enum State"
    assert sorted(line.split(" implements")[0].split(" =")[0].removesuffix(" {") for line in printed.splitlines()
                  if line.startswith(("type", "interface", "union", "enum", "input"))) == sorted(kinds)  # fmt: skip
    assert "union Found = Person | Product | Shelf" in printed
    assert "search(text: String): [Found!]" in printed
    assert not any(word in printed for word in ("margin", "phone", "RECALLED", "stock", "debug"))


def test_inclusion_keeps_tagged_fields_and_those_of_tagged_types() -> None:
    """Shelf keeps no field: it leaves the union. Enum values and arguments need no tag."""
    schema = api(SHOP, include="public")
    assert print_schema(schema).count("Shelf") == 0
    found = {name: list(getattr(schema.type_map[name], "fields", ())) for name in ("Query", "Product", "Person")}
    assert found == {
        "Query": ["product", "search"],
        "Product": ["id", "name", "state"],
        "Person": ["name", "phone"],
    }
    assert list(schema.type_map["State"].values) == ["NEW", "OLD", "RECALLED"]  # type: ignore[attr-defined]


def test_exclusion_wins() -> None:
    """Over the tag of its type, and over one of its own."""
    assert list(api(SHOP, include="public", exclude="internal").type_map["Person"].fields) == ["name"]  # type: ignore[attr-defined]


def test_what_is_hidden_stays_usable_for_plans() -> None:
    """A key that clients do not see still leads into the other subgraph."""
    supergraph = load_supergraph(
        apply_contract(
            composition(
                a='type Query { t: T } type T @key(fields: "id") { id: ID! @tag(name: "internal") }',
                b='type T @key(fields: "id") { id: ID! x: Int }',
            ).supergraph_sdl,
            Contract(exclude=frozenset({"internal"})),
        )
    )
    assert "id" not in supergraph.api_schema.type_map["T"].fields  # type: ignore[attr-defined]
    assert unsatisfiable_fields(supergraph) == []
    assert [entry.graph for entry in supergraph.entries("T")] == ["a", "b"]


TAG = '@tag(name: "no")'
REFUSED = {
    "a field without its type": (f"type Query {{ t: T r: Int }} type T {TAG} {{ x: Int }}", "REFERENCED_INACCESSIBLE"),
    "an argument without its type": (
        f"type Query {{ t(n: N): Int }} input N {TAG} {{ x: Int }}",
        "REFERENCED_INACCESSIBLE",
    ),
    "a type without fields": (f"type Query {{ t: T }} type T {{ x: Int {TAG} }}", "ONLY_INACCESSIBLE_CHILDREN"),
    "an enum without values": (f"type Query {{ e: E }} enum E {{ A {TAG} }}", "ONLY_INACCESSIBLE_CHILDREN"),
    "an input without fields": (
        f"type Query {{ t(n: N): Int }} input N {{ x: Int {TAG} }}",
        "ONLY_INACCESSIBLE_CHILDREN",
    ),
    "a union without members": (
        f"type Query {{ u: U r: Int }} union U = T type T {TAG} {{ x: Int }}",
        "ONLY_INACCESSIBLE_CHILDREN",
    ),
    "no query": (f"type Query {{ t: Int {TAG} }}", "NO_QUERIES"),
    "a required argument": (f"type Query {{ t(a: Int! {TAG}): Int }}", "REQUIRED_INACCESSIBLE"),
    "a required input field": (
        f"type Query {{ t(n: N): Int }} input N {{ x: Int! {TAG} y: Int }}",
        "REQUIRED_INACCESSIBLE",
    ),
    "a field of an implementation": (
        f"type Query {{ i: I }} interface I {{ x: Int }} type T implements I {{ x: Int {TAG} y: Int }}",
        "IMPLEMENTED_BY_INACCESSIBLE",
    ),
}


@pytest.mark.parametrize(("sdl", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_a_contract_must_leave_a_schema(sdl: str, code: str) -> None:
    """One problem, which says what the contract does."""
    ((found, message),) = problems(sdl, exclude="no")
    assert found == code
    assert message.startswith("the contract ")


def test_all_problems_of_a_contract_are_told() -> None:
    """Not only the first."""
    sdl = f"type Query {{ t: T e: E }} type T {TAG} {{ x: Int }} enum E {{ A {TAG} }}"
    assert [code for code, _ in problems(sdl, exclude="no")] == [
        "REFERENCED_INACCESSIBLE",
        "ONLY_INACCESSIBLE_CHILDREN",
    ]


def test_inaccessible_elements_stay_so() -> None:
    """Whatever tags say, under whatever name the supergraph has the directive."""
    sdl = 'type Query { t: Int @tag(name: "yes") u: Int @inaccessible @tag(name: "yes") }'
    assert list(api(sdl, include="yes").type_map["Query"].fields) == ["t"]  # type: ignore[attr-defined]

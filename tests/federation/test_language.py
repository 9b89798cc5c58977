"""The query language over one subgraph and two: fragments, aliases, variables, interfaces, unions, __typename."""

from __future__ import annotations

import pytest

from gateway.operation.errors import RequestError
from tests.support.checks import check
from tests.support.gateway import Gateway
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World, find

pytestmark = pytest.mark.anyio

ZOO = Scenario(
    name="zoo",
    subgraphs={
        "animals": FEDERATION_2
        + """
        type Query {
          animals(first: Int = 10, kinds: [Kind!] = [BIRD, FISH], where: Where): [Animal!]!
          animal(id: ID!): Animal
          exhibits: [Exhibit]!
          matrix: [[Int!]!]!
        }
        interface Animal { id: ID! name(lang: String = "en"): String! keeper: Keeper mates: [Animal!] }
        interface Swimmer { speed(unit: String): Float }
        type Bird implements Animal @key(fields: "id") {
          id: ID! name(lang: String = "en"): String! keeper: Keeper mates: [Animal!] wingspan: Float
        }
        type Fish implements Animal & Swimmer @key(fields: "id") {
          id: ID! name(lang: String = "en"): String! keeper: Keeper mates: [Animal!]
          speed(unit: String): Float salty: Boolean
        }
        type Statue { title: String! name: Int }
        union Exhibit = Bird | Fish | Statue
        type Keeper @key(fields: "id") { id: ID! }
        enum Kind { BIRD FISH }
        input Where { name: String tags: [String!] older: Where }
        """,
        "staff": FEDERATION_2
        + """
        type Query { staff: [Keeper!]! }
        type Keeper @key(fields: "id") { id: ID! name: String! shift(day: String!): String boss: Keeper }
        """,
        "vets": FEDERATION_2
        + """
        type Bird @key(fields: "id") { id: ID! ring: String }
        type Fish @key(fields: "id") { id: ID! tank: Int }
        """,
    },
    api="""
    type Query {
      animals(first: Int = 10, kinds: [Kind!] = [BIRD, FISH], where: Where): [Animal!]!
      animal(id: ID!): Animal
      exhibits: [Exhibit]!
      matrix: [[Int!]!]!
      staff: [Keeper!]!
    }
    interface Animal { id: ID! name(lang: String = "en"): String! keeper: Keeper mates: [Animal!] }
    interface Swimmer { speed(unit: String): Float }
    type Bird implements Animal {
      id: ID! name(lang: String = "en"): String! keeper: Keeper mates: [Animal!] wingspan: Float ring: String
    }
    type Fish implements Animal & Swimmer {
      id: ID! name(lang: String = "en"): String! keeper: Keeper mates: [Animal!]
      speed(unit: String): Float salty: Boolean tank: Int
    }
    type Statue { title: String! name: Int }
    union Exhibit = Bird | Fish | Statue
    type Keeper { id: ID! name: String! shift(day: String!): String boss: Keeper }
    enum Kind { BIRD FISH }
    input Where { name: String tags: [String!] older: Where }
    """,
    world=World(
        {
            "Bird": {"b1": {"keeper": "k1", "mates": ["Bird:b2", "Fish:f1"]}, "b2": {"keeper": "k2", "mates": []}},
            "Fish": {"f1": {"keeper": None, "mates": ["Bird:b1"]}, "f2": {"keeper": "k1", "mates": None}},
            "Keeper": {"k1": {"boss": "k2"}, "k2": {"boss": None}},
        },
        query={
            "animals": lambda world, arguments: ["Bird:b1", "Fish:f1", "Fish:f2"][: arguments["first"]],
            "animal": find("Animal"),
            "exhibits": ["Fish:f2", None, {"__typename": "Statue", "title": "Lion"}, "Bird:b1"],
            "matrix": [[1, 2], [], [3]],
            "staff": ["k1", "k2"],
        },
        subtypes={"Animal": ["Bird", "Fish"], "Swimmer": ["Fish"]},
    ),
)

CASES = [
    Case(
        name="fields of an interface",
        query="{ animals { id name } }",
        plan=["1 animals"],
    ),
    Case(
        name="fragments on types of an interface",
        query="{ animals { id ... on Bird { wingspan } ... on Fish { salty } } }",
        plan=["1 animals"],
    ),
    Case(
        name="a fragment on another interface",
        query='{ animals { name ... on Swimmer { speed(unit: "kn") } } exhibits { ... on Swimmer { speed } } }',
        plan=["1 animals"],
    ),
    Case(
        name="a union with a member that has nothing selected",
        query="{ exhibits { ... on Statue { title } ... on Bird { wingspan } } }",
        plan=["1 animals"],
    ),
    Case(
        name="the same name with different types in two members",
        query="{ exhibits { ... on Statue { number: name title } ... on Bird { name } } }",
        plan=["1 animals"],
    ),
    Case(
        name="typename plain and aliased and repeated",
        query="{ __typename animals { __typename kind: __typename ... on Bird { __typename } } again: __typename }",
        plan=["1 animals"],
    ),
    Case(name="typename of the root alone", query="{ __typename }", plan=[]),
    Case(
        name="typename on a union",
        query="{ exhibits { __typename ... on Animal { id } } }",
        plan=["1 animals"],
    ),
    Case(
        name="typename across a jump",
        query="{ animals { keeper { __typename boss { __typename name } } } }",
        plan=["1 animals", "2 staff at animals/keeper after animals"],
    ),
    Case(
        name="named fragments nested in each other",
        query="""
        query Named { animals { ...Face ...Home } }
        fragment Face on Animal { name ...Wing }
        fragment Wing on Bird { wingspan keeper { id } }
        fragment Home on Animal { keeper { ...Person } }
        fragment Person on Keeper { name boss { id name } }
        """,
        plan=["1 animals", "2 staff at animals/keeper after animals"],
    ),
    Case(
        name="the same field merged from many places",
        query="{ staff { boss { id } ... { boss { name } } ... on Keeper { boss { boss { id } } } } }",
        plan=["1 staff"],
    ),
    Case(
        name="two aliases of one field are fetched once",
        query="{ a: staff { x: name y: name } b: staff { z: name } }",
        plan=["1 staff"],
        requests={"staff": 1},
    ),
    Case(
        name="aliases of one field with different arguments",
        query='{ animals { de: name(lang: "de") fr: name(lang: "fr") name } }',
        plan=["1 animals"],
    ),
    Case(
        name="aliases that look like other fields",
        query='{ animals { name: id id: name(lang: "la") } staff { boss: name name: boss { id } } }',
        plan=["1 animals", "1 staff"],
    ),
    Case(
        name="aliases that look like internal names",
        query='{ animals { name__1: id name__2: name(lang: "la") name } _entities: staff { name } }',
        plan=["1 animals", "1 staff"],
    ),
    Case(
        name="an alias on the way of a jump",
        query='{ animals { boss: keeper { who: name monday: shift(day: "mo") friday: shift(day: "fr") } } }',
        plan=["1 animals", "2 staff at animals/keeper after animals"],
    ),
    Case(
        name="different aliases of a jump in two members",
        query="{ exhibits { ... on Bird { a: keeper { name } } ... on Fish { b: keeper { name boss { id } } } } }",
    ),
    Case(
        name="jumps that depend on the type",
        query="{ animals { id ... on Bird { ring } ... on Fish { tank } } }",
        plan=["1 animals", "2 vets at animals after animals"],
    ),
    Case(
        name="variables and their defaults",
        query="""
        query($n: Int = 2, $lang: String = "it", $day: String!, $where: Where) {
          animals(first: $n, where: $where) { name(lang: $lang) keeper { shift(day: $day) } }
        }
        """,
        variables={"day": "su", "where": {"name": "x", "tags": ["a"], "older": {"name": "y"}}},
        plan=["1 animals", "2 staff at animals/keeper after animals"],
    ),
    Case(
        name="a given variable wins over its default",
        query='query($n: Int = 2, $lang: String = "it") { animals(first: $n) { name(lang: $lang) } }',
        variables={"n": 1, "lang": "sv"},
    ),
    Case(
        name="an explicit null is not an absent value",
        query='query($lang: String = "it") { animals { name(lang: $lang) } }',
        variables={"lang": None},
    ),
    Case(
        name="an absent variable lets the default of the argument stand",
        query="query($lang: String) { animals { name(lang: $lang) } }",
    ),
    Case(
        name="a single value for a list",
        query="query($k: [Kind!]) { animals(kinds: $k) { id } again: animals(kinds: FISH) { id } }",
        variables={"k": "BIRD"},
    ),
    Case(
        name="a variable inside an input object and a list",
        query="query($a: String!, $k: Kind!) { animals(kinds: [$k], where: {tags: [$a], older: {name: $a}}) { id } }",
        variables={"a": "q", "k": "FISH"},
    ),
    Case(
        name="one operation of several",
        query="query A { matrix } query B($d: String!) { staff { shift(day: $d) } }",
        operation="B",
        variables={"d": "mo"},
        plan=["1 staff"],
    ),
    Case(name="lists of lists of leaves", query="{ matrix }", plan=["1 animals"]),
    Case(
        name="an interface within an interface",
        query="{ animals { mates { name mates { id ... on Bird { ring wingspan } } } } }",
        plan=["1 animals", "2 vets at animals/mates/mates after animals"],
    ),
    Case(
        name="strings with quotes and control characters and block strings",
        query='{ animals { a: name(lang: "\\"q\\" \\\\ \\n é 🐟") b: name(lang: """block "x" text""") } }',
        plan=["1 animals"],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_the_query_language(case: Case) -> None:
    """Whatever a client may write, the answer is that of one schema."""
    await check(ZOO, case)


REFUSED = [
    ("{ nothing }", {}, None),
    ("{ animals { id }", {}, None),
    ("{ animals }", {}, None),
    ("query($n: Int) { animals(first: $m) { id } }", {}, None),
    ("query($n: Int!) { animals(first: $n) { id } }", {}, None),
    ("query($n: Int!) { animals(first: $n) { id } }", {"n": "many"}, None),
    ("query A { matrix } query B { matrix }", {}, None),
    ("query A { matrix } query B { matrix }", {}, "C"),
    ("{ _entities(representations: []) { __typename } }", {}, None),
    ("{ _service { sdl } }", {}, None),
    ("mutation { anything }", {}, None),
]


@pytest.mark.parametrize(("query", "variables", "operation"), REFUSED)
async def test_faulty_requests_are_refused(query: str, variables: dict[str, object], operation: str | None) -> None:
    """A request error with a code; nobody is asked."""
    with pytest.raises(RequestError) as refused:
        await Gateway(ZOO).ask(query, variables, operation)
    assert all(error["message"] and error["extensions"]["code"] for error in refused.value.errors)

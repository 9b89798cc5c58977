"""@context and @fromContext in composition: what is refused, with the codes of the field, and what is printed."""

from __future__ import annotations

import pytest

from gateway.federation.compose import SubgraphSchema, compose
from gateway.federation.errors import SchemaError
from gateway.federation.read_supergraph import load_supergraph
from gateway.planning.satisfiability import unsatisfiable_fields

LINK = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: [
  "@key" "@context" "@fromContext" "@shareable" "@external"
])
"""
USER = 'type User @key(fields: "id") @context(name: "u") { id: ID! currency: String! tx: Tx! }'
MONEY = 'type User @key(fields: "id") @context(name: "u") { id: ID! money: %s tx: Tx! } %s'
TX = 'type Tx @key(fields: "id") { id: ID! amount(cur: %s @fromContext(field: "%s")): Int! }'
READS = TX % ("String", "$u { currency }")
GROUP = 'type Group @key(fields: "id") @context(name: "u") { id: ID! money: String! tx: Tx }'
ROOT = "type Query { user: User }"
BOTH_ROOTS = "type Query { user: User group: Group }"
OTHER = 'type Query { x: Int } type Tx @key(fields: "id") { id: ID! z: Int! }'


def codes(*parts: str, other: str = OTHER) -> list[str]:
    """All codes of composition, or else of satisfiability."""
    try:
        composed = compose([SubgraphSchema("a", LINK + " ".join(parts)), SubgraphSchema("b", LINK + other)])
    except SchemaError as error:
        return sorted(problem.code for problem in error.problems)
    return sorted(problem.code for problem in unsatisfiable_fields(load_supergraph(composed.supergraph_sdl)))


FINE = {
    "a leaf": (ROOT, USER, READS),
    "nobody reads it": (ROOT, USER, 'type Tx @key(fields: "id") { id: ID! amount: Int! }'),
    "a fragment on its type": (ROOT, USER, TX % ("String", "$u ... on User { currency }")),
    "a fragment in braces": (ROOT, USER, TX % ("String", "$u { ... on User { currency } }")),
    "arguments": (ROOT, USER.replace("currency", "currency(x: Int)"), TX % ("String", "$u { currency(x: 1) }")),
    "inside an object": (ROOT, MONEY % ("Money", "type Money { c: String! }"), TX % ("String", "$u { money { c } }")),
    "inside objects of a list": (
        *(ROOT, MONEY % ("[Money!]!", "type Money { c: String! }")),
        TX % ("[String]", "$u { money { c } }"),
    ),
    "two types, each by a fragment": (
        *(BOTH_ROOTS, USER, GROUP),
        TX % ("String", "$u ... on User { currency } ... on Group { money }"),
    ),
    "an interface sets it": (
        ROOT,
        'interface P @context(name: "u") { currency: String! }',
        'type User implements P @key(fields: "id") { id: ID! currency: String! tx: Tx! }',
        READS,
    ),
    "the query sets it": ('type Query @context(name: "u") { currency: String! tx: Tx }', READS),
}
FAULTY = {
    "a name with an underscore": (
        ["CONTEXT_NAME_INVALID"],
        (ROOT, USER.replace('"u"', '"u_1"'), TX % ("String", "$u_1 { currency }")),
    ),
    "a name that does not begin with a letter": (
        ["CONTEXT_NAME_INVALID", "NO_CONTEXT_IN_SELECTION"],
        (ROOT, USER.replace('"u"', '"1u"'), TX % ("String", "$1u { currency }")),
    ),
    "no type sets it": (["CONTEXT_NOT_SET"], (ROOT, USER, TX % ("String", "$v { currency }"))),
    "no dollar": (["NO_CONTEXT_IN_SELECTION"], (ROOT, USER, TX % ("String", "u { currency }"))),
    "no selection": (["NO_CONTEXT_IN_SELECTION"], (ROOT, USER, TX % ("String", "$u"))),
    "an empty selection": (["CONTEXT_INVALID_SELECTION"], (ROOT, USER, TX % ("String", "$u { }"))),
    "two values": (["CONTEXT_INVALID_SELECTION"], (ROOT, USER, TX % ("String", "$u { currency id }"))),
    "an unknown field": (["CONTEXT_INVALID_SELECTION"], (ROOT, USER, TX % ("String", "$u { nope }"))),
    "an alias": (["CONTEXT_INVALID_SELECTION"], (ROOT, USER, TX % ("String", "$u { c: currency }"))),
    "a directive": (["CONTEXT_INVALID_SELECTION"], (ROOT, USER, TX % ("String", "$u { currency @skip(if: true) }"))),
    "an object": (["CONTEXT_INVALID_SELECTION"], (ROOT, USER, TX % ("String", "$u { tx }"))),
    "below a leaf": (["CONTEXT_INVALID_SELECTION"], (ROOT, USER, TX % ("String", "$u { currency { x } }"))),
    "a fragment on another type": (
        ["CONTEXT_INVALID_SELECTION"],
        (ROOT, USER, TX % ("String", "$u ... on Tx { id }")),
    ),
    "no fragment for one of its types": (
        ["CONTEXT_INVALID_SELECTION"],
        (BOTH_ROOTS, USER, GROUP, TX % ("String", "$u ... on User { currency }")),
    ),
    "another type": (["CONTEXT_INVALID_SELECTION"], (ROOT, USER, TX % ("Int", "$u { currency }"))),
    "an argument that takes no null": (
        ["CONTEXT_INVALID_SELECTION"],
        (ROOT, USER, TX % ("String!", "$u { currency }")),
    ),
    "a list for one value": (
        ["CONTEXT_INVALID_SELECTION"],
        (ROOT, MONEY % ("[String!]!", ""), TX % ("String", "$u { money }")),
    ),
    "no key": (["CONTEXT_NO_RESOLVABLE_KEY"], (ROOT, USER, READS.replace('@key(fields: "id")', ""))),
    "a key that is not resolvable": (
        ["CONTEXT_NO_RESOLVABLE_KEY"],
        (ROOT, USER, READS.replace('"id")', '"id", resolvable: false)')),
    ),
    "a default": (["CONTEXT_NOT_SET"], (ROOT, USER, READS.replace("String @", 'String = "x" @'))),
    "a field that an interface declares": (
        ["CONTEXT_NOT_SET"],
        (ROOT, USER, READS.replace("type Tx", "type Tx implements I"), "interface I { amount: Int! }"),
    ),
    "an argument of a directive": (
        ["CONTEXT_NOT_SET"],
        (ROOT, USER, READS, 'directive @d(x: String @fromContext(field: "$u { currency }")) on FIELD'),
    ),
    "the object itself is no ancestor": (
        ["SATISFIABILITY_ERROR"],
        (
            "type Query { tx: Tx }",
            'type Tx @key(fields: "id") @context(name: "u") {'
            ' id: ID! currency: String amount(cur: String @fromContext(field: "$u { currency }")): Int! }',
        ),
    ),
    "a way there on which nobody sets it": (
        ["SATISFIABILITY_ERROR"],
        (ROOT + " extend type Query { tx: Tx }", USER, READS),
    ),
}


@pytest.mark.parametrize("name", FINE)
def test_what_gives_one_value_is_accepted(name: str) -> None:
    """On every way to the field some object sets the context."""
    other = "type Query { x: Int }" if name == "the query sets it" else OTHER
    assert codes(*FINE[name], other=other) == []


@pytest.mark.parametrize("name", FAULTY)
def test_what_gives_none_is_refused_with_the_codes_of_the_field(name: str) -> None:
    """The same codes as Apollo's composition gives."""
    expected, parts = FAULTY[name]
    assert codes(*parts) == expected


def test_another_subgraph_that_demands_the_argument_is_refused() -> None:
    """Clients could not give it."""
    shared = (ROOT, USER, READS.replace("Int! }", "Int! @shareable }"))
    demands = OTHER.replace("z: Int!", "amount(cur: String%s): Int! @shareable")
    expected = ["CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS"]
    assert codes(*shared, other=demands % "!") == expected
    assert codes(*shared, other=demands % "") == []


def test_another_subgraph_may_enter_without_setting_it() -> None:
    """Then the field cannot be had there, and that is told."""
    other = OTHER.replace("x: Int", "tx: Tx")
    [problem] = unsatisfiable_fields(
        load_supergraph(
            compose([SubgraphSchema("a", LINK + ROOT + USER + READS), SubgraphSchema("b", LINK + other)]).supergraph_sdl
        )
    )
    assert '"a" needs the context "a__u", which no object on the way here sets' in problem.message


def test_a_value_that_only_others_have_is_no_unused_external() -> None:
    """The mark is there for the context's sake."""
    user = USER.replace("String!", "String! @external")
    assert (
        codes(
            ROOT, user, READS, other='type Query { x: Int } type User @key(fields: "id") { id: ID! currency: String! }'
        )
        == []
    )


def test_the_supergraph_says_what_the_gateway_fills_in_and_clients_see_nothing_of_it() -> None:
    """In the words of join v0.5; contexts are told apart by subgraph."""
    composed = compose([SubgraphSchema("a", LINK + ROOT + USER + READS), SubgraphSchema("b", LINK + OTHER)])
    assert '@link(url: "https://specs.apollo.dev/context/v0.1", for: SECURITY)' in composed.supergraph_sdl
    assert (
        '@join__field(graph: A, contextArguments: [{context: "a__u", name: "cur", type: "String",'
        ' selection: " { currency }"}])'
    ) in composed.supergraph_sdl
    assert '@context(name: "a__u")' in composed.supergraph_sdl
    supergraph = load_supergraph(composed.supergraph_sdl)
    assert supergraph.types["User"].contexts == {"a__u"}
    assert supergraph.api_schema.type_map["Tx"].fields["amount"].args == {}
    assert not [name for name in supergraph.api_schema.type_map if "ontext" in name]

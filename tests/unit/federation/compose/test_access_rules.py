"""Access rules in composition: what interfaces sum up, what interface objects add, what requirements must carry."""

from __future__ import annotations

import pytest

from gateway.federation.access import Rules
from gateway.federation.compose import SubgraphSchema
from gateway.federation.read_supergraph import load_supergraph
from tests.unit.federation.compose.composing import annotations, codes, composition, fed2, problems

QUERY = "type Query { i: I } "
IMPLEMENTED = """
    interface I { id: ID! n: Int }
    type A implements I @key(fields: "id") { id: ID! n: Int @requiresScopes(scopes: [["x"], ["y"]]) }
    type B implements I @key(fields: "id") @authenticated { id: ID! n: Int @requiresScopes(scopes: [["y"], ["z"]]) }
"""


def rules_of(coordinate: str, **sdls: str) -> list[str]:
    """What the gateway reads for `Type` or `Type.field`, as text."""
    access = load_supergraph(composition(**sdls).supergraph_sdl).access
    type_name, _, field_name = coordinate.partition(".")
    found: Rules = access.fields.get((type_name, field_name), frozenset()) if field_name else access.types[type_name]
    return sorted(map(str, found))


def written_rules(**sdls: str) -> dict[str, list[str]]:
    """The rules in the supergraph's text, by coordinate."""
    found = annotations(composition(**sdls).supergraph_sdl)
    return {name: [text for text in texts if not text.startswith("@join__")] for name, texts in found.items()}


def test_an_interface_sums_up_what_its_implementations_ask_for():
    written = written_rules(a=QUERY + IMPLEMENTED)
    assert written["I"] == ["@authenticated"]
    assert written["I.n"] == ['@requiresScopes(scopes: [["x", "z"], ["y"]])']
    assert written["A"] == []
    assert written["I.id"] == []


def test_what_is_only_summed_up_is_not_read_as_a_rule():
    access = load_supergraph(composition(a=QUERY + IMPLEMENTED).supergraph_sdl).access
    assert set(access.types) == {"B"}
    assert set(access.fields) == {("A", "n"), ("B", "n")}


CATALOG = """type Query { i: I } interface I @key(fields: "id") { id: ID! }
    type A implements I @key(fields: "id") { id: ID! } type B implements I @key(fields: "id") { id: ID! %s }"""
ADDED = 'type I @key(fields: "id") @interfaceObject { id: ID! k: Int @shareable @requiresScopes(scopes: [["k"]]) }'


def test_a_field_of_an_interface_object_has_its_rule_on_every_implementation():
    subgraphs = {"a": CATALOG % "", "b": ADDED}
    written = written_rules(**subgraphs)
    assert [written[f"{name}.k"] for name in "ABI"] == [['@requiresScopes(scopes: [["k"]])']] * 3
    assert rules_of("A.k", **subgraphs) == ["@requiresScopes([['k']])"]


def test_an_implementation_s_own_rule_is_joined_with_the_interface_object_s():
    subgraphs = {"a": CATALOG % 'k: Int @shareable @requiresScopes(scopes: [["own"]])', "b": ADDED}
    assert rules_of("B.k", **subgraphs) == ["@requiresScopes([['k', 'own']])"]
    assert rules_of("A.k", **subgraphs) == ["@requiresScopes([['k']])"]


@pytest.mark.parametrize(
    ("sdl", "count"),
    [
        ("interface I @authenticated { n: Int }", 1),
        ('interface I { n: Int @policy(policies: [["p"]]) }', 1),
        ('type I @interfaceObject @key(fields: "n") @authenticated { n: Int }', 1),
        ('type I @interfaceObject @key(fields: "n") { n: Int m: Int @authenticated }', 0),
    ],
)
def test_interfaces_have_no_rules_of_their_own(sdl: str, count: int):
    real = 'interface I @key(fields: "n") { n: Int } type A implements I @key(fields: "n") { n: Int }'
    subgraphs = {"a": "type Query { q: Int } " + sdl} | ({"b": real} if "interfaceObject" in sdl else {})
    found = [code for code in codes(**subgraphs) if code.startswith("AUTH")]
    assert found == ["AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE"] * count


# -- requirements ------------------------------------------------------------------------------------------------------

BASE = """
type Query {{ t: T }}
type T @key(fields: "id") {{ id: ID! n: Int {n} o: O {o} u: U i: I }}
type O {on} {{ a: Int {a} e: E }}
enum E {e} {{ X }}
type P implements I {{ x: Int y: Int @authenticated }}
type R implements I {{ x: Int @authenticated y: Int @authenticated }}
interface I {{ x: Int y: Int }}
union U = P | R
"""
BOTH = "type P implements I {{ {0}: Int @external }} type R implements I {{ {0}: Int @external }}"
NEEDED = {
    "n": ("n: Int", ""),
    "o { a }": ("o: O", "type O { a: Int @external }"),
    "o { e }": ("o: O", "type O { e: E @external } enum E { X }"),
    "i { x }": ("i: I", "interface I { x: Int } " + BOTH.format("x")),
    "i { y }": ("i: I", "interface I { y: Int } " + BOTH.format("y")),
    "u { ... on P { x } }": ("u: U", "union U = P type P { x: Int @external }"),
    "u { ... on R { x } }": ("u: U", "union U = R type R { x: Int @external }"),
}


def needing(needs: str, rule: str, own: str) -> str:
    """A subgraph with a field that requires this."""
    field, types = NEEDED[needs]
    key = f'type T @key(fields: "id") {own}'
    return f'{key} {{ id: ID! {field} @external\n f: Int @requires(fields: "{needs}") {rule} }} {types}'


def refused(needs: str, rule: str = "", own: str = "", **rules: str) -> bool:
    """Whether a field with this rule may not require that."""
    filled = {"n": "", "o": "", "on": "", "a": "", "e": "", **rules}
    found = codes(a=BASE.format(**filled), b=needing(needs, rule, own))
    assert found in ([], ["MISSING_TRANSITIVE_AUTH_REQUIREMENTS"])
    return bool(found)


def scopes(*groups: str) -> str:
    return f"@requiresScopes(scopes: [{', '.join(str(group.split()) for group in groups)}])".replace("'", '"')


@pytest.mark.parametrize("rule", ["@authenticated", scopes("x"), '@policy(policies: [["x"]])'])
@pytest.mark.parametrize(
    ("place", "needs"), [("n", "n"), ("o", "o { a }"), ("on", "o { a }"), ("a", "o { a }"), ("e", "o { e }")]
)
def test_what_requires_something_asks_for_at_least_its_rule(rule: str, place: str, needs: str):
    assert refused(needs, **{place: rule})
    assert not refused(needs, rule, **{place: rule})
    assert not refused(needs)


def test_a_rule_of_the_type_will_do_and_what_is_not_required_does_not_matter():
    assert not refused("n", own="@authenticated", n="@authenticated")
    assert not refused("n", o="@authenticated", a="@authenticated")


@pytest.mark.parametrize(
    ("required", "given", "enough"),
    [
        (scopes("a"), scopes("a b"), True),
        (scopes("a b"), scopes("a"), False),
        (scopes("a", "b"), scopes("a"), True),
        (scopes("a"), scopes("a", "b"), False),
        (scopes("a", "b"), scopes("a c", "b d"), True),
        (scopes("a"), '@policy(policies: [["a"]])', False),
        (scopes("a"), "@authenticated", False),
        (f"@authenticated {scopes('a')}", scopes("a"), False),
        (f"@authenticated {scopes('a')}", f"{scopes('a')} @authenticated", True),
    ],
)
def test_whoever_sees_it_must_be_allowed_to_see_what_it_is_made_of(required: str, given: str, enough: bool):
    assert refused("n", given, n=required) is not enough


@pytest.mark.parametrize(
    ("needs", "refuses"),
    [("i { x }", True), ("i { y }", True), ("u { ... on P { x } }", False), ("u { ... on R { x } }", True)],
)
def test_of_an_interface_every_implementation_counts(needs: str, refuses: bool):
    assert refused(needs) is refuses
    assert not refused(needs, "@authenticated")


def test_the_problem_says_what_asks_for_what_and_where():
    schemas = {
        "a": BASE.format(n=scopes("x"), o="", on="", a="", e=""),
        "b": needing("n", "", ""),
    }
    (problem,) = problems([SubgraphSchema(name, fed2(sdl)) for name, sdl in schemas.items()])
    assert (problem.subgraph, problem.line) == ("b", 3)
    assert problem.message.startswith('"T.f" is made of "T.n", which asks for @requiresScopes([[\'x\']]). Give')


def test_what_comes_from_a_context_counts_as_well():
    sdl = """
    type Query { u: U }
    type U @context(name: "u") { secret: Int %s t: T }
    type T @key(fields: "id") { id: ID! f(s: Int @fromContext(field: "$u { secret }")): Int %s }
    """
    assert codes(a=sdl % ("@authenticated", "")) == ["MISSING_TRANSITIVE_AUTH_REQUIREMENTS"]
    assert codes(a=sdl % ("@authenticated", "@authenticated")) == []
    assert codes(a=sdl % ("", "")) == []

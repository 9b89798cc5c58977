"""Reading access rules from supergraph files: whoever composed them, none is lost."""

from __future__ import annotations

import pytest

from gateway.federation.access import AUTHENTICATED, Access, Rule, RuleKind, all_of
from gateway.federation.errors import SchemaError
from tests.unit.supergraphs import load

LINKS = " ".join(
    f'@link(url: "https://specs.apollo.dev/{name}/v0.1", for: SECURITY)'
    for name in ("authenticated", "requiresScopes", "policy")
)
QUERY = "type Query @join__type(graph: A) { i: I a: A b: B } "


def access(types: str, links: str = LINKS) -> Access:
    return load(types, links=links).access


def scopes(*groups: str) -> Rule:
    return Rule(RuleKind.SCOPES, frozenset(frozenset(group.split()) for group in groups))


def test_rules_are_read_from_types_fields_scalars_and_enums():
    found = access(
        """
        type Query @join__type(graph: A) @policy(policies: [["p", "q"], ["r"]]) { s: S @authenticated e: E }
        scalar S @join__type(graph: A) @requiresScopes(scopes: [["a"]])
        enum E @join__type(graph: A) @authenticated @requiresScopes(scopes: "a") { X }
        """
    )
    policy = Rule(RuleKind.POLICIES, frozenset({frozenset({"p", "q"}), frozenset({"r"})}))
    assert found.types == {
        "Query": {policy},
        "S": {scopes("a")},
        "E": {AUTHENTICATED, scopes("a")},
    }
    assert found.fields == {("Query", "s"): {AUTHENTICATED}}
    assert not access("type Query @join__type(graph: A) { a: Int }")


@pytest.mark.parametrize(
    ("link", "mark"),
    [
        ('as: "secured"', "@secured"),
        ('import: [{ name: "@authenticated", as: "@signedIn" }]', "@signedIn"),
        ('import: ["@authenticated"]', "@authenticated"),
    ],
)
def test_a_rule_may_go_by_another_name(link: str, mark: str):
    url = "https://specs.apollo.dev/authenticated/v0.1"
    found = access(
        f"type Query @join__type(graph: A) {{ a: Int {mark} }}", f'@link(url: "{url}", {link}, for: SECURITY)'
    )
    assert found.fields == {("Query", "a"): {AUTHENTICATED}}


@pytest.mark.parametrize(
    "mark",
    ["@requiresScopes", "@requiresScopes(scopes: null)", "@requiresScopes(scopes: [[1]])", "@policy(scopes: [])"],
)
def test_a_rule_that_cannot_be_read_is_not_left_out(mark: str):
    with pytest.raises(SchemaError) as refused:
        access(f"type Query @join__type(graph: A) {{ a: Int {mark} }}")
    assert "'Query.a'" in refused.value.problems[0].message


@pytest.mark.parametrize("mark", ["@authenticated", '@requiresScopes(scopes: [["a"]])', '@policy(policies: [["a"]])'])
def test_a_rule_without_its_link_is_refused(mark: str):
    """The file was edited, or composed wrongly: to take the mark for something else could show what it hides."""
    with pytest.raises(SchemaError) as refused:
        access(f"type Query @join__type(graph: A) {{ a: Int {mark} }}", "")
    assert "does not link" in refused.value.problems[0].message


def interface(on_i: str, on_n: str, on_a: str = "", a_n: str = "", b_n: str = "") -> Access:
    return access(
        QUERY
        + f"""
        interface I @join__type(graph: A) {on_i} {{ n: Int {on_n} }}
        type A implements I @join__type(graph: A) @join__implements(graph: A, interface: "I") {on_a} {{ n: Int {a_n} }}
        type B implements I @join__type(graph: A) @join__implements(graph: A, interface: "I") {{ n: Int {b_n} }}
        """
    )


def test_an_interface_s_sum_is_dropped():
    found = interface("@authenticated", "@authenticated", "@authenticated", a_n="@authenticated")
    assert (found.types, found.fields) == ({"A": {AUTHENTICATED}}, {("A", "n"): {AUTHENTICATED}})
    a, b = ('@requiresScopes(scopes: [["x"], ["y"]])', '@requiresScopes(scopes: [["x"], ["z"]])')
    found = interface("", '@requiresScopes(scopes: [["y", "z"], ["x"]])', a_n=a, b_n=b)
    assert found.fields == {("A", "n"): {scopes("x", "y")}, ("B", "n"): {scopes("x", "z")}}


@pytest.mark.parametrize(
    "marks",
    [
        ("@authenticated", ""),
        ("", "@authenticated"),
        ("@authenticated", "", "", "@authenticated"),
        ("", "", "@authenticated"),
        ("", '@requiresScopes(scopes: [["x"]])', "", '@requiresScopes(scopes: [["x"], ["y"]])'),
    ],
)
def test_a_rule_that_somebody_wrote_on_an_interface_binds_its_implementations(marks: tuple[str, ...]):
    """Otherwise a fragment on the implementation would walk around it."""
    found = interface(*marks)
    if marks[0]:
        assert found.types["A"] >= {AUTHENTICATED}
        assert found.types["B"] == {AUTHENTICATED}
    if marks[1]:
        assert found.fields["B", "n"]
        assert found.fields["A", "n"] >= found.fields["B", "n"]
    assert "I" not in found.types


def test_an_interface_that_nothing_implements_keeps_its_rules():
    found = access(
        "type Query @join__type(graph: A) { i: I } interface I @join__type(graph: A) @authenticated { n: Int }"
    )
    assert found.types == {"I": {AUTHENTICATED}}


@pytest.mark.parametrize(
    ("parts", "together"),
    [
        ([], [""]),
        ([["a"]], ["a"]),
        ([["a", "b"], ["c"]], ["a c", "b c"]),
        ([["a", "b"], ["a", "b"]], ["a", "b"]),
        ([["a", "b"], ["a", "c"]], ["a", "b c"]),
        ([["a"], []], []),
    ],
)
def test_all_of_several_rules(parts: list[list[str]], together: list[str]):
    def sets(groups: list[str]) -> frozenset[frozenset[str]]:
        return frozenset(frozenset(group.split()) for group in groups)

    assert all_of(map(sets, parts)) == sets(together)


def test_a_rule_on_many_elements_costs_no_more_than_one():
    many = [frozenset({frozenset({"a"}), frozenset({f"b{n}"})}) for n in range(3)] * 10_000
    assert len(all_of(many)) == 2

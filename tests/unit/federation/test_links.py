"""Links: which specifications a supergraph file uses, under which names, and which it may not use."""

from __future__ import annotations

import pytest
from graphql import parse

from gateway.federation.links import Link, read_links

JOIN = '@link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)'


def read(directives: str, definition: str = "schema") -> tuple[dict[str, Link], list[str]]:
    """The links, and the codes of what is refused."""
    links, problems = read_links(parse(f"{definition} {directives} {{ query: Query }}"))
    return links, [problem.code for problem in problems]


@pytest.mark.parametrize("version", ["0.2", "0.3", "0.4", "0.5"])
def test_join_0_2_to_0_5_are_read(version: str):
    links, codes = read(f'@link(url: "https://specs.apollo.dev/join/v{version}", for: EXECUTION)')
    assert codes == []
    assert links["join"].version == version


@pytest.mark.parametrize("version", ["0.1", "0.6", "1.0", "0.20"])
def test_other_join_versions_are_refused_with_those_that_are_supported(version: str):
    _, problems = read_links(parse(f'schema @link(url: "https://specs.apollo.dev/join/v{version}") {{ query: Query }}'))
    assert [problem.code for problem in problems] == ["UNSUPPORTED_SUPERGRAPH"]
    assert f"join v{version} is not supported" in problems[0].message
    assert "v0.2, v0.3, v0.4, v0.5" in problems[0].message


def test_a_federation_1_supergraph_is_refused_and_says_how_to_recompose():
    links, problems = read_links(
        parse(
            'schema @core(feature: "https://specs.apollo.dev/core/v0.1")'
            ' @core(feature: "https://specs.apollo.dev/join/v0.1") { query: Query }'
        )
    )
    assert links == {}
    assert [problem.code for problem in problems] == ["UNSUPPORTED_SUPERGRAPH"]
    assert "recompose it with Federation 2" in problems[0].message


def test_a_schema_without_a_join_link_is_no_supergraph():
    assert read('@link(url: "https://specs.apollo.dev/link/v1.0")')[1] == ["UNSUPPORTED_SUPERGRAPH"]
    assert read_links(parse("type Query { a: Int }"))[1][0].message.startswith("this is not a supergraph")


@pytest.mark.parametrize("name", ["source", "connect"])
@pytest.mark.parametrize("purpose", ["SECURITY", "EXECUTION"])
def test_a_required_feature_that_is_not_implemented_is_refused(name: str, purpose: str):
    _, problems = read_links(
        parse(
            f'schema {JOIN} @link(url: "https://specs.apollo.dev/{name}/v0.1", for: {purpose}) {{ query: Query }}',
        )
    )
    assert [problem.code for problem in problems] == ["UNSUPPORTED_LINKED_FEATURE"]
    assert f"'{name}' v0.1 for {purpose.lower()}" in problems[0].message


@pytest.mark.parametrize(
    "url",
    [
        "https://specs.apollo.dev/authenticated/v0.2",
        "https://specs.apollo.dev/policy/v1.0",
        "https://x.test/requiresScopes/v0.1",
        "https://x.test/no-version",
        "anything",
    ],
)
def test_a_rule_that_only_resembles_a_known_one_is_refused(url: str):
    """Reading it as what it is not could show what it hides."""
    assert read(f'@link(url: "{url}", for: SECURITY)')[1] == ["UNSUPPORTED_LINKED_FEATURE"]


def test_every_refusal_is_listed():
    _, codes = read(
        '@link(url: "https://specs.apollo.dev/join/v0.9") @link(url: "https://x.test/one/v1.0", for: SECURITY)'
        ' @link(url: "https://x.test/two/v1.0", for: EXECUTION)'
    )
    assert codes == ["UNSUPPORTED_SUPERGRAPH", "UNSUPPORTED_LINKED_FEATURE", "UNSUPPORTED_LINKED_FEATURE"]


@pytest.mark.parametrize(
    "link",
    [
        '@link(url: "https://x.test/anything/v3.1")',
        '@link(url: "https://specs.apollo.dev/tag/v0.3")',
        '@link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)',
        '@link(url: "https://specs.apollo.dev/cost/v0.1", for: EXECUTION)',
        '@link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)',
        '@link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)',
        '@link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)',
        '@link(url: "https://x.test/policy/v0.1")',
        '@link(url: "https://x.test/no-version")',
    ],
)
def test_features_without_a_purpose_or_with_a_known_meaning_are_accepted(link: str):
    assert read(f"{JOIN} {link}")[1] == []


def test_links_may_stand_on_an_extension_of_the_schema():
    links, problems = read_links(parse(f"extend schema {JOIN} type Query {{ a: Int }}"))
    assert problems == []
    assert set(links) == {"join"}


@pytest.mark.parametrize(
    ("options", "element", "name"),
    [
        ("", "type", "join__type"),
        ('as: "fed"', "type", "fed__type"),
        ('import: ["@type"]', "type", "type"),
        ('import: [{name: "@type", as: "@lives"}]', "type", "lives"),
        ('import: [{name: "@type"}]', "type", "type"),
        ('as: "fed", import: [{name: "@type", as: "@lives"}]', "field", "fed__field"),
    ],
)
def test_directives_are_known_by_the_names_of_this_file(options: str, element: str, name: str):
    links, _ = read(f'@link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION, {options})')
    assert links["join"].directive(element) == name


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ("", "inaccessible"),
        ('as: "hidden"', "hidden"),
        ('import: ["@inaccessible"]', "inaccessible"),
        ('import: [{name: "@inaccessible", as: "@secret"}]', "secret"),
    ],
)
def test_a_directive_named_like_its_specification_has_no_prefix(options: str, name: str):
    links, _ = read(f'{JOIN} @link(url: "https://specs.apollo.dev/inaccessible/v0.2", {options})')
    assert links["inaccessible"].directive("inaccessible") == name


def test_link_itself_may_be_renamed():
    """`@link` applied under another name is still recognised, by its `url`."""
    links, problems = read_links(
        parse(
            'schema @core2(url: "https://specs.apollo.dev/link/v1.0", as: "core2")'
            ' @core2(url: "https://specs.apollo.dev/join/v0.3") { query: Query }'
        )
    )
    assert problems == []
    assert links["link"].namespace == "core2"
    assert links["join"].version == "0.3"

"""`braid plan`: the tree with its reasons, Apollo's shape, the drawing; what is at fault is said, with an exit code."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.unit.cli.conftest import Braid
from tests.unit.supergraphs import supergraph_sdl


def test_the_plan_is_a_tree_with_reasons(braid: Braid) -> None:
    """Variables that decide nothing about the plan may be left out."""
    result = braid("plan", "shelf.graphql")
    assert result.returncode == 0
    assert result.stderr == ""
    assert result.stdout == (
        "query Shelf: 2 requests in 2 levels, to books and ratings\n"
        "\n"
        "#0 books  level 1  query\n"
        "│   query ($first: Int!) {\n"
        "│     books__1: books(first: $first) {\n"
        "│       title\n"
        "│       id\n"
        "│     }\n"
        "│   }\n"
        "│   · Query.books: a root field; no other subgraph has it\n"
        "│   · Book.title: already holds the object; no other subgraph has it\n"
        "│   · Book.id: serves: key of ratings\n"
        "│\n"
        "└─ #1 ratings  level 2  Book(id) at books__1  after #0\n"
        "       query ($representations: [_Any!]!) {\n"
        "         _entities(representations: $representations) {\n"
        "           ... on Book {\n"
        "             stars\n"
        "           }\n"
        "         }\n"
        "       }\n"
        "       · Book.stars: entered by `id`; no other subgraph has it\n"
    )


def test_the_requests_are_those_that_the_stage_prints(braid: Braid) -> None:
    """One plan, printed for two purposes."""
    steps = json.loads(braid("show", "plan", "shelf.graphql", "-v", '{"first": 1}', "--json").stdout)
    shape = json.loads(braid("plan", "shelf.graphql", "--json").stdout)
    assert shape["kind"] == "QueryPlan"
    first, second = shape["node"]["nodes"]
    fetches = [first, second["node"]]
    assert [(fetch["serviceName"], fetch["operation"]) for fetch in fetches] == [
        (step["subgraph"], step["document"]) for step in steps
    ]
    assert (second["kind"], second["path"]) == ("Flatten", ["books__1", "@"])


def test_the_drawing_is_an_image(braid: Braid) -> None:
    image = ElementTree.fromstring(braid("plan", "shelf.graphql", "--svg").stdout)
    assert image.tag == "{http://www.w3.org/2000/svg}svg"
    assert image.get("aria-label") == "query Shelf: 2 requests in 2 levels, to books and ratings"


def test_a_supergraph_file_is_enough(braid: Braid, tmp_path: Path) -> None:
    (tmp_path / "supergraph.graphql").write_text(
        braid("compose").stdout.replace('url: ""', 'url: "http://127.0.0.1:1/graphql"')
    )
    result = braid("plan", "-", "-s", "supergraph.graphql", folder=tmp_path, stdin="{ best { title } }")
    assert result.stdout.startswith("query: 2 requests in 2 levels, to books and ratings\n")


CONDITIONAL = (
    "query ($stars: Boolean!, $title: Boolean = false) { best { stars @include(if: $stars) title @skip(if: $title) } }"
)


@pytest.mark.parametrize(
    ("variables", "said"),
    [('{"stars": true}', "2 requests"), ('{"stars": false, "title": true}', "1 request in")],
)
def test_conditions_decide_about_the_plan(braid: Braid, variables: str, said: str) -> None:
    assert said in braid("plan", "-", "--variables", variables, stdin=CONDITIONAL).stdout


@pytest.mark.parametrize("variables", ["{}", '{"stars": null}', '{"stars": "yes"}'])
def test_a_condition_without_a_value_is_asked_for(braid: Braid, variables: str) -> None:
    result = braid("plan", "-", "--variables", variables, stdin=CONDITIONAL)
    assert (result.returncode, result.stdout) == (1, "")
    assert "the plan depends on $stars: give it with --variables '{\"stars\": true}', or false" in result.stderr


LABELLED = """
type Query @join__type(graph: A) @join__type(graph: B) { one: Item @join__field(graph: A) }
type Item @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID!
  size: Int @join__field(graph: A, overrideLabel: "half")
            @join__field(graph: B, override: "a", overrideLabel: "half")
}
"""


@pytest.mark.parametrize(("options", "said"), [((), "1 request in"), (("--label", "half"), "2 requests in 2 levels")])
def test_override_labels_decide_about_the_plan(
    braid: Braid, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    (tmp_path / "labelled.graphql").write_text(supergraph_sdl(LABELLED, join="0.4"))
    result = braid("plan", "-", "-s", "labelled.graphql", *options, folder=tmp_path, stdin="{ one { size } }")
    assert said in result.stdout


def test_an_unknown_label_is_refused(braid: Braid) -> None:
    result = braid("plan", "shelf.graphql", "--label", "new")
    assert (result.returncode, result.stdout) == (1, "")
    assert "the graph has no override label 'new'; it has none" in result.stderr


def test_a_faulty_query_is_refused_with_its_place(braid: Braid) -> None:
    result = braid("plan", "-", stdin="{ best { stairs } }")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("error: standard input:1:10: ")
    assert json.loads(braid("plan", "-", "--json", stdin="{ best { stairs } }").stdout)["errors"]


def test_one_form_at_a_time(braid: Braid) -> None:
    result = braid("plan", "shelf.graphql", "--json", "--svg")
    assert (result.returncode, result.stdout) == (2, "")
    assert "either --json or --svg" in result.stderr

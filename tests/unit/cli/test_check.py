"""`braid check`: every fault of configuration, graph and services, each with advice, and an exit code to rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.probing import Probe, Upstream, list_upstreams, probe_all
from gateway.settings import Settings
from tests.unit.cli.conftest import Braid, write_graph
from tests.unit.cli.upstreams import REVIEWS, nobody, serve


def findings(braid: Braid, folder: Path, *more: str, code: int) -> list[dict[str, Any]]:
    """What `braid check --json` finds; its exit code is checked, and that `ok` says the same."""
    result = braid("check", "--json", *more, folder=folder)
    assert result.returncode == code, result.stderr
    report = json.loads(result.stdout)
    assert report["ok"] == (code == 0)
    assert all(finding["advice"] and finding["message"] for finding in report["findings"])
    return report["findings"]


def test_a_graph_without_faults_is_told_in_three_lines(braid: Braid) -> None:
    result = braid("check")
    assert result.returncode == 0
    assert result.stdout == "configuration  2 subgraphs\ngraph          composes\nservices       none to ask\n"


def test_every_fault_of_the_configuration_has_its_place(braid: Braid, tmp_path: Path) -> None:
    (tmp_path / "braid.yaml").write_text("server: {prt: 1}\nsubgraphs:\n  a: {}\n")
    found = findings(braid, tmp_path, code=1)
    assert [(f["about"], f["place"]) for f in found] == [
        ("configuration", "braid.yaml:1:10: server.prt"),
        ("configuration", "braid.yaml:3:3: subgraphs.a"),
    ]
    assert "nothing else was checked" in braid("check", folder=tmp_path).stdout


def test_what_keeps_the_graph_from_composing_has_subgraph_and_position(braid: Braid, tmp_path: Path) -> None:
    write_graph(tmp_path)
    text = (tmp_path / "shelf_ratings.py").read_text()
    (tmp_path / "shelf_ratings.py").write_text(text.replace("def best(self) -> Book", "def books(self) -> Book"))
    found = findings(braid, tmp_path, code=1)
    assert {finding["about"] for finding in found} == {"graph"}
    assert any(f["place"].startswith(("books: ", "ratings: ")) for f in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import strawbery\n", "cannot import 'shelf_ratings': No module named 'strawbery'"),
        ("x = 1\ny = nothing\n", "NameError: name 'nothing' is not defined (shelf_ratings.py:2)"),
        ("def f(:\n", "SyntaxError: invalid syntax (shelf_ratings.py, line 1)"),
    ],
)
def test_a_module_that_cannot_be_loaded_is_the_graphs_fault_not_braids(
    braid: Braid, tmp_path: Path, text: str, said: str
) -> None:
    """With the line to mend, where it is not said already."""
    write_graph(tmp_path)
    (tmp_path / "shelf_ratings.py").write_text(text)
    (finding,) = findings(braid, tmp_path, code=1)
    assert (finding["code"], finding["place"]) == ("INVALID_LOCAL_SCHEMA", "ratings")
    assert said in finding["message"]


def test_services_are_asked_and_each_kind_of_trouble_has_its_advice(braid: Braid, tmp_path: Path) -> None:
    """A dead remote subgraph is told of once, although it can neither be composed nor reached."""
    write_graph(tmp_path)
    gone = nobody()
    with serve() as good, serve(sdl=REVIEWS) as reviews:
        (tmp_path / "braid.yaml").write_text(
            "subgraphs:\n"
            f"  books: {{schema: shelf_books, url: {good}}}\n"
            f"  ratings: {{schema: shelf_ratings, url: {gone}}}\n"
            f"  reviews: {{url: {reviews}/graphql}}\n"
        )
        (finding,) = findings(braid, tmp_path, code=1)
        text = braid("check", folder=tmp_path).stdout
    assert (finding["code"], finding["place"]) == ("SERVICE_UNREACHABLE", "ratings")
    assert gone in finding["advice"]
    assert "graph          composes\nservices       2 of 3 answer\n" in text
    with serve() as good:
        (tmp_path / "braid.yaml").write_text(
            f"subgraphs:\n  books: {{schema: shelf_books, url: {good}}}\n  reviews: {{url: {gone}/graphql}}\n"
        )
        (finding,) = findings(braid, tmp_path, code=1)
    assert (finding["code"], finding["place"]) == ("SUBGRAPH_SCHEMA_UNAVAILABLE", "reviews")


def test_what_is_allowed_but_hardly_meant_is_a_warning(braid: Braid, tmp_path: Path) -> None:
    """The exit code stays 0."""
    write_graph(tmp_path)
    (tmp_path / "supergraph.graphql").write_text(braid("compose", folder=tmp_path).stdout)
    (tmp_path / "braid.yaml").write_text(
        "supergraph: supergraph.graphql\nsubgraphs:\n  books: {schema: shelf_books, timeout_s: 3}\n"
        "  ratings: {schema: shelf_ratings}\n  boks: {schema: shelf_books}\n"
    )
    found = findings(braid, tmp_path, code=0)
    assert {(f["level"], f["code"], f["place"]) for f in found} == {
        ("warning", "TIMEOUT_OVER_DEADLINE", "subgraphs.books.timeout_s"),
        ("warning", "UNUSED_SUBGRAPH", "subgraphs.boks"),
    }


# Probes


async def probe(url: str, kind: Any = "rest", timeout_s: float = 5.0) -> Probe:
    (found,) = await probe_all([Upstream("a", kind, url, timeout_s)])
    return found


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("kind", "behaviour", "health"),
    [
        ("rest", {}, "healthy"),
        ("rest", {"status": 404}, "answers"),
        ("rest", {"status": 503}, "failing"),
        ("graphql", {"sdl": REVIEWS}, "healthy"),
        ("graphql", {"body": '{"errors": [{"message": "no such thing"}]}'}, "failing"),
        ("graphql", {"body": "<html>"}, "failing"),
        ("graphql", {"status": 404}, "failing"),
    ],
)
async def test_a_probe_tells_how_a_service_is(kind: str, behaviour: dict[str, Any], health: str) -> None:
    with serve(**behaviour) as url:
        found = await probe(url, kind)
    assert found.health == health
    assert found.ok == (health in ("healthy", "answers"))
    assert (found.detail == "") == (health == "healthy")
    assert found.duration_s is not None


@pytest.mark.anyio
async def test_a_probe_of_nobody_and_of_a_sleeper_ends() -> None:
    """Within the service's own timeout."""
    assert (await probe(nobody())).health == "unreachable"
    with serve(delay_s=0.5) as url:
        found = await probe(url, timeout_s=0.1)
    assert (found.health, found.duration_s) == ("slow", None)
    assert found.detail == "Service 'a' did not answer within 0.1 s."


def test_a_schema_without_a_service_has_nothing_to_ask() -> None:
    subgraphs = {
        "a": {"schema": "a"},
        "b": {"url": "http://b.example", "schema": "b"},
        "c": {"url": "http://c.example"},
    }
    upstreams = list_upstreams(Settings.model_validate({"subgraphs": subgraphs}))
    assert [(upstream.name, upstream.kind) for upstream in upstreams] == [("b", "rest"), ("c", "graphql")]

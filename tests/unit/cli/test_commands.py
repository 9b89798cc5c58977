"""`braid` as a user meets it: a process with arguments, output, messages and an exit code."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import __version__
from gateway.settings import settings_json_schema
from tests.unit.cli.conftest import Braid, Running, environment, write_graph

COMMANDS = [
    (),
    ("demo",),
    ("serve",),
    ("compose",),
    ("check",),
    ("services",),
    ("plan",),
    ("show",),
    ("show", "operation"),
    ("show", "plan"),
    ("show", "fetches"),
    ("show", "response"),
    ("config",),
    ("config", "show"),
    ("config", "schema"),
    ("contracts",),
    ("contracts", "write"),
    ("contracts", "verify"),
]


def test_the_version_is_the_packages(braid: Braid) -> None:
    assert braid("--version").stdout == f"braid {__version__}\n"


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_explains_every_command_and_shows_an_example(braid: Braid, command: tuple[str, ...]) -> None:
    """Plain text when nobody watches: no colour codes in a pipe."""
    result = braid(*command, "--help")
    assert result.returncode == 0
    assert "Usage: braid" in result.stdout or "Usage: python -m gateway.cli" in result.stdout
    assert "Example: " in result.stdout if command else "Exit codes: 0 success" in result.stdout
    assert "\x1b" not in result.stdout


def test_help_does_not_wait_for_the_gateway_to_be_imported() -> None:
    """The commands' modules import it when they run."""
    slow = ("graphql", "aiohttp", "strawberry", "pydantic")
    code = f"import sys, gateway.cli.main; print([name for name in {slow} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize(
    "arguments",
    [("serve", "--port", "70000"), ("unknown",), ("show", "plan"), ("serve", "--nonsense")],
    ids=" ".join,
)
def test_wrong_usage_has_an_exit_code_of_its_own(braid: Braid, arguments: tuple[str, ...]) -> None:
    result = braid(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "Error" in result.stderr


@pytest.mark.parametrize(("more", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_messages_are_coloured_only_on_a_terminal(graph: Path, more: dict[str, str], coloured: bool) -> None:
    """In a pipe they never are; the other tests here compare them as plain text."""
    terminal, end = pty.openpty()
    command = [sys.executable, "-m", "gateway.cli", "show", "plan", "gone.graphql"]
    subprocess.run(command, cwd=graph, env=environment(TERM="xterm", **more), stderr=end, timeout=60)
    os.close(end)
    said = os.read(terminal, 4096).decode()
    os.close(terminal)
    assert "cannot read gone.graphql" in said
    assert ("\x1b[31m" in said or "\x1b[1;31m" in said) == coloured


# Configuration


def test_a_faulty_configuration_is_told_whole_and_without_a_traceback(braid: Braid, tmp_path: Path) -> None:
    (tmp_path / "braid.yaml").write_text("server: {prt: 1}\nsubgraphs:\n  a: {timout_s: 1}\n")
    result = braid("serve", folder=tmp_path)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == (
        "error: The configuration has 3 problems:\n"
        "  braid.yaml:1:10: server.prt: unknown key; did you mean 'port'?\n"
        "  braid.yaml:3:7: subgraphs.a.timout_s: unknown key; did you mean 'timeout_s'?\n"
        "  braid.yaml:3:3: subgraphs.a: needs 'url' (a GraphQL service), or 'schema' and the 'url' of its service\n"
    )


def test_a_folder_without_configuration_says_what_to_do(braid: Braid, tmp_path: Path) -> None:
    result = braid("serve", folder=tmp_path)
    assert result.returncode == 1
    assert "--config FILE" in result.stderr
    assert "--supergraph FILE" in result.stderr


def test_the_configuration_is_shown_as_it_is_in_force(braid: Braid, graph: Path, tmp_path: Path) -> None:
    """From any folder, with environment variables put in."""
    result = braid("config", "show", "-c", str(graph / "braid.yaml"), folder=tmp_path, BRAID_SERVER__PORT="4001")
    shown = json.loads(result.stdout)
    assert shown["server"]["port"] == 4001
    assert shown["subgraphs"]["books"]["schema"] == "shelf_books"
    assert shown["execution"]["deadline_s"] == 2.0
    assert json.loads(braid("config", "show", BRAID_CONFIG=str(graph / "braid.yaml"), folder=tmp_path).stdout)


def test_the_schema_for_editors_is_printed(braid: Braid) -> None:
    assert json.loads(braid("config", "schema").stdout) == settings_json_schema()


# compose


def test_compose_prints_a_supergraph_that_serve_and_show_accept(braid: Braid, graph: Path, tmp_path: Path) -> None:
    result = braid("compose")
    assert result.returncode == 0
    assert "@join__type(graph: RATINGS" in result.stdout
    path = tmp_path / "supergraph.graphql"
    written = braid("compose", "-o", str(path))
    assert (written.returncode, written.stdout) == (0, "")
    assert path.read_text() == result.stdout
    variables = ("--variables", '{"first": 1}')
    planned = braid("show", "plan", str(graph / "shelf.graphql"), *variables)
    over_file = braid(
        *("show", "plan", str(graph / "shelf.graphql"), *variables, "--supergraph", str(path)),
        folder=tmp_path,
        BRAID_SUBGRAPHS__BOOKS__URL="http://127.0.0.1:1/graphql",
        BRAID_SUBGRAPHS__RATINGS__URL="http://127.0.0.1:2/graphql",
    )
    assert over_file.stdout == planned.stdout != ""


def test_schema_modules_are_found_beside_the_configuration(braid: Braid, graph: Path, tmp_path: Path) -> None:
    """Whatever the current folder is."""
    elsewhere = braid("compose", "--config", str(graph / "braid.yaml"), folder=tmp_path)
    assert elsewhere.stdout == braid("compose").stdout != ""


TAGGED = """
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/tag/v0.3") { query: Query }
enum join__Graph { A @join__graph(name: "a", url: "http://a.test") }
type Query @join__type(graph: A) {
  seen: Int @tag(name: "out")
  hidden: Int @tag(name: "in")
  both: Int @tag(name: "out") @tag(name: "in")
}
"""


def test_compose_shows_what_a_contract_leaves(braid: Braid, tmp_path: Path) -> None:
    """By the configuration's tags, or by those of the command line in their place."""
    (tmp_path / "tagged.graphql").write_text(TAGGED, encoding="utf-8")
    (tmp_path / "braid.yaml").write_text("supergraph: tagged.graphql\ncontract: {exclude: [in]}\n", encoding="utf-8")

    def left_out(*options: str) -> list[str]:
        lines = braid("compose", *options, folder=tmp_path).stdout.splitlines()
        return [line.split(":")[0].strip() for line in lines if "@inaccessible" in line and ":" in line]

    assert left_out() == ["hidden", "both"]
    assert left_out("--exclude", "out") == ["seen", "both"]
    assert left_out("--include", "out") == ["hidden", "both"]
    refused = braid("compose", "--exclude", "in", "--exclude", "out", folder=tmp_path)
    assert refused.returncode == 1
    assert "NO_QUERIES" in refused.stderr


def test_compose_speaks_json_to_scripts(braid: Braid) -> None:
    composed = json.loads(braid("compose", "--json").stdout)
    assert composed["supergraph"].startswith("schema")
    assert composed["hints"] == []


def test_problems_of_composition_name_subgraph_and_position(braid: Braid, tmp_path: Path) -> None:
    """All of them, for people and for scripts, and exit code 1."""
    write_graph(tmp_path)
    books = (tmp_path / "shelf_books.py").read_text()
    (tmp_path / "shelf_ratings.py").write_text(books.replace("title: str", "title: int"))
    result = braid("compose", "--json", folder=tmp_path)
    assert result.returncode == 1
    problems = json.loads(result.stdout)["problems"]
    assert problems
    assert all(problem["subgraph"] and problem["line"] and problem["message"] for problem in problems)
    assert re.search(r"^  (books|ratings):\d+:\d+: .* \[[A-Z_]+\]$", result.stderr, re.MULTILINE)
    assert "Traceback" not in result.stderr


def test_a_file_that_cannot_be_written_is_named(braid: Braid, tmp_path: Path) -> None:
    result = braid("compose", "-o", str(tmp_path / "nowhere" / "supergraph.graphql"))
    assert result.returncode == 1
    assert result.stderr.startswith(f"error: cannot write {tmp_path}")


# show


def test_show_operation_prints_the_operation(braid: Braid) -> None:
    result = braid("show", "operation", "-", stdin="query A{books{title}} query B{best{...f}} fragment f on Book{id}")
    assert result.returncode == 1
    assert "OPERATION_RESOLUTION_FAILURE" in result.stderr
    chosen = braid(
        *("show", "operation", "-", "--operation", "B", "--json"),
        stdin="query A{books{title}} query B{best{...f}} fragment f on Book{id}",
    )
    shown = json.loads(chosen.stdout)
    assert (shown["name"], shown["kind"]) == ("B", "query")
    assert "fragment f on Book" in shown["operation"]


def test_show_plan_fetches_nothing(braid: Braid) -> None:
    """The plan is a matter of the graph alone; here its subgraphs cannot even be reached."""
    plan = json.loads(braid("show", "plan", "shelf.graphql", "-v", '{"first": 1}', "--json").stdout)
    assert [(step["subgraph"], step["kind"], step["after"]) for step in plan] == [
        ("books", "query", []),
        ("ratings", "entities", [0]),
    ]
    text = braid("show", "plan", "shelf.graphql", "-v", '{"first": 1}').stdout
    assert re.search(r"^level 2  #1 ratings .* at books", text, re.MULTILINE)


def test_show_fetches_prints_what_was_asked_and_answered(braid: Braid) -> None:
    fetches = json.loads(braid("show", "fetches", "shelf.graphql", "-v", '{"first": 3}', "--json").stdout)
    assert [fetch["subgraph"] for fetch in fetches] == ["books", "ratings"]
    assert fetches[0]["variables"] == {"first": 3}
    assert len(fetches[1]["variables"]["representations"]) == 3
    assert fetches[1]["data"]["_entities"][0]["stars"] == 1
    assert fetches[1]["errors"][0]["path"] == ["_entities", 2, "stars"]
    assert fetches[1]["started_ms"] >= fetches[0]["duration_ms"]
    text = braid("show", "fetches", "shelf.graphql", "-v", '{"first": 1}').stdout
    assert re.search(r"^ratings  \d+\.\d to \d+\.\d ms$", text, re.MULTILINE)
    assert 'variables {"first": 1}' in text


def test_show_response_prints_a_partial_answer(braid: Braid, tmp_path: Path) -> None:
    """Data with an error is an answer: exit code 0, and only JSON on standard output."""
    variables = tmp_path / "variables.json"
    variables.write_text('{"first": 3}')
    result = braid("show", "response", "shelf.graphql", "--variables", f"@{variables}")
    assert result.returncode == 0
    response = json.loads(result.stdout)
    assert [book["stars"] for book in response["data"]["books"]] == [1, 2, None]
    assert response["errors"][0]["path"] == ["books", 2, "stars"]
    assert "nobody rated it" not in result.stdout
    told = [json.loads(line) for line in result.stderr.splitlines()]
    assert [entry.get("error") or entry["event"] for entry in told] == ["ValueError", "source failed"]


@pytest.mark.parametrize("stage", ["operation", "plan", "fetches", "response"])
def test_an_error_in_the_query_is_located(braid: Braid, tmp_path: Path, stage: str) -> None:
    query = tmp_path / "query.graphql"
    query.write_text("{\n  books { titel }\n}\n")
    result = braid("show", stage, str(query))
    assert result.returncode == 1
    assert f"error: {query}:2:11: Cannot query field 'titel'" in result.stderr
    assert "[GRAPHQL_VALIDATION_FAILED]" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gone.graphql",), "error: cannot read gone.graphql: No such file or directory\n"),
        (("shelf.graphql", "-v", "{"), "error: --variables is not JSON: "),
        (("shelf.graphql", "-v", "[]"), "error: --variables must be a JSON object\n"),
        (("shelf.graphql", "-v", "@gone.json"), "error: cannot read gone.json: No such file or directory\n"),
        (("shelf.graphql",), "error: shelf.graphql:1:13: Variable '$first' has an invalid value"),
    ],
)
def test_unusable_arguments_are_explained(braid: Braid, arguments: tuple[str, ...], message: str) -> None:
    result = braid("show", "plan", *arguments)
    assert result.returncode == 1
    assert result.stderr.startswith(message)


def test_a_failure_of_our_own_is_one_line_unless_asked_for_more(braid: Braid, tmp_path: Path) -> None:
    """A schema that cannot be printed stands for anything unforeseen."""
    write_graph(tmp_path)
    with (tmp_path / "shelf_books.py").open("a") as module:
        module.write("\ndef fail():\n    raise RuntimeError('unforeseen')\n\nschema.subgraph_sdl = fail\n")
    result = braid("compose", folder=tmp_path)
    assert result.returncode == 1
    assert "unforeseen" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in braid("compose", folder=tmp_path, BRAID_DEBUG="1").stderr


# serve


def ask(url: str, query: str) -> dict[str, object]:
    request = urllib.request.Request(url, json.dumps({"query": query}).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def address(text: str) -> str:
    found = re.search(r"http://\S+/graphql", text)
    assert found
    return found[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_answers_until_it_is_told_to_stop(start: Callable[..., Running], number: signal.Signals) -> None:
    running = start("serve", "--port", "0")
    url = address(running.wait_for("Serving 2 subgraphs"))
    assert ask(url, "{best{stars}}") == {"data": {"best": {"stars": 1}}}
    assert running.end(number) == 0
    assert running.text().endswith("Stopped.\n")


def test_serve_needs_only_a_supergraph_file(braid: Braid, start: Callable[..., Running], tmp_path: Path) -> None:
    """The supergraph's URLs are used: here a gateway is the one subgraph of another."""
    first = start("serve", "--port", "0")
    url = address(first.wait_for("Serving"))
    write_graph(tmp_path)
    (tmp_path / "braid.yaml").write_text("subgraphs: {books: {schema: shelf_books}}")
    sdl = braid("compose", folder=tmp_path).stdout.replace('url: ""', f'url: "{url}"')
    assert url in sdl
    (tmp_path / "supergraph.graphql").write_text(sdl)
    second = start("serve", "-s", str(tmp_path / "supergraph.graphql"), "-p", "0", folder=tmp_path.parent)
    assert ask(address(second.wait_for("Serving")), "{books(first: 1){title}}") == {
        "data": {"books": [{"title": "Book 1"}]}
    }


def test_a_taken_port_is_one_clear_line(braid: Braid) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = braid("serve", "--port", port)
    assert result.returncode == 1
    assert result.stderr == (
        f"error: Cannot listen on port {port} on 127.0.0.1: it is already in use. "
        "Choose another port, or 0 for any free one.\n"
    )

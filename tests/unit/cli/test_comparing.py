"""`braid check --against`: what is compared with what, what recorded operations decide, and the exit codes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from graphql import build_schema, introspection_from_schema

from gateway.federation.read_supergraph import load_supergraph
from tests.unit.cli.conftest import Braid, write_graph
from tests.unit.cli.upstreams import nobody
from tests.unit.supergraphs import supergraph_sdl


@pytest.fixture
def shelf(braid: Braid, tmp_path: Path) -> Path:
    """A folder whose graph has lost `Query.best` and gained `Query.better` since `old.graphql` was composed."""
    write_graph(tmp_path)
    (tmp_path / "old.graphql").write_text(braid("compose", folder=tmp_path).stdout)
    module = tmp_path / "shelf_ratings.py"
    module.write_text(module.read_text().replace("def best(", "def better("))
    return tmp_path


def compare(braid: Braid, folder: Path, *more: str, code: int, against: str = "old.graphql") -> dict[str, Any]:
    """What `braid check --against ... --json` tells; its exit code is checked, and that `ok` says the same."""
    result = braid("check", "--against", against, "--json", *more, folder=folder)
    assert result.returncode == code, result.stderr
    told = json.loads(result.stdout)
    assert told["ok"] == (code == 0)
    return told


def test_changes_are_told_with_their_advice(braid: Braid, shelf: Path) -> None:
    result = braid("check", "--against", "old.graphql", folder=shelf)
    assert result.returncode == 1
    assert result.stdout == (
        "against        old.graphql\n"
        "changes        1 breaking, 0 dangerous, 1 safe\n"
        "\n"
        "breaking: Query.best: Field Query.best was removed. [FIELD_REMOVED]\n"
        "  Mark it @deprecated first, and remove it when no operation uses it.\n"
        "\n"
        "safe: Query.better: Field Query.better was added. [FIELD_ADDED]\n"
    )


def test_the_same_graph_has_no_changes(braid: Braid, graph: Path, tmp_path: Path) -> None:
    (tmp_path / "same.graphql").write_text(braid("compose").stdout)
    result = braid("check", "--against", str(tmp_path / "same.graphql"), folder=graph)
    assert (result.returncode, result.stdout.splitlines()[1]) == (0, "changes        none")


# Recorded operations


def test_a_breaking_change_that_hits_no_recorded_operation_is_no_failure(braid: Braid, shelf: Path) -> None:
    """Unless --strict."""
    (shelf / "queries").mkdir()
    (shelf / "queries" / "a.graphql").write_text("query A { books { title } } query B { books { stars } }")
    told = compare(braid, shelf, "--operations", "queries", code=0)
    assert told["operations"] == 2
    assert [(one["code"], one["unused"]) for one in told["changes"]] == [("FIELD_REMOVED", True), ("FIELD_ADDED", True)]
    strict = compare(braid, shelf, "--operations", "queries", "--strict", code=1)
    assert strict["changes"] == told["changes"]
    text = braid("check", "--against", "old.graphql", "--operations", "queries", "--strict", folder=shelf).stdout
    assert "breaking but unused: Query.best" in text
    assert text.endswith("No recorded operation is broken; --strict fails all the same.\n")


def test_who_is_hit_is_told_by_file_and_line(braid: Braid, shelf: Path) -> None:
    (shelf / "queries" / "deep").mkdir(parents=True)
    (shelf / "queries" / "deep" / "a.gql").write_text("query A { books { title } } query B { best { stars } }")
    lines = [{"query": "{ best { title } }"}, {"query": "{ books { title } }", "variables": {}}, {"query": "{ gone }"}]
    (shelf / "queries" / "sent.jsonl").write_text("\n\n".join(map(json.dumps, lines)))
    told = compare(braid, shelf, "--operations", "queries", code=1)
    assert told["operations"] == 5
    assert told["invalidOperations"] == ["queries/sent.jsonl:5"]
    (removed,) = (one for one in told["changes"] if one["code"] == "FIELD_REMOVED")
    assert removed["operations"] == ["queries/deep/a.gql#B", "queries/sent.jsonl:1"]
    text = braid("check", "--against", "old.graphql", "--operations", "queries", folder=shelf).stdout
    assert "operations     5 recorded, 1 of them not valid there\n" in text
    assert "  hits queries/deep/a.gql#B, queries/sent.jsonl:1\n" in text


# Who resolves what

TYPES = """
type Query @join__type(graph: A) @join__type(graph: B) { one: Item @join__field(graph: A) }
type Item @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID!
  name: String @join__field(graph: A)
  size: Int @join__field(graph: B)
}
"""


def over_files(braid: Braid, folder: Path, before: str, after: str, *more: str, code: int) -> dict[str, Any]:
    """Two supergraph files, of which the second is the one that would be served."""
    (folder / "old.graphql").write_text(supergraph_sdl(TYPES))
    changed = TYPES.replace(before, after)
    assert changed != TYPES
    (folder / "new.graphql").write_text(supergraph_sdl(changed))
    return compare(braid, folder, "--supergraph", "new.graphql", *more, code=code)


def test_a_field_that_cannot_be_had_any_more_is_breaking(braid: Braid, tmp_path: Path) -> None:
    """Nothing has changed for the API; the key by which its subgraph was entered is gone."""
    (tmp_path / "size.graphql").write_text("{ one { size } }")
    (tmp_path / "name.graphql").write_text("{ one { name } }")
    key = '@join__type(graph: B, key: "id")'
    hit = over_files(braid, tmp_path, key, "@join__type(graph: B)", "--operations", "size.graphql", code=1)
    assert [(one["level"], one["code"], one["coordinate"], one["operations"]) for one in hit["changes"]] == [
        ("breaking", "FIELD_UNREACHABLE", "Item.size", ["size.graphql"]),
        ("dangerous", "KEY_REMOVED", "Item", ["size.graphql"]),
    ]
    spared = over_files(braid, tmp_path, key, "@join__type(graph: B)", "--operations", "name.graphql", code=0)
    assert spared["changes"][0]["unused"]


def test_dangerous_changes_do_not_fail(braid: Braid, tmp_path: Path) -> None:
    told = over_files(braid, tmp_path, "(graph: B)\n}", '(graph: B, requires: "name")\n}\n#', code=0)
    assert told["counts"] == {"breaking": 0, "dangerous": 1, "safe": 0}
    assert told["changes"][0]["code"] == "REQUIREMENT_ADDED"
    assert told["compared"] == "api and federation"


def test_an_operation_that_is_refused_though_no_change_tells_is_told_itself(braid: Braid, tmp_path: Path) -> None:
    """A field that was recorded valid, whose answer would now differ between two types at one place."""
    types = """
    type Query @join__type(graph: A) { find: Found }
    union Found @join__type(graph: A)
      @join__unionMember(graph: A, member: "X") @join__unionMember(graph: A, member: "Y") = X | Y
    type X @join__type(graph: A) { size: Int }
    type Y @join__type(graph: A) { size: Int }
    """
    (tmp_path / "old.graphql").write_text(supergraph_sdl(types))
    (tmp_path / "new.graphql").write_text(
        supergraph_sdl(types.replace("Y @join__type(graph: A) { size: Int }", "Y @join__type(graph: A) { size: Int! }"))
    )
    (tmp_path / "a.graphql").write_text("{ find { ... on X { size } ... on Y { size } } }")
    told = compare(braid, tmp_path, "--supergraph", "new.graphql", "--operations", "a.graphql", code=1)
    assert [(one["level"], one["code"], one["operations"]) for one in told["changes"]] == [
        ("breaking", "OPERATION_REFUSED", ["a.graphql"]),
        ("safe", "FIELD_CHANGED_KIND_SAFE", ["a.graphql"]),
    ]


def test_a_graph_that_does_not_compose_is_told_and_fails(braid: Braid, shelf: Path) -> None:
    module = shelf / "shelf_ratings.py"
    module.write_text(module.read_text().replace("def better(self) -> Book", "def books(self) -> Book"))
    result = braid("check", "--against", "old.graphql", "--json", folder=shelf)
    assert result.returncode == 1
    told = json.loads(result.stdout)
    assert not told["ok"]
    assert told["problems"]


# What is compared with


def test_a_file_of_any_revision_in_git_can_be_compared_with(braid: Braid, shelf: Path) -> None:
    for command in (["init", "-q"], ["add", "old.graphql"], ["commit", "-qm", "served"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *command], cwd=shelf, check=True)
    (shelf / "old.graphql").unlink()
    told = compare(braid, shelf, against="git:HEAD:old.graphql", code=1)
    assert told["counts"]["breaking"] == 1


class _Gateway(BaseHTTPRequestHandler):
    answer = b""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def gateway() -> Iterator[tuple[type[_Gateway], str]]:
    """Something that answers every POST with its `answer`, and its address."""
    handler = type("Handler", (_Gateway,), {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield handler, f"http://127.0.0.1:{server.server_port}/graphql"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_running_gateway_is_asked_for_its_api(braid: Braid, shelf: Path, gateway: tuple[type[_Gateway], str]) -> None:
    """By introspection: who resolves what is not told to clients."""
    handler, url = gateway
    schema = load_supergraph((shelf / "old.graphql").read_text()).api_schema
    handler.answer = json.dumps({"data": introspection_from_schema(schema)}).encode()
    told = compare(braid, shelf, against=url, code=1)
    assert told["compared"] == "api"
    assert [one["code"] for one in told["changes"]] == ["FIELD_REMOVED", "FIELD_ADDED"]
    assert "(API only)" in braid("check", "--against", url, folder=shelf).stdout


@pytest.mark.parametrize(
    "answer", [b'{"errors": [{"message": "no introspection"}]}', b"[]", b'{"data": {"__schema": {}}}']
)
def test_a_gateway_that_tells_no_schema_is_said_to(
    braid: Braid, shelf: Path, gateway: tuple[type[_Gateway], str], answer: bytes
) -> None:
    handler, url = gateway
    handler.answer = answer
    result = braid("check", "--against", url, folder=shelf)
    assert (result.returncode, result.stdout) == (2, "")
    assert "schema" in result.stderr


def test_a_stored_introspection_and_a_plain_schema_will_do(braid: Braid, shelf: Path) -> None:
    schema = (
        "type Query { books(first: Int! = 2): [Book!]! best: Book! } type Book { id: ID! title: String! stars: Int }"
    )
    (shelf / "api.graphql").write_text(schema)
    (shelf / "api.json").write_text(json.dumps(introspection_from_schema(build_schema(schema))))
    for name in ("api.graphql", "api.json"):
        assert compare(braid, shelf, against=name, code=1)["changes"][0]["code"] == "FIELD_REMOVED"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--against", "gone.graphql"), "cannot read gone.graphql: No such file or directory"),
        (("--against", "main:gone.graphql"), "a file in git is git:main:gone.graphql"),
        (("--against", "git:HEAD"), "write git:REVISION:PATH"),
        (("--against", "git:HEAD:old.graphql"), "git has no old.graphql at HEAD"),
        (("--against", "braid.yaml"), "braid.yaml is neither a supergraph nor a schema"),
        (("--against", "cut.json"), "cut.json is neither GraphQL nor JSON"),
        (("--against", "old.graphql", "--operations", "gone"), "cannot read gone: No such file or directory"),
        (("--against", "old.graphql", "--operations", "empty"), "empty holds no operations"),
        (("--against", "old.graphql", "--operations", "cut.graphql"), "cut.graphql:2: Syntax Error"),
        (("--against", "old.graphql", "--operations", "cut.jsonl"), "cut.jsonl:2: not JSON"),
        (("--against", "old.graphql", "--operations", "odd.jsonl"), "odd.jsonl:1: not a request"),
        (("--operations", "x"), "--operations and --strict go with --against"),
        (("--strict",), "--operations and --strict go with --against"),
    ],
)
def test_what_cannot_be_read_is_told_with_an_exit_code_of_its_own(
    braid: Braid, shelf: Path, arguments: tuple[str, ...], said: str
) -> None:
    """Nothing was compared: CI must not take it for a broken graph."""
    (shelf / "cut.json").write_text('{"data": ')
    (shelf / "cut.graphql").write_text("query A { a }\nquery {")
    (shelf / "cut.jsonl").write_text('{"query": "{ books { id } }"}\n{')
    (shelf / "odd.jsonl").write_text('{"query": 1}\n')
    (shelf / "empty").mkdir()
    result = braid("check", *arguments, folder=shelf)
    assert (result.returncode, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())


def test_a_gateway_that_is_not_there_is_told(braid: Braid, shelf: Path) -> None:
    result = braid("check", "--against", nobody(), folder=shelf)
    assert (result.returncode, result.stdout) == (2, "")
    assert "cannot be asked" in result.stderr

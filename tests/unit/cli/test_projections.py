"""`braid projections` and `braid dead-letters` over real services, a real store and a real worker."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import cli
from tests.unit.cli.conftest import Running, write_graph
from tests.unit.cli.town_server import TownServer

SECRET = "Ada of Secret Street"


@pytest.fixture
def town() -> Iterator[TownServer]:
    with TownServer().serving() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Current, and importable; the modules made in it are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    before, path = set(sys.modules), list(sys.path)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, [*arguments])


def told(*arguments: str) -> Any:
    """What a command prints as JSON; it has to succeed."""
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_projection_is_planned_built_promoted_verified_and_dropped(town: TownServer, folder: Path) -> None:
    """And its status says so at every step, by its exit code too."""
    town.do(lambda town: [town.name("o1", SECRET), *(town.make(f"t{n}") for n in range(5))])
    town.configure(folder, module="shelf_of_steps")
    first = run("projections", "status")
    assert (first.exit_code, "it has not been built" in first.stdout) == (1, True)
    assert told("projections", "plan")[0]["aggregates"] == {"people": 1, "stock": 5}

    built = told("projections", "build", "shelf")
    assert (built["number"], built["state"]) == (1, "ready")
    assert told_status()["projections"][0]["serving"] == 1, "there is no other to wait for"
    assert told("projections", "promote", "shelf")["state"] == "live"

    assert told("projections", "verify")[0]["is_right"]
    town.do(lambda town: town.services["stock"].versions.update(t3=2))  # changed, and no event told so
    differing = run("projections", "verify", "shelf")
    assert differing.exit_code == 1
    assert "shelf, generation 1: WRONG" in differing.stdout
    assert "5 checked, 1 differ" in differing.stdout
    assert told("projections", "verify", "shelf", "--repair")[0]["streams"][1]["repaired"] == 1
    assert run("projections", "verify", "shelf").exit_code == 0

    assert told("projections", "build", "shelf", "--promote")["number"] == 2
    generations = told_status()["projections"][0]["generations"]
    assert [one["generation"]["state"] for one in generations] == ["kept", "live"]
    assert told("projections", "rollback", "shelf")["number"] == 1
    assert told("projections", "drop", "shelf", "2")["number"] == 2
    refused = run("projections", "drop", "shelf", "1")
    assert (refused.exit_code, refused.stdout) == (1, "")


def told_status() -> Any:
    """Whatever its exit code."""
    return json.loads(run("projections", "status", "--json").stdout)


def until(is_so: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + 30
    while not (found := is_so()):
        assert time.monotonic() < end, f"{what} does not come"
        time.sleep(0.05)
    return found


def test_a_dead_letter_is_listed_shown_skipped_or_tried_again(
    town: TownServer, folder: Path, start: Callable[..., Running]
) -> None:
    """In groups, and without what the events carry unless that is asked for."""
    town.do(lambda town: [town.make("t1", SECRET), town.make("t2")])
    town.configure(folder, module="shelf_of_letters", broken="odd")
    worker = start("project", folder=folder)
    worker.wait_for("Projection 'shelf' serves")
    town.do(lambda town: [town.change("t1", "odd"), town.change("t1", "fine"), town.change("t2", "odd")])

    def groups() -> Any:
        return [group for group in told("dead-letters", "list") if group["state"] == "dead" and group["letters"] == 2]

    (group,) = until(groups, "the dead letters")
    assert (group["type"], group["subjects"], group["attempts"]) == ("thing.changed.v1", 2, 4)
    assert run("projections", "status").exit_code == 1

    listed = run("dead-letters", "list", "--every").stdout + run("dead-letters", "list").stdout
    shown = run("dead-letters", "show", "shelf", "stock", "t1").stdout
    assert [letter["state"] for letter in json.loads(shown)] == ["dead", "waiting"]
    assert "Broken" in shown
    data = run("dead-letters", "show", "shelf", "stock", "t1", "--data").stdout
    assert '"status": "odd"' in data
    assert '"odd"' not in listed + shown
    assert "is secret" not in listed + shown + data + worker.text()

    assert run("dead-letters", "skip", "shelf", "stock", "t1").exit_code == 2, "a reason is needed"
    assert run("dead-letters", "skip", "shelf", "stock", "t1", "--reason", "odd").exit_code == 0
    until(lambda: told("dead-letters", "list", "--state", "skipped"), "the record of what was skipped")
    until(lambda: not told("dead-letters", "list", "--state", "waiting"), "what waited behind it")
    again = run("dead-letters", "retry", "shelf", "--group", group["fingerprint"])
    assert (again.exit_code, "1 failed event of 'shelf'" in again.stderr) == (0, True)
    assert run("dead-letters", "retry", "shelf", "--group", "00000000").exit_code == 1
    assert run("dead-letters", "show", "shelf", "stock", "t9").exit_code == 1


@pytest.mark.parametrize("command", [("projections", "status"), ("dead-letters", "list"), ("project",)])
def test_without_projections_a_command_says_how_to_get_one(folder: Path, command: tuple[str, ...]) -> None:
    (folder / "braid.yaml").write_text("subgraphs: {books: {schema: shelf_books}}\n")
    result = run(*command)
    assert result.exit_code == 1
    assert "list their modules under 'projections.modules'" in result.stderr


def test_an_unknown_projection_is_named_with_the_known_ones(town: TownServer, folder: Path) -> None:
    town.configure(folder, module="shelf_of_names")
    result = run("projections", "promote", "shelves")
    assert (result.exit_code, "no projection 'shelves'; it has shelf" in result.stderr) == (1, True)


def test_check_looks_at_projections(town: TownServer, folder: Path) -> None:
    """What is not built is worth a warning; what cannot be imported or has no source of events is an error."""
    write_graph(folder)
    path = town.configure(folder, module="shelf_of_checks")

    def check() -> tuple[int, list[tuple[str, str, str]]]:
        result = run("check", "--json")
        found = json.loads(result.stdout)["findings"]
        return result.exit_code, [(one["level"], one["code"], one["message"]) for one in found]

    assert check() == (0, [("warning", "PROJECTION_NOT_SERVING", "it has not been built.")])
    told("projections", "build", "shelf")
    assert check() == (0, [])
    assert "projections    1 of 1 serve" in run("check").stdout
    path.write_text(path.read_text().replace("people: ", "nobody: "))
    code, [(level, kind, message)] = check()
    assert (code, level, kind) == (1, "error", "INVALID_PROJECTION")
    assert "set 'projections.streams.people'" in message
    path.write_text(path.read_text().replace("shelf_of_checks", "shelf_of_nothing"))
    code, [(level, kind, message)] = check()
    assert (code, level, kind) == (1, "error", "INVALID_PROJECTION")
    assert message == "projections.modules.shelf: cannot import 'shelf_of_nothing': No module named 'shelf_of_nothing'"

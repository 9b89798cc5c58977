"""docs/federation.md, performed: its subgraphs are composed, and the plans that it shows are those that are made."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.docs.walk import Save, Shell, Type, read_steps

PAGE = Path(__file__).parents[2] / "docs" / "federation.md"
REPOSITORY = PAGE.parents[1]


def lines(output: str) -> list[str]:
    """Every line but empty ones at the end, without white space behind it: a tree's indentation counts."""
    return "\n".join(line.rstrip() for line in output.splitlines()).strip().splitlines()


def test_the_page_shows_what_the_commands_print(tmp_path: Path) -> None:
    """Every file is written and every command typed, in an empty folder."""
    steps = list(read_steps(PAGE.read_text(encoding="utf-8")))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    variables = {"PATH": path, "HOME": str(tmp_path), "PYTHONPATH": str(REPOSITORY), "LANG": "C.UTF-8"}
    shell = Shell(tmp_path, variables)
    try:
        for step in steps:
            if isinstance(step, Save):
                (tmp_path / step.path).write_text(step.text)
            else:
                output, status = shell.run(step.command, step.output)
                assert (lines(output), status) == (lines(step.output), 0), step.command
    finally:
        shell.close()


def test_the_page_has_three_worked_queries_of_growing_difficulty() -> None:
    """From what one request and a key can do, over a requirement, to one on objects of an unknown type."""
    steps = list(read_steps(PAGE.read_text(encoding="utf-8")))
    queries = [step.path for step in steps if isinstance(step, Save)]
    assert queries[-3:] == ["first.graphql", "second.graphql", "third.graphql"]
    plans = {
        step.command.split()[2]: step.output for step in steps if isinstance(step, Type) and " plan " in step.command
    }
    assert list(plans) == queries[-3:]
    assert "computes it from" in plans["second.graphql"]
    assert "Item.__typename: tells what the objects are" in plans["third.graphql"]


@pytest.mark.parametrize("changed", ["level 1", "  title", "#0", "· Film.id"])
def test_a_changed_plan_would_be_seen(changed: str) -> None:
    """Else the page could say anything."""
    shown = "#0 catalog  level 1  query\n│   {\n│     title\n│   · Film.id: serves: key of stock\n"
    assert lines(shown) == lines(shown + "\n")
    assert lines(shown) != lines(shown.replace(changed, "x"))

"""docs/tutorial.md, performed: every file is written and every command typed, and each output is as it is printed."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.docs.walk import Save, Shell, Type, free_ports, read_steps

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"
PORTS = ("8001", "8002", "4000")
INSTALLATION = [
    "mkdir shelf && cd shelf",
    "python3 -m venv .venv",
    ". .venv/bin/activate",
    "pip install --quiet ../braid",
]


def plain(output: str) -> tuple[list[str], list[str]]:
    """What two runs have in common: (what services were asked, in any order; all other lines).

    Durations, times, budgets and request ids are the same, spaces single, and a shell's notes on its jobs gone.
    """
    for pattern, same in (
        (r"\d+\.\d ms", "N ms"),
        (r'"request_id": "\w+"', '"request_id": "R"'),
        (r'"timestamp": "[^"]+"', '"timestamp": "T"'),
        (r"\b\d\.\d\b", "N"),
        (r"loaded [-\d]+ [:\d]+", "loaded T"),
        (r"(?m)^\[\d\].*\n", ""),
        (r"[ \t]+", " "),
    ):
        output = re.sub(pattern, same, output)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    asked = [line for line in lines if " was asked: " in line]
    return sorted(asked), [line for line in lines if line not in asked]


@pytest.fixture
def page() -> str:
    """The page, on ports that are free here."""
    text = PAGE.read_text()
    for port, free in zip(PORTS, free_ports(len(PORTS)), strict=True):
        text = text.replace(port, free)
    return text


def test_the_tutorial_does_what_it_says(page: str, installed: Path, tmp_path: Path) -> None:
    """In an empty folder with an empty home, with nothing but Braid installed. The installation itself is done once,
    as the image does it, and linked here."""
    folder, home = tmp_path / "shelf", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    (folder / ".venv").symlink_to(installed)
    steps = list(read_steps(page))
    commands = [step.command for step in steps if isinstance(step, Type)]
    assert commands[: len(INSTALLATION)] == INSTALLATION
    assert len(steps) > 20
    port = re.findall(r"127\.0\.0\.1:(\d+)/graphql", page)[0]
    shell = Shell(folder, {"PATH": os.environ["PATH"], "HOME": str(home), "BRAID_SERVER__PORT": port})
    try:
        shell.run(". .venv/bin/activate", "")
        for step in steps[len(INSTALLATION) :]:
            if isinstance(step, Save):
                (folder / step.path).write_text(step.text)
            else:
                output, _ = shell.run(step.command, step.output)
                assert plain(output) == plain(step.output), step.command
    finally:
        shell.close()


def test_outputs_are_compared_for_what_matters() -> None:
    """Else the page could say anything."""
    assert plain("a  7.5 ms\n[2]- Terminated\n") == plain("a 12.0 ms\n")
    assert plain("  books was asked: /x\n  stars was asked: /y\nz\n") == plain(
        "stars was asked: /y\nbooks was asked: /x\nz"
    )
    assert plain("a 1") != plain("a 2")
    assert plain("a\nb") != plain("b\na")
    assert plain("books was asked: /x\n") != plain("")

"""Building GraphiQL: what is said and what is left behind, with an npm of our own making."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXPLORER = Path(__file__).parents[3] / "gateway" / "server" / "explorer"

GOOD_NPM = """#!/bin/sh
[ "$1" = ci ] || { mkdir -p node_modules/.built && echo new > node_modules/.built/index.html; }
"""
BROKEN_NPM = """#!/bin/sh
echo "npm error code ENOTFOUND" >&2
exit 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The explorer's sources, copied; the build script runs there by itself, without the gateway."""
    folder = tmp_path / "explorer"
    shutil.copytree(EXPLORER, folder, ignore=shutil.ignore_patterns("node_modules", "built", "__pycache__"))
    return folder


def run(folder: Path, npm: str | None) -> str:
    """Run the build with this npm, or none; gives what it prints. It never fails."""
    path = folder.parent / "bin"
    path.mkdir(exist_ok=True)
    (path / "npm").unlink(missing_ok=True)
    if npm is not None:
        (path / "npm").write_text(npm)
        (path / "npm").chmod(0o755)
    search = f"{path}:/usr/bin:/bin" if npm else str(path)
    command = [sys.executable, "-I", str(folder / "build.py")]
    done = subprocess.run(command, env={"PATH": search}, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


def test_absent_npm_is_said_and_not_fatal(folder: Path) -> None:
    assert "npm is not installed, so GraphiQL was not built." in run(folder, None)
    assert not (folder / "built").exists()


def test_failing_npm_is_quoted_and_the_former_build_stays(folder: Path) -> None:
    (folder / "built").mkdir()
    page = folder / "built" / "index.html"
    page.write_text("former")
    os.utime(page, (0, 0))
    printed = run(folder, BROKEN_NPM)
    assert "`npm ci` failed" in printed
    assert "npm error code ENOTFOUND" in printed
    assert page.read_text() == "former"


def test_build_is_made_once_and_again_after_a_change(folder: Path) -> None:
    assert "GraphiQL is built.\n" in run(folder, GOOD_NPM)
    assert (folder / "built" / "index.html").read_text() == "new\n"
    assert run(folder, BROKEN_NPM) == "GraphiQL is built already.\n"
    os.utime(folder / "built" / "index.html", (0, 0))
    assert "GraphiQL is built.\n" in run(folder, GOOD_NPM)

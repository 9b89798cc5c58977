"""The pages as a site: built offline without a warning, complete, and its generated parts as the code is."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
DOCS = REPOSITORY / "docs"
FETCHES = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="?(https?:)?//', re.IGNORECASE)


def load(name: str) -> ModuleType:
    """A script of docs/site, which is no package."""
    spec = importlib.util.spec_from_file_location(f"site_{name}", DOCS / "site" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pages_of(nav: list[Any]) -> list[str]:
    """The pages that a navigation lists, whatever section they are in."""
    found: list[str] = []
    for entry in nav:
        for value in entry.values():
            found += pages_of(value) if isinstance(value, list) else [value]
    return found


def test_the_commands_page_is_what_the_commands_say() -> None:
    """`PYTHONPATH=. python docs/site/cli_reference.py > docs/cli.md` makes it anew."""
    assert (DOCS / "cli.md").read_text(encoding="utf-8") == load("cli_reference").render()


def test_every_page_can_be_found_in_the_navigation() -> None:
    nav = tomllib.loads((REPOSITORY / "zensical.toml").read_text())["project"]["nav"]
    brought = {"architecture.md", "changelog.md"}
    assert set(pages_of(nav)) - brought == {path.name for path in DOCS.glob("*.md")}


def test_links_out_of_the_site_become_text() -> None:
    """Pages link to files of the repository; only those that are pages stay links."""
    relink = load("build").relink
    assert relink("[a](../ARCHITECTURE.md#b)", "docs") == "[a](architecture.md#b)"
    assert relink("[a](docs/errors.md)", ".") == "[a](errors.md)"
    assert relink("[`p`](gateway/pipeline.py)", ".") == "`p`"
    assert relink("[a](errors.md) ![i](images/x.png)", "docs") == "[a](errors.md) ![i](images/x.png)"
    assert relink("[a](no-such.md) [b](https://b.example)", "docs") == "[a](no-such.md) [b](https://b.example)"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What the site is made from, to be built elsewhere than in the working copy."""
    pytest.importorskip("zensical", reason="zensical is not installed: `make docs` installs it")
    for name in ("docs", "zensical.toml", "ARCHITECTURE.md", "CHANGELOG.md", "gateway"):
        source = REPOSITORY / name
        if name == "gateway":
            (tmp_path / name).symlink_to(source)
        elif source.is_dir():
            shutil.copytree(source, tmp_path / name)
        else:
            shutil.copy(source, tmp_path / name)
    return tmp_path


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "docs/site/build.py"], cwd=folder, capture_output=True, text=True, timeout=120
    )


def test_the_site_is_built_without_a_warning_and_fetches_nothing_from_elsewhere(copy: Path) -> None:
    done = build(copy)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = list((copy / "build" / "site").glob("*.html"))
    assert {"index.html", "tutorial.html", "architecture.html"} <= {page.name for page in pages}
    for page in pages:
        assert not FETCHES.search(page.read_text(encoding="utf-8")), page.name


def test_a_link_to_nowhere_fails_the_build(copy: Path) -> None:
    """So no warning goes unseen."""
    with (copy / "docs" / "index.md").open("a") as page:
        page.write("\n[nowhere](no-such-page.md)\n")
    assert build(copy).returncode != 0


def test_pre_commit_runs_what_make_check_runs() -> None:
    """The same tools, from the same virtual environment."""
    hooks = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    tools = {re.split(r" --force-exclude", hook["entry"])[0].removeprefix(".venv/bin/") for hook in hooks}
    makefile = (REPOSITORY / "Makefile").read_text()
    checks = re.search(r"^check:.*\n(?:\t.*\n)+", makefile, re.MULTILINE)
    assert checks is not None
    assert tools == set(re.findall(r"\brun ([a-z][\w -]*?);", checks[0]))

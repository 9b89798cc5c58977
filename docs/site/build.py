"""Builds the pages into build/site, as `make docs` does. Needs no network; a warning is a failure.

Pages link to files as they lie in the repository, so that they can be read there too. The site is built from a copy, in
which ARCHITECTURE.md is a page, and links to files that are no pages are plain text.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGES = REPOSITORY / "build" / "docs"
"""The copy. zensical.toml names it, and where the site goes."""

_LINK = re.compile(r"(?<!!)\[([^\]]*)\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)")
_BROUGHT = {"ARCHITECTURE.md": "architecture.md", "CHANGELOG.md": "changelog.md"}


def main() -> int:
    shutil.rmtree(PAGES, ignore_errors=True)
    shutil.copytree(REPOSITORY / "docs", PAGES, ignore=shutil.ignore_patterns("site", "__pycache__"))
    for page in PAGES.rglob("*.md"):
        page.write_text(relink(page.read_text(encoding="utf-8"), "docs"), encoding="utf-8")
    for name, brought in _BROUGHT.items():
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        (PAGES / brought).write_text(relink(text, "."), encoding="utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "--config-file", "zensical.toml"]
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode


def relink(text: str, folder: str) -> str:
    """A page's text with its links as the site has them. folder: where the page lies in the repository."""

    def replace(match: re.Match[str]) -> str:
        label, target, anchor = match[1], match[2], match[3] or ""
        path = (REPOSITORY / folder / target).resolve()
        if not path.is_relative_to(REPOSITORY):
            return match[0]
        name = path.relative_to(REPOSITORY).as_posix()
        if name in _BROUGHT:
            return f"[{label}]({_BROUGHT[name]}{anchor})"
        if name.startswith("docs/") or not path.exists():  # what does not exist is the builder's to complain of
            return f"[{label}]({name.removeprefix('docs/')}{anchor})"
        return label

    return _LINK.sub(replace, text)


if __name__ == "__main__":
    sys.exit(main())

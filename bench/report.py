"""What a benchmark prints around its figures: when, with which versions, on which machine; and where it goes."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
PAGE = REPOSITORY / "docs" / "performance.md"


def heading(conditions: str, packages: Sequence[str]) -> str:
    """A paragraph. conditions: of this run, a sentence. packages: whose versions matter."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=REPOSITORY, capture_output=True, text=True)
    return (
        f"{time.strftime('%d %B %Y')}, commit {commit.stdout.strip() or 'unknown'}, Python {platform.python_version()},"
        f" {os.cpu_count()} cores, {_processor()}. {conditions} {versions}."
    )


def write_section(target: str, text: str) -> None:
    """Put it into the page, as the last run of this target of make, instead of what was there."""
    mark = f"<!-- Below: the last run of `make {target}`, as it printed it. -->"
    before, found, behind = PAGE.read_text(encoding="utf-8").partition(mark)
    assert found, f"{PAGE} has no mark {mark}"
    following = re.search(r"\n(?=## |<!-- Below: )", behind)
    PAGE.write_text(f"{before}{mark}\n\n{text}{behind[following.start() :] if following else ''}", encoding="utf-8")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")

"""Packages of npm that tests run beside Braid: where they are installed, and why not when they are not.

A make target installs them from a `package.json` of ours into a folder of `build/`; see `npm` in the Makefile. Modules
of Node find packages above themselves only, so they are copied there and run from there.
"""

from __future__ import annotations

import shutil
from pathlib import Path

BUILD = Path(__file__).parents[2] / "build"


def missing(name: str, target: str) -> str | None:
    """Why the packages in build/NAME cannot be used, as a reason to skip; None when they can. target: of make."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (BUILD / name / "node_modules" / "graphql").is_dir():
        return f"npm packages are not installed: run `make {target}` with npm and a network"
    return None


def installed(name: str, modules: Path) -> Path:
    """The folder build/NAME, with the .mjs files of a folder of ours copied into it."""
    for module in modules.glob("*.mjs"):
        shutil.copy(module, BUILD / name)
    return BUILD / name

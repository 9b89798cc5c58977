"""The Dockerfile without an engine: its lines read, its COPY and RUN done in a folder that stands for the root.

What is left out: base images (this machine's Python stands for theirs), users, and Node's stage, whose result is taken
from the working copy when it is there.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: `RUN`, and what follows it, continued lines joined."""

    name: str
    text: str


@dataclass(slots=True)
class Image:
    """root: stands for `/`. environment: what ENV has set. command, health: the last stage's, as lists."""

    root: Path
    stages: list[list[Instruction]]
    environment: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def last(self) -> Mapping[str, str]:
        """The last stage's instructions by name; of several the last."""
        return {instruction.name: instruction.text for instruction in self.stages[-1]}

    @property
    def command(self) -> list[str]:
        return json.loads(self.last["CMD"])

    @property
    def health(self) -> list[str]:
        return json.loads(self.last["HEALTHCHECK"].partition("CMD ")[2])


def read_stages(text: str) -> list[list[Instruction]]:
    """The Dockerfile's instructions, a list for each FROM."""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    stages: list[list[Instruction]] = []
    for line in filter(None, map(str.strip, joined.splitlines())):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            stages.append([])
        stages[-1].append(Instruction(name, rest.strip()))
    return stages


def build_image(root: Path) -> Image:
    """Do the Python stages. Skips the test when packages cannot be downloaded."""
    image = Image(root, read_stages((REPOSITORY / "Dockerfile").read_text()))
    for stage in image.stages[1:]:
        folder = root
        for instruction in stage:
            if instruction.name == "WORKDIR":
                folder = root / instruction.text.lstrip("/")
                folder.mkdir(parents=True, exist_ok=True)
            elif instruction.name == "COPY":
                _copy(instruction.text, folder, root)
            elif instruction.name == "RUN" and "useradd" not in instruction.text:
                _run(instruction.text, folder, root)
            elif instruction.name == "ENV":
                pairs = (pair.partition("=") for pair in shlex.split(instruction.text))
                image.environment |= {name: value for name, _, value in pairs}
    return image


def _copy(text: str, folder: Path, root: Path) -> None:
    """From the working copy, without what .dockerignore leaves out; from another stage only what is not there yet."""
    *sources, target = shlex.split(text)
    destination = root / target.lstrip("/") if target.startswith("/") else folder / target
    if sources[0] == "--from=build":
        return  # both stages share one root
    if sources[0].startswith("--from="):
        built = REPOSITORY / sources[1].removeprefix("/src/")
        if built.is_dir():
            shutil.copytree(built, destination, dirs_exist_ok=True)
        return
    for source in (REPOSITORY / name for name in sources):
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "node_modules", "built")
            shutil.copytree(source, destination, dirs_exist_ok=True, ignore=ignored)
        else:
            destination.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, destination)


def _run(command: str, folder: Path, root: Path) -> None:
    python = shlex.quote(sys.executable)
    here = re.sub(
        r"(?<![\w/])/venv", str(root / "venv"), re.sub(r"(?<![\w/])python (?=-m venv)", f"{python} ", command)
    )
    # pip's own cache is used here: the image throws it away to be small, which is nothing to test.
    here = here.replace(" --no-cache-dir", " --disable-pip-version-check --quiet")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("BRAID_", "PYTHON", "VIRT"))
    }
    done = subprocess.run(here, shell=True, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    if "Could not find a version" in done.stderr or "onnection" in done.stderr:
        pytest.skip("packages cannot be downloaded here")
    assert done.returncode == 0, f"{here}\n{done.stdout}{done.stderr}"

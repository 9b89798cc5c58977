"""What both composers are asked: the tests' inputs, the subgraphs of scenarios and random graphs, and these damaged."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.composition_oracle.answers import Input
from tests.composition_oracle.damage import damaged
from tests.federation.scenarios import SCENARIOS
from tests.random_graphs.example import Seed
from tests.unit.federation.compose.recorded import RECORD_TO

_LOOKUP = re.compile(r"@lookup\b")


def all_inputs(damages: int, graphs: int, seed: int) -> Iterator[Input]:
    """Every input once. damages: of each scenario; graphs: random ones, each as drawn and damaged as often."""
    seen: set[str] = set()
    for found in _with_repeats(damages, graphs, seed):
        text = json.dumps(found.subgraphs, sort_keys=True)
        if text not in seen:
            seen.add(text)
            yield found


def _with_repeats(damages: int, graphs: int, seed: int) -> Iterator[Input]:
    yield from hand_made()
    for name, scenario in SCENARIOS.items():
        if scenario.supergraph is None:
            yield from _and_damaged(f"scenario {name}", scenario.subgraphs, damages, seed)
    for number in range(graphs):
        example = Seed(f"composition/{seed}/{number}", only=0).draw()
        yield from _and_damaged(f"random {number}", example.scenario.subgraphs, damages, seed)


def _and_damaged(name: str, subgraphs: Mapping[str, str], damages: int, seed: int) -> Iterator[Input]:
    """`@lookup` is no directive of federation's; without it the graphs are what they were."""
    plain = {name: _LOOKUP.sub("", sdl) for name, sdl in subgraphs.items()}
    yield Input(name, plain)
    for number in range(damages):
        label = f"{name}, damage {seed}/{number}"
        yield Input(label, damaged(plain, label))


def hand_made() -> list[Input]:
    """What the tests of composition compose, as they leave it: the tests are run for that."""
    path = Path("build/composition-oracle/hand-made.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "tests/unit/federation/compose", "-p", "no:cacheprovider"]
    finished = subprocess.run([*command, f"{RECORD_TO}={path}"], capture_output=True, text=True, check=False)
    if finished.returncode:
        print(f"Some tests of composition fail; their inputs are asked all the same.\n{finished.stdout[-500:]}")
    recorded = json.loads(path.read_text(encoding="utf-8"))
    return [Input(item["test"], item["subgraphs"]) for item in recorded if "@lookup" not in str(item["subgraphs"])]

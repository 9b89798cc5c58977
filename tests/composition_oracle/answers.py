"""What a composer says to one input."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.federation.compose import SubgraphSchema, compose
from gateway.federation.errors import SchemaError
from gateway.federation.read_supergraph import load_supergraph
from gateway.planning.satisfiability import unsatisfiable_fields


@dataclass(frozen=True, slots=True)
class Input:
    """Subgraphs by name, and where they come from: enough to find or draw them again."""

    name: str
    subgraphs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A supergraph, or the codes of what is wrong. crash: the composer broke down, with this message."""

    codes: frozenset[str] = frozenset()
    messages: tuple[str, ...] = ()
    supergraph: str = ""
    hints: frozenset[str] = frozenset()
    crash: str = ""


def ours(asked: Input) -> Answer:
    """Composed by Braid, satisfiability included."""
    try:
        composed = compose([SubgraphSchema(name, sdl, f"http://{name}") for name, sdl in asked.subgraphs.items()])
        found = unsatisfiable_fields(load_supergraph(composed.supergraph_sdl))
    except SchemaError as error:
        found = list(error.problems)
        composed = None
    if found or composed is None:
        return Answer(frozenset(p.code for p in found), tuple(map(str, found)))
    return Answer(supergraph=composed.supergraph_sdl, hints=frozenset(hint.code for hint in composed.hints))


def theirs(asked: Sequence[Input], folder: Path) -> list[Answer]:
    """Composed by the oracle that npm installed into the folder, in one process."""
    lines = [json.dumps([{"name": n, "sdl": s, "url": f"http://{n}"} for n, s in i.subgraphs.items()]) for i in asked]
    script = Path(__file__).parent / "compose.mjs"
    command = ["node", "--stack-size=4000", str(script), str(folder.resolve())]
    finished = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True, check=False)
    answers = [_read(json.loads(line)) for line in finished.stdout.splitlines()]
    if finished.returncode or len(answers) != len(asked):
        raise SystemExit(f"The oracle gave {len(answers)} answers to {len(asked)} inputs.\n{finished.stderr[-2000:]}")
    return answers


def _read(told: dict[str, object]) -> Answer:
    if "crash" in told:
        return Answer(crash=str(told["crash"]))
    if "supergraph" in told:
        return Answer(supergraph=str(told["supergraph"]), hints=frozenset(map(str, told["hints"])))  # type: ignore[call-overload]
    return Answer(frozenset(map(str, told["codes"])), tuple(map(str, told["messages"])))  # type: ignore[call-overload]

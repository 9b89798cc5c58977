"""Compose everything twice: python -m tests.composition_oracle. Ends with 1 when a difference has no explanation."""

from __future__ import annotations

import argparse
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path

from tests.composition_oracle.answers import Answer, Input, ours, theirs
from tests.composition_oracle.explained import EXPLAINED
from tests.composition_oracle.inputs import all_inputs
from tests.composition_oracle.model import table
from tests.support.verdicts import Verdicts

FOLDER = Path("build/composition-oracle")
LEAST = 300


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.composition_oracle", description=__doc__)
    parser.add_argument("--damages", type=int, default=6, help="damaged forms of each graph")
    parser.add_argument("--graphs", type=int, default=40, help="random graphs")
    parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same graphs and damages")
    parser.add_argument("--only", metavar="TEXT", help="inputs whose name holds this text, with both answers in full")
    parser.add_argument("--most", type=int, default=20, help="differences to show in full")
    chosen = parser.parse_args()
    asked = list(all_inputs(chosen.damages, chosen.graphs, chosen.seed))
    if chosen.only:
        asked = [found for found in asked if chosen.only in found.name]
    with ProcessPoolExecutor(1) as pool:
        here = list(pool.map(ours, asked, chunksize=20))
    return _tell(asked, here, theirs(asked, FOLDER), chosen.most, in_full=chosen.only is not None)


def _tell(asked: list[Input], here: list[Answer], there: list[Answer], most: int, *, in_full: bool) -> int:
    counts: Counter[str] = Counter()
    unexplained: list[tuple[Input, Answer, Answer, str]] = []
    for found, mine, other in zip(asked, here, there, strict=True):
        difference = differs(mine, other)
        if not difference:
            counts["equal: both refuse it" if mine.codes else "equal: one model"] += 1
            continue
        sdls = "\n".join(found.subgraphs.values())
        reason = next((e.name for e in EXPLAINED if e.applies(mine, other, sdls)), None)
        counts[f"explained: {reason}" if reason else f"DIFFERENT: {difference}"] += 1
        if reason is None:
            unexplained.append((found, mine, other, difference))
    for what, count in sorted(counts.items()):
        print(f"{count:6}  {what}")
    for found, mine, other, difference in islice(unexplained, None if in_full else most):
        _show(found, mine, other, difference)
    verdicts = Verdicts()
    verdicts.tell(f"at least {LEAST} inputs", len(asked), good=in_full or len(asked) >= LEAST)
    verdicts.tell("differences without an explanation", len(unexplained), good=not unexplained)
    return verdicts.exit_status


def differs(mine: Answer, other: Answer) -> str:
    """In what two answers differ, as a line; "" when they say the same."""
    if other.crash or mine.crash:
        return "a crash"
    if bool(mine.codes) != bool(other.codes):
        return f"ours {_codes(mine)}, theirs {_codes(other)}"
    if mine.codes != other.codes:
        return f"ours {_codes(mine)}, theirs {_codes(other)}"
    return "" if mine.codes or table(mine.supergraph) == table(other.supergraph) else "models"


def _codes(answer: Answer) -> str:
    return " ".join(sorted(answer.codes)) or "composes"


def _show(found: Input, mine: Answer, other: Answer, difference: str) -> None:
    print(f"\n--- {found.name}: {difference}")
    for name, sdl in found.subgraphs.items():
        print(f"# {name}\n{sdl.strip()}")
    for who, answer in (("ours", mine), ("theirs", other)):
        for message in (*answer.messages, answer.crash):
            if message:
                print(f"{who}: {message}")
    if mine.supergraph and other.supergraph:
        one, two = table(mine.supergraph), table(other.supergraph)
        for coordinate in sorted({**one, **two}):
            if one.get(coordinate) != two.get(coordinate):
                print(f"{coordinate}:\n  ours   {one.get(coordinate)}\n  theirs {two.get(coordinate)}")


if __name__ == "__main__":
    raise SystemExit(main())

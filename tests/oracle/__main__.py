"""Ask our gateway and npm's @apollo/gateway the same random questions; compare their answers and their plans.

Data must be equal unless tests/oracle/faults.py says why the other one is wrong, and over all cases with equal data our
plans must make no more fetches and be no deeper. Ends with 1 when they do not, with 2 when it cannot run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.federation.scenarios import SCENARIOS
from tests.oracle.apollo import PACKAGES, PATIENCE_S, Refused
from tests.oracle.compare import Compared
from tests.oracle.faults import FAULTS
from tests.oracle.scenario_run import NOT_ASKED, Outcome, run
from tests.support import npm
from tests.support.verdicts import Verdicts

CANNOT_RUN = 2
SHOWN = 3


def main() -> int:
    chosen = _options()
    if reason := npm.missing(PACKAGES, "gateway-oracle"):
        print(f"error: {reason}", file=sys.stderr)
        return CANNOT_RUN
    names = chosen.only or sorted(SCENARIOS.keys() - NOT_ASKED)
    each = -(-chosen.cases // len(names))
    try:
        outcomes = _run_all(names, each, chosen.seed)
    except Refused as problem:
        print(f"error: the other gateway refuses a graph: {problem}", file=sys.stderr)
        return CANNOT_RUN
    print()
    verdicts = Verdicts()
    _tell_answers(outcomes, verdicts)
    _tell_plans(outcomes, verdicts)
    if chosen.write:
        _write(chosen.write, outcomes)
    return verdicts.exit_status


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.oracle",
        description=__doc__,
        epilog="example: python -m tests.oracle --only farm --seed 7",
    )
    parser.add_argument("--cases", type=int, default=2000, help="questions, spread over the scenarios (default: 2000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed asks the same questions (default: 1)")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=sorted(SCENARIOS), help="these scenarios only")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put every worse plan and difference there, as JSON")
    return parser.parse_args()


def _run_all(names: Sequence[str], each: int, seed: int) -> list[Outcome]:
    outcomes: list[Outcome] = []
    print(f"{'scenario':<20} {'cases':>6} {'equal':>6} {'fetches':>14} {'depth':>14}   ours, theirs")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for outcome in pool.map(run, names, [each] * len(names), [seed] * len(names)):
            outcomes.append(outcome)
            pairs = "".join(f"{ours:>8} {theirs:>6}" for ours, theirs in (outcome.fetches, outcome.depth))
            print(f"{outcome.scenario:<20} {outcome.cases:>6} {outcome.equal:>6} {pairs}", flush=True)
    return outcomes


def _tell_answers(outcomes: Sequence[Outcome], verdicts: Verdicts) -> None:
    unexplained = [compared for outcome in outcomes for compared in outcome.unexplained]
    cases = sum(outcome.cases for outcome in outcomes)
    verdicts.tell(
        "answers equal, or the other's is a listed fault",
        f"{cases - len(unexplained)} of {cases}",
        good=not unexplained,
    )
    met = sum((outcome.faults for outcome in outcomes), Counter[str]())
    for fault in FAULTS:
        verdicts.note(f"{met[fault.name]:>5} times: {fault.name}")
    verdicts.note(
        f"{sum(o.unanswered for o in outcomes)} more questions that the other did not answer in {PATIENCE_S} s"
    )
    for compared in unexplained[:SHOWN]:
        whose = "ours is right" if compared.ours.data == compared.truth else "ours is not the monolith's either"
        verdicts.note(f"{compared.scenario}, {whose}: {compared.difference()}\n{compared.query}\n")


def _tell_plans(outcomes: Sequence[Outcome], verdicts: Verdicts) -> None:
    for what, pairs in (("fetches", [o.fetches for o in outcomes]), ("depth", [o.depth for o in outcomes])):
        ours, theirs = (sum(pair[side] for pair in pairs) for side in (0, 1))
        verdicts.tell(f"total {what} of our plans at most the other's", f"{ours} and {theirs}", good=ours <= theirs)
    worse = [compared for outcome in outcomes for compared in outcome.worse]
    verdicts.note(f"{len(worse)} plans of ours make more fetches or are deeper")
    for compared in sorted(worse, key=_surplus, reverse=True)[:SHOWN]:
        verdicts.note(
            f"{compared.scenario}: {compared.costs}\n{compared.query}\n{compared.ours.plan}\n{compared.theirs.plan}\n"
        )


def _surplus(compared: Compared) -> int:
    assert compared.costs
    ours, theirs = compared.costs
    return max(ours.fetches - theirs.fetches, ours.depth - theirs.depth)


def _write(file: Path, outcomes: Sequence[Outcome]) -> None:
    def all_of(cases: Sequence[Compared]) -> list[dict[str, object]]:
        return [
            {
                "scenario": c.scenario,
                "query": c.query,
                "difference": None if c.is_equal else c.difference(),
                "right": c.ours.data == c.truth,
                "ours": c.ours.plan,
                "theirs": c.theirs.plan,
            }
            for c in cases
        ]

    worse = all_of([compared for outcome in outcomes for compared in outcome.worse])
    unexplained = all_of([compared for outcome in outcomes for compared in outcome.unexplained])
    file.write_text(json.dumps({"worse": worse, "unexplained": unexplained}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

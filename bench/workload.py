"""`python -m bench.workload`: the public federation workload, Braid's CPU per request beside that of other gateways.

One heavy query over four subgraphs, which run in one Node process and answer from memory. Every gateway gets the same
supergraph, the same subgraphs and the same load of wrk, 50 connections, in the same run; it is one process on one core.
Its answer is compared with the workload's before and after the load, and every answer under load with the first.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench import peers, wrk
from bench.measure import CONNECTIONS, Measured, WrongAnswer
from bench.report import heading, write_section
from bench.servers import Server, supergraph_gateway

FAILED, CANNOT_RUN = 1, 2
ALONE = 5
"""Requests one after the other, of which the one with the fewest requests to subgraphs counts: which of these can share
one depends on what comes together."""
PACKAGES = ("graphql-core", "starlette", "uvicorn", "uvloop", "aiohttp", "msgspec")


@dataclass(frozen=True, slots=True)
class Workload:
    """expected: the data that every gateway has to answer."""

    supergraph: Path
    body: bytes
    expected: Any
    server: Path


@dataclass(frozen=True, slots=True)
class Row:
    """One gateway. alone: requests to subgraphs for one request; loaded: the same, on average under load."""

    gateway: str
    versions: str
    alone: int
    loaded: float
    measured: Measured


def main() -> int:
    options = _options()
    if problems := why_not(options):
        print(problems, file=sys.stderr)
        return CANNOT_RUN
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) > 1:
        os.sched_setaffinity(0, set(cores[:-1]))
    return run(options, cores[-1:] if len(cores) > 1 else [])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.workload",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="example: python -m bench.workload --workload ../workload --beside apollo,hive,hive-rust",
    )
    add_options(parser)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each measurement (default: 15)")
    parser.add_argument("--rounds", type=int, default=3, help="interleaved; the cheapest counts (default: 3)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, not as a table")
    options = parser.parse_args()
    if not options.workload:
        parser.error("which workload? Give --workload FOLDER, or set BRAID_FEDERATION_WORKLOAD")
    return options


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which workload, beside which gateways."""
    default = os.environ.get("BRAID_FEDERATION_WORKLOAD")
    parser.add_argument(
        "--workload",
        metavar="FOLDER",
        type=Path,
        default=Path(default) if default else None,
        help="the public federation workload: a folder with supergraph.graphql, body.json, expected.json and "
        "subgraphs/server.mjs (needs Node and wrk; default: $BRAID_FEDERATION_WORKLOAD)",
    )
    parser.add_argument(
        "--beside",
        type=_peers,
        default=[],
        metavar="NAMES",
        help=f"measure it with other gateways too: {','.join(peers.PEERS)}, or all",
    )
    parser.add_argument("--warm-up", type=float, default=10.0, help="seconds of load before it (default: 10)")


def run(options: argparse.Namespace, core: Sequence[int]) -> int:
    """Measure and print; the exit status. core: the one that gateways get; none to leave them where they are."""
    try:
        rows = measure_all(read(options.workload), options, core)
    except (WrongAnswer, RuntimeError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return FAILED
    if getattr(options, "json", False):
        print(json.dumps([asdict(row) for row in rows], indent=1))
        return 0
    conditions = f"wrk, {CONNECTIONS} connections, every answer compared; one process on one core."
    node = f" Node {peers.node_version()} for the others." if options.beside else ""
    text = f"{heading(conditions + node, PACKAGES)}\n\n{table(rows)}\n"
    print(text)
    if options.write:
        write_section("bench-workload", text)
    return 0


def why_not(options: argparse.Namespace) -> str | None:
    """What this machine or the folder lacks, a line for each; None when nothing."""
    files = ("supergraph.graphql", "body.json", "expected.json", "subgraphs/server.mjs")
    lacking = [name for name in files if not (options.workload / name).is_file()]
    folder = f"{options.workload} is no workload: it has no {', no '.join(lacking)}" if lacking else None
    reasons = [wrk.why_not(), peers.why_not() if options.beside else None, folder]
    return "\n".join(f"error: {reason}" for reason in reasons if reason) or None


def _peers(text: str) -> list[str]:
    names = [*peers.PEERS] if text == "all" else [name for name in text.split(",") if name]
    for name in names:
        if name not in peers.PEERS:
            raise argparse.ArgumentTypeError(f"no gateway '{name}'; there are {', '.join(peers.PEERS)}")
    return names


def read(folder: Path) -> Workload:
    """Its subgraphs need npm's graphql: they are copied to where ours is installed, if it is."""
    server = folder / "subgraphs" / "server.mjs"
    if (peers.INSTALLED / "node_modules" / "graphql").is_dir():
        copied = peers.INSTALLED / "workload"
        shutil.copytree(folder / "subgraphs", copied, dirs_exist_ok=True)
        server = copied / "server.mjs"
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))["data"]
    return Workload(folder / "supergraph.graphql", (folder / "body.json").read_bytes(), expected, server)


def measure_all(workload: Workload, options: argparse.Namespace, core: Sequence[int]) -> list[Row]:
    """Braid and its peers in turn, several rounds; of each the round with the least CPU, since noise only adds."""
    best: dict[str, Row] = {}
    with subgraphs(workload.server) as count:
        for number in range(options.rounds):
            for title, versions, start in _gateways(workload, options.beside):
                print(f"round {number + 1}: {title}", file=sys.stderr)
                with start() as server:
                    if core:
                        wrk.pin_family(server.pid, {*core})
                    row = _measure(server, versions, workload, count, options)
                if title not in best or row.measured.cpu_ms < best[title].measured.cpu_ms:
                    best[title] = row
    return list(best.values())


def _gateways(
    workload: Workload, beside: Sequence[str]
) -> Iterator[tuple[str, str, Callable[[], AbstractContextManager[Server]]]]:
    yield "Braid", f"braid-gateway {version('braid-gateway')}", lambda: supergraph_gateway(workload.supergraph)
    for peer in (peers.PEERS[name] for name in beside):
        yield peer.title, peer.versions, lambda peer=peer: peers.serving(peer, workload.supergraph)


def _measure(
    server: Server, versions: str, workload: Workload, count: Callable[[], int], options: argparse.Namespace
) -> Row:
    alone = min(_requests_of_one(server, workload, count) for _ in range(ALONE))
    wrk.load(server.url, workload.body, options.warm_up)
    before = count()
    measured = wrk.measure(server.url, server.pid, workload.body, options.seconds)
    loaded = (count() - before) / measured.answers
    check_answer(server, workload)
    return Row(server.name, versions, alone, loaded, measured)


def _requests_of_one(server: Server, workload: Workload, count: Callable[[], int]) -> int:
    before = count()
    check_answer(server, workload)
    return count() - before


def check_answer(server: Server, workload: Workload) -> None:
    """Ask once. Raises WrongAnswer when it is not the workload's answer."""
    headers = {"content-type": "application/json", "accept": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(server.url, workload.body, headers), timeout=60) as response:
        answer = json.load(response)
    if answer.get("errors") or answer.get("data") != workload.expected:
        raise WrongAnswer(f"{server.name} answers something else than the workload: {str(answer)[:300]}")


def table(rows: Sequence[Row]) -> str:
    """Markdown. Ratios are to the first row."""
    first = rows[0].measured.cpu_ms
    lines = [
        "**public federation workload**",
        "",
        "| gateway | versions | requests to subgraphs, alone | under load | CPU ms per request | times Braid's "
        "| requests per second | p50 ms | MB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        found = row.measured
        lines.append(
            f"| {row.gateway} | {row.versions} | {row.alone} | {row.loaded:.1f} | {found.cpu_ms:.2f}"
            f" | {found.cpu_ms / first:.2f} | {found.per_second:.0f} | {found.p50_ms:.0f} | {found.rss_mb:.0f} |"
        )
    return "\n".join(lines)


@contextmanager
def subgraphs(server: Path) -> Iterator[Callable[[], int]]:
    """The workload's subgraphs, at the port that its supergraph names; gives how many requests they have had."""
    process = subprocess.Popen(["node", str(server)], stdout=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{os.environ.get('PORT', '14300')}"

    def count() -> int:
        with urllib.request.urlopen(f"{base}/stats", timeout=30) as response:
            return int(json.load(response)["total"])

    try:
        for _ in range(100):
            try:
                count()
                break
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError("the workload's subgraphs have ended; see above") from None
                time.sleep(0.1)
        yield count
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    sys.exit(main())

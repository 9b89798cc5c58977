"""Search for differences: python -m tests.random_graphs --cases 5000 --seed 1. Ends with 1 when one was found."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import structlog

from gateway.server.run import YOUNG_OBJECTS
from tests.random_graphs.features import Searched
from tests.random_graphs.search import Chunk, Difference, chunks_of, search
from tests.support.verdicts import Verdicts


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.random_graphs", description=__doc__)
    parser.add_argument("--cases", type=int, default=5000, help="questions to try, five to a graph")
    parser.add_argument("--seed", type=int, default=1, help="the same seed tries the same cases")
    parser.add_argument("--only", metavar="SEED", help="try one graph, by the seed that a failure names, such as 1/37")
    parser.add_argument("--as-found", action="store_true", help="print the first failure at once, not shrunk")
    chosen = parser.parse_args()
    shrink = not chosen.as_found
    chunks = [Chunk((chosen.only,), shrink)] if chosen.only else chunks_of(chosen.cases, chosen.seed, shrink=shrink)
    verdicts = Verdicts()
    try:
        total = _search_all(chunks)
    except Difference as difference:
        verdicts.tell(f"a difference with seed {chosen.seed}", f"\n\n{difference}", good=False)
        return verdicts.exit_status
    print(total.table())
    if not chosen.only:
        verdicts.tell("tried too rarely", ", ".join(total.rare()) or "nothing", good=not total.rare())
    verdicts.tell("no difference", f"{total.cases} cases with seed {chosen.seed}", good=True)
    return verdicts.exit_status


def _search_all(chunks: list[Chunk]) -> Searched:
    """Search all chunks, in as many processes as there are cores. Raises the first Difference in their order."""
    started_s = time.monotonic()
    total = Searched()
    with ProcessPoolExecutor(os.cpu_count(), initializer=_begin) as pool:
        try:
            for searched in pool.map(search, chunks):
                total.add(searched)
                print(f"{time.monotonic() - started_s:6.0f} s  {total}", flush=True)
        except Difference:
            pool.shutdown(cancel_futures=True)
            raise
    return total


def _begin() -> None:
    """Fields fail on purpose; the gateway's log lines about it would hide the progress. Garbage is collected as rarely
    as by a gateway that serves."""
    gc.set_threshold(YOUNG_OBJECTS)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))


if __name__ == "__main__":
    sys.exit(main())

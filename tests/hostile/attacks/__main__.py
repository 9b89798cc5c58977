"""`python -m tests.hostile.attacks`: the shop, a gateway, all attacks, a table. Ends with 1 when anything is wrong."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mock_services.estate import Estate
from mock_services.generator import Sizes, generate
from mock_services.homes import DirectoryHome
from tests.hostile.attacks.corpus import CORPUS
from tests.hostile.attacks.families import FAMILIES
from tests.hostile.attacks.gauge import Gauge
from tests.hostile.attacks.verdict import Growth, Verdict, grow, judge
from tests.shop.gateway_process import GatewayProcess
from tests.support.verdicts import Verdicts

SEED = 7
SIZES = Sizes(customers=300, products=200, orders=3000)


@contextmanager
def attacked_gateway() -> Iterator[Gauge]:
    """A gateway process as configured for the demo, over a small shop."""
    with tempfile.TemporaryDirectory(prefix="braid-attacks-") as folder:
        home = DirectoryHome(Path(folder) / "shop")
        generate(home, SEED, SIZES)
        log = Path(folder) / "gateway.log"
        with Estate(home) as estate, GatewayProcess(estate.urls(), log) as gateway:
            yield Gauge(gateway.url, gateway.pid, log)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.attacks", description=__doc__)
    parser.add_argument("only", nargs="*", help="names of attacks or families, or parts of them; all of them if none")
    wanted = parser.parse_args().only
    begun = time.monotonic()
    with attacked_gateway() as gauge:
        verdicts = list(judge((attack for attack in CORPUS if _is_meant(attack.name, wanted)), gauge))
        alive = all(verdict.reading.status for verdict in verdicts)
        growths = [grow(family, gauge) for family in FAMILIES if alive and _is_meant(family.name, wanted)]
    told = Verdicts()
    _print_verdicts(verdicts, told)
    _print_growths(growths, told)
    attacks = len({verdict.attack.name for verdict in verdicts})
    print(f"\n{attacks} attacks in {len(verdicts)} requests, {len(growths)} families, {told.broken} with faults,"
          f" {time.monotonic() - begun:.0f} s")  # fmt: skip
    return told.exit_status


def _is_meant(name: str, wanted: Sequence[str]) -> bool:
    return not wanted or any(part in name for part in wanted)


def _print_verdicts(verdicts: Sequence[Verdict], told: Verdicts) -> None:
    told.note(
        f"{'attack':<34} {'way':<9} {'status':>6} {'CPU ms':>7} {'MB':>6} {'health ms':>9} {'answer':>7} {'log':>5}"
    )
    for verdict in verdicts:
        reading = verdict.reading
        told.tell(
            f"{verdict.attack.name:<34} {verdict.shot.way:<9} {reading.status:>6} {reading.cpu_s * 1000:>7.1f}"
            f" {reading.grown_bytes / 1e6:>6.1f} {reading.health_s * 1000:>9.1f} {len(reading.answer):>7}"
            f" {len(reading.logged):>5}",
            good=not verdict.faults,
        )
        for fault in verdict.faults:
            told.note(f"  {fault}")


def _print_growths(growths: Sequence[Growth], told: Verdicts) -> None:
    print()
    told.note(f"{'family':<34} {'n':>7} {'CPU ms at n, 2n, 4n, 8n':>40} {'factor':>7}")
    for growth in growths:
        costs = " ".join(f"{cost * 1000:>9.2f}" for cost in growth.costs_s)
        line = f"{growth.family.name:<34} {growth.family.size:>7} {costs:>40} {growth.factor:>7.2f}"
        told.tell(line, good=not growth.faults)
        for fault in growth.faults:
            told.note(f"  {fault}")


if __name__ == "__main__":
    sys.exit(main())

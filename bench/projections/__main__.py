"""`python -m bench.projections`: what the read side does with a million orders, with every process in its place.

Pages of the shop's projection through the gateway and in the store; the consistency window; a rebuild under questions,
killed half-way; applying events live. Prints a table of each, and puts them into docs/performance.md with --write.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.projections.measuring import Measurement, Sizes, measure
from bench.projections.tables import heading_of, tables_of
from bench.report import write_section

PARTS = ("pages", "window", "rebuild", "live")
ADMINISTRATOR = "postgresql://postgres@127.0.0.1:5432/postgres"
SHORT = Sizes(orders=10_000, questions=10, seconds=2.0, rate=100.0, live_orders=500)


def main() -> None:
    options = _options()
    sizes = SHORT if options.short else Sizes(options.orders, options.questions, options.seconds, options.rate)
    made = None if options.shop is None else Path(options.shop)
    measured: list[Measurement] = []
    for store in options.store.split(","):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder, _STORES[store](Path(folder)) as address:
            measured.append(measure(store, address, Path(folder), made, sizes, options.parts.split(","), say))
    text = "\n\n".join([heading_of(sizes), *tables_of(measured)]) + "\n"
    print(text)
    if options.write:
        write_section("bench-projections", text)
    if faults := [fault for each in measured for fault in each.faults()]:
        sys.exit("\n".join(faults))


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


@contextmanager
def _folder(folder: Path) -> Iterator[str]:
    yield str(folder / "projections")


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    """A database that nobody else uses; nothing of it is left."""
    import psycopg

    administrator = os.environ.get("BRAID_TEST_POSTGRES", ADMINISTRATOR)
    name = f"braid_bench_{secrets.token_hex(4)}"
    with psycopg.connect(administrator, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    try:
        yield f"{administrator.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(administrator, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


_STORES: dict[str, Callable[[Path], contextmanager[str]]] = {"sqlite": _folder, "postgresql": _database}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.projections",
        description=__doc__,
        epilog="example: python -m bench.projections --orders 100000 --parts pages,live",
    )
    parser.add_argument("--orders", type=int, default=1_000_000, help="in the shop (default: 1000000)")
    parser.add_argument("--shop", metavar="FOLDER", help="of a shop that is there; it is copied, not changed")
    parser.add_argument("--folder", metavar="FOLDER", help="for what is made meanwhile, some GB (default: temporary)")
    parser.add_argument("--store", type=_listed(_STORES), default="sqlite,postgresql", help="sqlite,postgresql")
    parser.add_argument("--parts", type=_listed(PARTS), default=",".join(PARTS), help=",".join(PARTS))
    parser.add_argument("--questions", type=int, default=200, help="of each kind (default: 200)")
    parser.add_argument("--rate", type=float, default=500.0, help="events a second for the window (default: 500)")
    parser.add_argument("--seconds", type=float, default=60.0, help="of that (default: 60)")
    parser.add_argument("--short", action="store_true", help="a small shop, for a moment: do all parts work?")
    parser.add_argument("--write", action="store_true", help="put the result into docs/performance.md")
    return parser.parse_args()


def _listed(known: Sequence[str] | dict[str, object]) -> Callable[[str], str]:
    def check(text: str) -> str:
        if unknown := set(text.split(",")) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))} is none of {', '.join(known)}")
        return text

    return check


if __name__ == "__main__":
    main()

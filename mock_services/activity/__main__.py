"""python -m mock_services.activity: keep changing a running shop, gently, until told to stop."""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
from collections.abc import Sequence

from mock_services.activity.people import People
from mock_services.kit.lifeline import end_with_parent
from mock_services.kit.ports import PORTS


def main(arguments: Sequence[str] | None = None) -> None:
    """At random moments, `rate` a second on average. Ends on SIGINT and SIGTERM."""
    options = _parse(arguments)
    if options.with_parent is not None:
        end_with_parent(options.with_parent)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    draws = random.Random(options.seed)
    people = People(default_urls() | dict(options.service), draws)
    while True:
        time.sleep(draws.expovariate(options.rate))
        people.act()


def default_urls() -> dict[str, str]:
    """Of a shop on its usual ports."""
    return {name: f"http://127.0.0.1:{port}" for name, port in PORTS.items()}


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m mock_services.activity",
        description="Change a running shop as its customers and staff would: orders, prices, stock, tickets, names.",
        epilog="example: python -m mock_services.activity --rate 2 orders=http://127.0.0.1:8103",
    )
    parser.add_argument("service", nargs="*", type=_service, help="NAME=URL of services elsewhere than usual")
    parser.add_argument("--rate", type=_rate, default=1.0, help="changes a second (default: %(default)s)")
    parser.add_argument("--seed", type=int, help="same seed, same draws")
    parser.add_argument(
        "--with-parent", type=int, metavar="PID", help="end when process PID, which started this one, has ended"
    )
    return parser.parse_args(arguments)


def _service(text: str) -> tuple[str, str]:
    name, found, url = text.partition("=")
    if not found or name not in PORTS:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=URL with one of {', '.join(PORTS)}")
    return name, url


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of changes a second, up to 100")
    return rate


if __name__ == "__main__":
    main()

"""python -m mock_services.estate: seed the shop if needed, run its seven services, stop them all on Ctrl-C."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from mock_services.estate.estate import Estate, EstateError
from mock_services.estate.process import child_environment
from mock_services.generate import add_shop_options, asked_home, asked_sizes, shown
from mock_services.generator import DEFAULT_SEED, SeedingError, Sizes, describe, generate, read_manifest
from mock_services.homes import Home, HomeError
from mock_services.kit.lifeline import end_with_parent
from mock_services.kit.ports import PORTS

BASE_PORT = min(PORTS.values())
LOOK_EVERY_S = 0.5


def main(arguments: Sequence[str] | None = None) -> None:
    """Run until SIGINT, SIGTERM, SIGHUP, or the parent's end with --with-parent. Exit status 0 then, else 1."""
    options = _parse(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    if options.with_parent is not None:
        end_with_parent(options.with_parent, signal.SIGTERM)
    try:
        home = asked_home(options)
        _seed(options, home)
        with Estate(home, ports=_ports(options.ports, options.base_port)) as estate:
            _announce(estate, options.json)
            with _activity(estate, options.activity):
                _watch(estate)
    except (EstateError, SeedingError, HomeError, OSError) as error:
        sys.exit("\n".join(f"estate: {line}" for line in str(error).splitlines()))


def _end(*_: object) -> None:
    """Ends by an exception, so that services are stopped on the way out; a second signal must not disturb that."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def _seed(options: argparse.Namespace, home: Home) -> None:
    """A shop that is there is taken as it is, unless the options ask for a certain one."""
    sizes = asked_sizes(options)
    if options.seed is None and sizes == Sizes() and read_manifest(home):
        return
    seeding = generate(home, DEFAULT_SEED if options.seed is None else options.seed, sizes)
    if seeding.made:
        print(f"made {shown(options)} in {seeding.seconds:.1f} s: {describe(seeding.manifest)}", file=sys.stderr)


def _announce(estate: Estate, as_json: bool) -> None:
    """The services on standard output: one line of JSON, or a table."""
    services = [{"name": name, "url": url, "pid": estate.pid(name)} for name, url in estate.urls().items()]
    if as_json:
        print(json.dumps({"home": str(estate.home), "pid": os.getpid(), "services": services}), flush=True)
        return
    for service in services:
        print(f"{service['name']:<10} {service['url']}  pid {service['pid']}")
    print("Ctrl-C stops them all.", flush=True)


@contextmanager
def _activity(estate: Estate, rate: float) -> Generator[None, None, None]:
    """For the block, somebody changes the shop `rate` times a second; nobody when it is 0."""
    if not rate:
        yield
        return
    urls = [f"{name}={url}" for name, url in estate.urls().items()]
    command = [sys.executable, "-m", "mock_services.activity", "--rate", str(rate), "--with-parent", str(os.getpid())]
    process = subprocess.Popen([*command, *urls], stdin=subprocess.PIPE, env=child_environment(), process_group=0)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _watch(estate: Estate) -> None:
    """Until a signal ends us. Services that end on their own are told of and left dead: somebody may want that."""
    told: set[str] = set()
    while True:
        time.sleep(LOOK_EVERY_S)
        for name in estate.services:
            if name not in told and not estate.is_alive(name):
                told.add(name)
                print(f"estate: {name} ended with {estate.exit_code(name)}", file=sys.stderr, flush=True)


def _ports(ports: str, base_port: int) -> dict[str, int]:
    """By service; none when any free one will do."""
    return {} if ports == "free" else {name: base_port + port - BASE_PORT for name, port in PORTS.items()}


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = -1.0
    if not 0 <= rate <= 100:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of changes a second: 0 to 100")
    return rate


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m mock_services.estate",
        description="Run the seven services of the shop as processes, over databases that are made first if need be.",
        epilog="example: python -m mock_services.estate --dir .braid/shop --ports free --json",
    )
    add_shop_options(parser)
    parser.add_argument("--base-port", type=int, default=BASE_PORT, help="the first of seven (default: %(default)s)")
    parser.add_argument("--ports", choices=("fixed", "free"), default="fixed", help="free: whichever are free")
    parser.add_argument("--json", action="store_true", help="announce the services in one line of JSON")
    parser.add_argument(
        "--activity", type=_rate, default=0.0, metavar="RATE", help="changes a second by customers (default: none)"
    )
    parser.add_argument(
        "--with-parent", type=int, metavar="PID", help="end when process PID, which started this one, has ended"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()

"""python -m mock_services.faults orders=127.0.0.1:7103 ...: proxies before services, commanded by standard input."""

from __future__ import annotations

import argparse
import asyncio

from mock_services.faults.process import serve


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m mock_services.faults",
        description="TCP proxies that break what passes through them, commanded by lines of JSON on standard input.",
        epilog="""example line: {"service": "orders", "fault": {"fault": "reset", "probability": 0.5}}""",
    )
    parser.add_argument("upstreams", nargs="+", metavar="NAME=HOST:PORT", type=_upstream)
    asyncio.run(serve(dict(parser.parse_args().upstreams)))


def _upstream(text: str) -> tuple[str, tuple[str, int]]:
    name, _, place = text.partition("=")
    host, _, port = place.rpartition(":")
    if not (name and host and port.isdecimal()):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=HOST:PORT")
    return name, (host, int(port))


if __name__ == "__main__":
    main()

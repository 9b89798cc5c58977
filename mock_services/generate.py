"""python -m mock_services.generate: fill a directory with the shop's databases."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mock_services.generator import DEFAULT_SEED, SeedingError, Sizes, describe, generate

DEFAULT_DIRECTORY = Path(".braid/shop")


def main(arguments: Sequence[str] | None = None) -> None:
    """Generate; progress on standard error, the outcome on standard output."""
    options = _parse(arguments)
    seed = DEFAULT_SEED if options.seed is None else options.seed
    try:
        seeding = generate(options.dir, seed, asked_sizes(options), force=options.force, report=_say)
    except (SeedingError, OSError) as error:
        sys.exit(f"generate: {error}")
    if not seeding.made:
        print(f"{options.dir} already holds this shop: {describe(seeding.manifest)} (--force makes it anew)")
        return
    print(f"made {options.dir} in {seeding.seconds:.1f} s: {describe(seeding.manifest)}")
    print("rows: " + ", ".join(f"{table} {rows:,}" for table, rows in seeding.manifest.rows.items()))


def add_shop_options(parser: argparse.ArgumentParser) -> None:
    """--dir, --seed and the sizes. Seed and sizes that are not given are None."""
    parser.add_argument("--dir", type=Path, default=DEFAULT_DIRECTORY, help="where (default: %(default)s)")
    parser.add_argument("--seed", type=int, help=f"same seed and sizes, same shop (default: {DEFAULT_SEED})")
    for name, size in msgspec.structs.asdict(Sizes()).items():
        parser.add_argument(f"--{name}", type=int, help=f"default: {size}")


def asked_sizes(options: argparse.Namespace) -> Sizes:
    """The sizes given, defaults for the others."""
    asked = {name: getattr(options, name) for name in Sizes.__struct_fields__}
    return Sizes(**{name: size for name, size in asked.items() if size is not None})


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m mock_services.generate",
        description="Fill a directory with the databases of the seven services. The rows follow from seed and sizes.",
        epilog="example: python -m mock_services.generate --dir .braid/shop --customers 500 --orders 5000",
    )
    add_shop_options(parser)
    parser.add_argument("--force", action="store_true", help="make it anew, or replace another shop in the directory")
    return parser.parse_args(arguments)


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

"""python -m mock_services.generate: fill a directory, or a PostgreSQL server, with the shop's databases."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mock_services.generator import DEFAULT_SEED, SeedingError, Sizes, describe, generate
from mock_services.homes import DEFAULT_NAMESPACE, DirectoryHome, Home, HomeError, PostgresHome
from mock_services.kit.locks import Locked

DEFAULT_DIRECTORY = Path(".braid/shop")


def main(arguments: Sequence[str] | None = None) -> None:
    """Generate; progress on standard error, the outcome on standard output."""
    options = _parse(arguments)
    seed = DEFAULT_SEED if options.seed is None else options.seed
    try:
        home = asked_home(options)
        if options.drop:
            _drop(home)
            return
        seeding = generate(home, seed, asked_sizes(options), force=options.force, report=_say)
    except (SeedingError, HomeError, OSError) as error:
        sys.exit(f"generate: {error}")
    if not seeding.made:
        print(f"{shown(options)} already holds this shop: {describe(seeding.manifest)} (--force makes it anew)")
        return
    print(f"made {shown(options)} in {seeding.seconds:.1f} s: {describe(seeding.manifest)}")
    print("rows: " + ", ".join(f"{table} {rows:,}" for table, rows in seeding.manifest.rows.items()))


def add_shop_options(parser: argparse.ArgumentParser) -> None:
    """Where (--dir, or --db and --namespace), --seed and the sizes. Seed and sizes that are not given are None."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--dir", type=Path, default=DEFAULT_DIRECTORY, help="of SQLite files (default: %(default)s)")
    where.add_argument("--db", metavar="URL", help="or PostgreSQL's: postgresql://administrator@host/database")
    parser.add_argument(
        "--namespace",
        default=DEFAULT_NAMESPACE,
        help="with --db: roles and schemas are NAMESPACE_customers and so on (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, help=f"same seed and sizes, same shop (default: {DEFAULT_SEED})")
    for name, size in msgspec.structs.asdict(Sizes()).items():
        parser.add_argument(f"--{name}", type=int, help=f"default: {size}")


def asked_home(options: argparse.Namespace) -> Home:
    """Raises HomeError for what cannot be."""
    return PostgresHome(options.db, options.namespace) if options.db else DirectoryHome(options.dir)


def shown(options: argparse.Namespace) -> str:
    """The home as the user put it, without a password."""
    return str(asked_home(options)) if options.db else str(options.dir)


def asked_sizes(options: argparse.Namespace) -> Sizes:
    """The sizes given, defaults for the others."""
    asked = {name: getattr(options, name) for name in Sizes.__struct_fields__}
    return Sizes(**{name: size for name, size in asked.items() if size is not None})


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m mock_services.generate",
        description="Make the databases of the seven services. The rows follow from seed and sizes.",
        epilog="example: python -m mock_services.generate --dir .braid/shop --customers 500 --orders 5000",
    )
    add_shop_options(parser)
    parser.add_argument("--force", action="store_true", help="make it anew, or replace another shop that is there")
    parser.add_argument("--drop", action="store_true", help="with --db: remove the shop's schemas and roles instead")
    return parser.parse_args(arguments)


def _drop(home: Home) -> None:
    if not isinstance(home, PostgresHome):
        raise HomeError("--drop is for --db; a directory can simply be deleted")
    try:
        home.drop()
    except Locked as error:
        raise HomeError(f"the shop in {home} is in use; stop it first") from error
    print(f"dropped {home}")


def _say(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

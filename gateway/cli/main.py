"""`braid`: the command. Each subcommand has its module and imports the gateway only when it runs: --help is quick."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated

import typer

from gateway import __version__
from gateway.cli.check import check
from gateway.cli.compose import compose
from gateway.cli.configuration import configuration
from gateway.cli.console import FAILED, complain, write_text
from gateway.cli.contracts import contracts
from gateway.cli.dead_letters import dead_letters
from gateway.cli.demo import demo
from gateway.cli.plan import plan
from gateway.cli.project import project
from gateway.cli.projections import projections
from gateway.cli.relay import relay
from gateway.cli.serve import serve
from gateway.cli.services import services
from gateway.cli.show import show
from gateway.errors import BraidError

DEBUG_VARIABLE = "BRAID_DEBUG"

cli = typer.Typer(
    name="braid",
    help="One GraphQL graph over services that each own their data.",
    epilog="Exit codes: 0 success, 1 the configuration, graph, query or a service is at fault, 2 wrong usage, "
    "130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        write_text(f"braid {__version__}")
        raise typer.Exit


@cli.callback()
def _braid(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Takes the options that stand before a command."""


cli.command(epilog="Example: braid demo --port 4001")(demo)
cli.command(epilog="Example: braid serve --supergraph supergraph.graphql --port 4001")(serve)
cli.command(epilog="Example: braid project --config braid.yaml")(project)
cli.command(epilog="Example: braid compose --output supergraph.graphql")(compose)
cli.command(epilog="Example: braid plan query.graphql --svg > plan.svg")(plan)
cli.command(epilog="Example: braid check --against git:main:supergraph.graphql --operations queries")(check)
cli.command(epilog="Example: braid relay --config braid.yaml --json")(relay)
cli.command(epilog="Example: braid services --once --json")(services)
cli.add_typer(projections, name="projections")
cli.add_typer(dead_letters, name="dead-letters")
cli.add_typer(show, name="show")
cli.add_typer(contracts, name="contracts")
cli.add_typer(configuration, name="config")


def app() -> None:
    """The script's entry point: every failure is one message on standard error, without a traceback."""
    try:
        cli()
    except BraidError as error:
        complain(error.message)
    except Exception as error:
        complain(f"internal error: {type(error).__name__}: {error}")
        if os.environ.get(DEBUG_VARIABLE):
            traceback.print_exception(error)
        else:
            complain(f"this is a fault of braid's own; {DEBUG_VARIABLE}=1 shows where it happened")
    sys.exit(FAILED)

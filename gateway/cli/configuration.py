"""`braid config`: what is configured, and the JSON Schema that editors check braid.yaml with."""

from __future__ import annotations

import typer

from gateway.cli.console import write_json
from gateway.cli.loading import ConfigOption, SupergraphOption, read_settings

configuration = typer.Typer(
    help="Look at the configuration.", no_args_is_help=True, epilog="Example: braid config show --config braid.yaml"
)


@configuration.command(name="show", epilog="Example: BRAID_SERVER__PORT=4001 braid config show")
def show_settings(config: ConfigOption = None, supergraph: SupergraphOption = None) -> None:
    """Check the configuration and print it as JSON, with defaults, environment and options put in."""
    write_json(read_settings(config, supergraph).in_force().model_dump(mode="json", by_alias=True))


@configuration.command(name="schema", epilog="Example: braid config schema > braid.schema.json")
def show_schema() -> None:
    """Print the JSON Schema of braid.yaml, for editors."""
    from gateway.settings import settings_json_schema

    write_json(settings_json_schema())

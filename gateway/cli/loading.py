"""Options that choose the configuration, and how the commands read it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.console import fail

if TYPE_CHECKING:
    from gateway.settings import Settings

DEFAULT_FILE = Path("braid.yaml")
_SOURCES = ("BRAID_SUPERGRAPH", "BRAID_SUBGRAPHS")

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        envvar="BRAID_CONFIG",
        help="The configuration. Without: braid.yaml here, unless there is a --supergraph.",
    ),
]
SupergraphOption = Annotated[
    Path | None,
    typer.Option(
        "--supergraph", "-s", metavar="FILE", help="A composed supergraph to use; needs no configuration file."
    ),
]
HostOption = Annotated[str | None, typer.Option("--host", help="Address to listen on, instead of the configured one.")]
PortOption = Annotated[
    int | None,
    typer.Option("--port", "-p", min=0, max=65535, help="Port, instead of the configured one; 0 picks a free one."),
]


def read_settings(
    config: Path | None, supergraph: Path | None = None, options: Mapping[str, object] | None = None
) -> Settings:
    """Settings from the chosen file, the environment and the options that are not None.

    Also puts the configuration's `python_path` in front of Python's, so that its `schema` modules can be imported.
    Raises SettingsError.
    """
    from gateway.settings import load_settings

    if config is None and supergraph is None:
        config = _find_file()
    given = {name: value for name, value in {"supergraph": supergraph, **(options or {})}.items() if value is not None}
    settings = load_settings(config, os.environ, given)
    folder = str(settings.python_path.resolve())
    if folder not in sys.path[:1]:
        sys.path.insert(0, folder)
    return settings


def watched_files(config: Path | None, settings: Settings) -> list[Path]:
    """The files that these settings came from, and the supergraph that they name."""
    files = [config or DEFAULT_FILE, settings.supergraph]
    return [path for path in files if path is not None and path.is_file()]


def _find_file() -> Path | None:
    """braid.yaml in the current folder; None when the environment alone says what to serve."""
    if DEFAULT_FILE.is_file():
        return DEFAULT_FILE
    if not any(name.startswith(_SOURCES) for name in os.environ):
        fail(
            f"there is no {DEFAULT_FILE} in {Path.cwd()}; name a configuration with --config FILE, "
            "or a composed graph with --supergraph FILE"
        )
    return None

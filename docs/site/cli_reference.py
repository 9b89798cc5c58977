"""docs/cli.md, from the commands themselves: `python docs/site/cli_reference.py > docs/cli.md`. Compared by a test."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from typing import Any

import typer

from gateway.cli.main import cli

_HEAD = """# Commands

Made from the commands' own `--help` by `docs/site/cli_reference.py`; change them, not this page.

Exit codes: 0 success, 1 the configuration, graph, query or a service is at fault, 2 wrong usage, 130 interrupted.
Data go to standard output, everything said about them to standard error.
"""


def render() -> str:
    """The whole page."""
    root: Any = typer.main.get_command(cli)
    return "\n".join([_HEAD, *_commands(root, "braid")])


def _commands(group: Any, name: str) -> Iterator[str]:
    for command in group.commands.values():
        full = f"{name} {command.name}"
        if hasattr(command, "commands"):
            yield from _commands(command, full)
        else:
            yield "\n".join(_command(command, full))


def _command(command: Any, name: str) -> Iterator[str]:
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    yield f"## `{name}`\n"
    yield f"{inspect.cleandoc(command.help)}\n"
    usage = " ".join([name, *(argument.metavar for argument in arguments), "[options]"])
    yield f"```\n{usage}\n```\n"
    if options or arguments:
        yield "| option | meaning |\n|---|---|"
    for argument in arguments:
        yield f"| `{argument.metavar}` | {_cell(argument)} |"
    for option in options:
        metavar = "" if option.is_flag else f" {_metavar(option)}"
        names = ", ".join(f"`{each}{metavar}`" for each in (*option.opts, *option.secondary_opts))
        yield f"| {_escaped(names)} | {_cell(option)} |"
    if command.epilog:
        yield f"\n{command.epilog.replace('Example: ', 'Example: `', 1)}`\n"


def _metavar(option: Any) -> str:
    kind = option.type_descriptor.annotation
    return option.metavar or {int: "INTEGER", float: "NUMBER"}.get(kind, "TEXT")


def _cell(parameter: Any) -> str:
    default = parameter.default
    told = f" Default: {default}." if isinstance(default, int | float | str) and not isinstance(default, bool) else ""
    variable = f" Environment: `{parameter.envvar}`." if getattr(parameter, "envvar", None) else ""
    return _escaped(f"{parameter.help or ''}{told}{variable}".strip())


def _escaped(text: str) -> str:
    return (
        " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;") if "`" not in text else text.replace("|", "\\|")
    )


if __name__ == "__main__":
    sys.stdout.write(render())

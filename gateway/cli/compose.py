"""`braid compose`: the supergraph that the configuration's subgraphs make, or every reason why they do not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from gateway.cli.console import FAILED, complain, fail, say, write_json, write_text
from gateway.cli.loading import ConfigOption, SupergraphOption, read_settings
from gateway.cli.logs import log_to_stderr

if TYPE_CHECKING:
    from gateway.federation.errors import Problem, SchemaError
    from gateway.planning.explain_field import FieldExplanation
    from gateway.settings import Settings


def compose(
    config: ConfigOption = None,
    supergraph: SupergraphOption = None,
    explain: Annotated[
        str | None,
        typer.Option(
            "--explain",
            metavar="TYPE.FIELD",
            help="Print who can resolve this field, under which conditions, and from where it is reached.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write there, not to standard output.")
    ] = None,
    include: Annotated[
        list[str] | None,
        typer.Option("--include", metavar="TAG", help="Keep only fields with such a tag; instead of contract.include."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", metavar="TAG", help="Leave out what has such a tag; instead of contract.exclude."),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print {supergraph, hints}, or {problems}; with --explain what there is to tell."),
    ] = False,
) -> None:
    """Compose the subgraphs and print the supergraph's SDL.

    Remote subgraphs are asked for their schemas, so they must be running. Problems are listed with subgraph, line and
    column, all at once, and end the command with exit code 1. So does a field to --explain that there is not: names
    like it are suggested. With --supergraph nothing is composed: the file is what is printed or explained.
    """
    from gateway.federation.errors import SchemaError

    if explain is not None and output is not None:
        raise typer.BadParameter("either --explain or --output")
    settings = _with_contract(read_settings(config, supergraph), include, exclude)
    log_to_stderr()
    try:
        sdl, hints = asyncio.run(_compose(settings))
    except SchemaError as error:
        _refuse(error, as_json)
    if explain is not None:
        _explain(explain, sdl, as_json)
        return
    for hint in hints:
        say(f"hint: {hint}", "yellow")
    if output is not None:
        _write(output, sdl)
    if as_json:
        write_json({"supergraph": sdl, "hints": [asdict(hint) for hint in hints]})
    elif output is None:
        write_text(sdl)


def _with_contract(settings: Settings, include: list[str] | None, exclude: list[str] | None) -> Settings:
    """The settings with the tags of the command line in place of theirs."""
    given = {"include": tuple(include or ()), "exclude": tuple(exclude or ())}
    changed = settings.contract.model_copy(update={name: tags for name, tags in given.items() if tags})
    return settings.model_copy(update={"contract": changed})


async def _compose(settings: Settings) -> tuple[str, Sequence[Problem]]:
    from gateway.app import open_gateway

    gateway = await open_gateway(settings)
    try:
        return gateway.supergraph_sdl, gateway.hints
    finally:
        await gateway.close()


def _explain(coordinate: str, sdl: str, as_json: bool) -> None:
    from gateway.federation.read_supergraph import load_supergraph
    from gateway.planning.explain_field import explain_field

    explained = explain_field(coordinate, load_supergraph(sdl))
    if as_json:
        write_json(asdict(explained))
    else:
        write_text("\n".join(_explanation(explained)))


def _explanation(explained: FieldExplanation) -> Iterator[str]:
    yield f"{explained.coordinate}: {explained.type}" + ("" if explained.visible else "  (hidden from clients)")
    yield "\nresolved by"
    for resolver in explained.resolvers:
        keys = ", ".join(f"`{key}`" for key in resolver.keys)
        type_ = f"as {resolver.type}" if resolver.type != explained.type else ""
        told = [type_, f"entered by {keys}" if keys else "", *resolver.conditions]
        told += [f"has the key `{stub}` too, but cannot be entered by it" for stub in resolver.stubs]
        mark = "" if resolver.resolves else "not "
        yield f"  {mark}{resolver.graph}" + "".join(f"\n      {part}" for part in told if part)
    if explained.implementations:
        yield "\non objects it is"
        yield from (f"  {name}" for name in explained.implementations)
    if not explained.visible:
        return
    if explained.parents:
        yield "\nselected below"
        yield from (f"  {name}" for name in explained.parents)
    yield "\nreached from" if explained.ways else "\nreached from no root field"
    for way in explained.ways:
        yield f"  {way.root}: {way.refusal or way.cost}\n      {way.operation}"
    if explained.further:
        yield f"  and {explained.further} root fields more, on longer ways"


def _refuse(error: SchemaError, as_json: bool) -> NoReturn:
    if as_json:
        write_json({"problems": [asdict(problem) for problem in error.problems]})
    complain(error.message)
    raise typer.Exit(FAILED)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror}")
    say(f"Wrote {path}.")

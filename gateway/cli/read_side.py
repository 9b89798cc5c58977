"""What commands on projections share: opening them, choosing one, printing what is found."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from gateway.cli.console import fail, write_json
from gateway.cli.loading import read_settings
from gateway.cli.logs import log_to_stderr

if TYPE_CHECKING:
    from gateway.projections.projection import Projection
    from gateway.read_side import OpenProjections
    from gateway.settings import Settings

T = TypeVar("T")

NO_PROJECTIONS = "the configuration has no projections: list their modules under 'projections.modules'"

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The projection, as in the configuration.")]
AnyNameArgument = Annotated[str | None, typer.Argument(metavar="[NAME]", help="One projection only, instead of all.")]
GenerationOption = Annotated[
    int | None, typer.Option("--generation", "-g", min=1, metavar="NUMBER", help="This generation of it.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def read_projection_settings(config: Path | None) -> Settings:
    """The settings, in which there are projections; ends the command when there are none."""
    settings = read_settings(config)
    if not settings.projections.modules:
        fail(NO_PROJECTIONS)
    return settings


def with_projections(settings: Settings, work: Callable[[OpenProjections], Awaitable[T]]) -> T:
    """What the work gives, over the configured projections, their store and events."""
    from gateway.read_side import opened

    log_to_stderr()

    async def run() -> T:
        async with opened(settings) as open_:
            return await work(open_)

    return asyncio.run(run())


def choose(open_: OpenProjections, name: str) -> Projection:
    """The projection of this name; ends the command when there is none."""
    for projection in open_.projections:
        if projection.name == name:
            return projection
    known = ", ".join(projection.name for projection in open_.projections)
    fail(f"the configuration has no projection '{name}'; it has {known}")


def write_plain(value: Any) -> None:
    """Dataclasses, times and the like as JSON, on standard output."""
    import msgspec

    write_json(msgspec.to_builtins(value))


def duration(seconds: float | None) -> str:
    """`0.2 s`, `5 min`, `2 days`; `-` when it is not known."""
    if seconds is None:
        return "-"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.0f} h"
    return f"{timedelta(seconds=seconds).days} days"

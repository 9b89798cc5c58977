"""`braid projections`: how they are, and what can be done with their generations."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from gateway.cli.console import FAILED, messages, say, write_text
from gateway.cli.loading import ConfigOption
from gateway.cli.projections_table import Look, look_at, print_table, watch_table
from gateway.cli.read_side import (
    AnyNameArgument,
    GenerationOption,
    JsonOption,
    NameArgument,
    choose,
    read_projection_settings,
    with_projections,
    write_plain,
)

if TYPE_CHECKING:
    from gateway.projections.operations import Plan, Verification
    from gateway.projections.status import BuildProgress
    from gateway.projections.store import Generation
    from gateway.read_side import OpenProjections

projections = typer.Typer(
    help="Look at projections, build new generations of them, and let these serve.",
    no_args_is_help=True,
    epilog="Example: braid projections status --watch",
)

_LINE_S = 5.0
"""Seconds between lines about progress where nothing can move."""

ForceOption = Annotated[
    bool, typer.Option("--force", help="Even if it has stopped, is far behind or has dead letters.")
]


@projections.command(epilog="Example: braid projections status --watch")
def status(
    config: ConfigOption = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Look again and again, until Ctrl-C.")] = False,
    interval_s: Annotated[float, typer.Option("--interval", min=0.2, help="Seconds between two looks.")] = 1.0,
    as_json: JsonOption = False,
) -> None:
    """Show every projection: its generations, how far they are, and what is set aside.

    All of it comes from the store, so it can be asked wherever that is reached, whether a worker runs or not. The exit
    code is 0 when every projection serves within the limits of 'projections.worker', else 1.
    """
    settings = read_projection_settings(config)

    async def work(open_: OpenProjections) -> Look:
        limits = settings.projections.to_limits()
        if watch and not as_json and sys.stdout.isatty():
            return await watch_table(open_, limits, interval_s)
        look = await look_at(open_, limits)
        if as_json:
            write_plain(look)
        else:
            print_table(look)
        return look

    if not with_projections(settings, work).ok:
        raise typer.Exit(FAILED)


@projections.command(epilog="Example: braid projections plan orders")
def plan(name: AnyNameArgument = None, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Tell what `build` would do: which aggregates it would read, and what is to be replaced. Changes nothing."""
    from gateway.projections import operations

    async def work(open_: OpenProjections) -> Sequence[Plan]:
        chosen = open_.projections if name is None else (choose(open_, name),)
        return [await operations.plan(open_.store, one, open_.streams) for one in chosen]

    plans = with_projections(read_projection_settings(config), work)
    if as_json:
        write_plain(plans)
    else:
        write_text("\n\n".join(map(_plan_text, plans)))


@projections.command(epilog="Example: braid projections build orders --promote")
def build(
    name: NameArgument,
    config: ConfigOption = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, and drop what an interrupted build left.")
    ] = False,
    promote: Annotated[bool, typer.Option("--promote", help="Let it serve as soon as it is built.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a new generation beside the one that serves, from the services' snapshots and events.

    An interrupted build is gone on with. Once built, a generation is followed by `braid project`; `verify` it, then
    `promote` it.
    """
    from gateway.projections import operations
    from gateway.read_side import holder_name

    settings = read_projection_settings(config)

    async def work(open_: OpenProjections) -> Generation:
        projection = choose(open_, name)
        with _Bars() as bars:
            generation = await operations.build(
                open_.store,
                projection,
                open_.streams,
                holder=holder_name(),
                policy=settings.projections.to_policy(),
                is_fresh=fresh,
                on_progress=bars.update,
            )
        if promote:
            generation = await asyncio.to_thread(operations.promote, open_.store, projection, number=generation.number)
        return generation

    _tell(with_projections(settings, work), as_json)


@projections.command(epilog="Example: braid projections verify orders --repair")
def verify(
    name: AnyNameArgument = None,
    config: ConfigOption = None,
    generation: GenerationOption = None,
    repair: Annotated[bool, typer.Option("--repair", help="Fetch what differs, and apply it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Compare projections with what the services say that they have. The exit code is 1 when something differs.

    Of each aggregate the version is compared; what changes meanwhile is left out.
    """
    from gateway.projections import operations
    from gateway.read_side import holder_name

    async def work(open_: OpenProjections) -> Sequence[Verification]:
        chosen = open_.projections if name is None else (choose(open_, name),)
        return [
            await operations.verify(
                open_.store, one, open_.streams, number=generation, repair=repair, holder=holder_name()
            )
            for one in chosen
        ]

    found = with_projections(read_projection_settings(config), work)
    if as_json:
        write_plain([{"is_right": one.is_right, "generation": one.generation, "streams": one.streams} for one in found])
    else:
        write_text("\n\n".join(map(_verification_text, found)))
    if not all(one.is_right for one in found):
        raise typer.Exit(FAILED)


@projections.command(epilog="Example: braid projections promote orders")
def promote(
    name: NameArgument,
    config: ConfigOption = None,
    generation: GenerationOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Let a generation that is built answer queries: the newest, unless one is named. It takes effect at once."""
    from gateway.projections import operations

    async def work(open_: OpenProjections) -> Generation:
        projection = choose(open_, name)
        return await asyncio.to_thread(operations.promote, open_.store, projection, number=generation, force=force)

    _tell(with_projections(read_projection_settings(config), work), as_json)


@projections.command(epilog="Example: braid projections rollback orders")
def rollback(
    name: NameArgument,
    config: ConfigOption = None,
    generation: GenerationOption = None,
    force: ForceOption = False,
    as_json: JsonOption = False,
) -> None:
    """Let a generation that served before, and was kept, serve again: the newest, unless one is named."""
    from gateway.projections import operations

    async def work(open_: OpenProjections) -> Generation:
        projection = choose(open_, name)
        return await asyncio.to_thread(operations.rollback, open_.store, projection, number=generation, force=force)

    _tell(with_projections(read_projection_settings(config), work), as_json)


@projections.command(epilog="Example: braid projections drop orders 3")
def drop(
    name: NameArgument,
    generation: Annotated[int, typer.Argument(metavar="GENERATION", min=1, help="Its number, as `status` tells.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Forget a generation that does not serve, and all that it holds."""
    from gateway.projections import operations

    async def work(open_: OpenProjections) -> Generation:
        projection = choose(open_, name)
        return await asyncio.to_thread(operations.drop, open_.store, projection, generation)

    dropped = with_projections(read_projection_settings(config), work)
    if as_json:
        write_plain(dropped)
    else:
        say(f"Generation {dropped.number} of '{dropped.projection}' is dropped.")


def _tell(generation: Generation, as_json: bool) -> None:
    if as_json:
        write_plain(generation)
        return
    words = {"ready": "is built, and waits for `braid projections promote`", "live": "answers queries"}
    state = words.get(generation.state.value, f"is {generation.state.value}")
    say(f"Generation {generation.number} of '{generation.projection}', version {generation.version}, {state}.")


def _plan_text(plan: Plan) -> str:
    lines = [f"{plan.projection}, version {plan.version}"]
    if plan.resumes is not None:
        lines.append(f"  goes on with generation {plan.resumes.number}, which is not finished")
    if plan.replaces is not None:
        lines.append(f"  generation {plan.replaces.number}, version {plan.replaces.version}, serves until `promote`")
    width = max(map(len, plan.aggregates), default=0)
    lines += [f"  reads {stream:<{width}}  {count:>12,} aggregates" for stream, count in plan.aggregates.items()]
    return "\n".join(lines)


def _verification_text(found: Verification) -> str:
    generation = found.generation
    lines = [f"{generation.projection}, generation {generation.number}: " + ("right" if found.is_right else "WRONG")]
    for stream in found.streams:
        line = f"  {stream.stream}: {stream.checked:,} checked, {len(stream.differing):,} differ"
        line += f", {stream.repaired:,} repaired" if stream.repaired else ""
        lines.append(line + (f", {stream.ignored:,} changed meanwhile" if stream.ignored else ""))
        lines += [f"    {subject}" for subject in stream.differing[:20]]
        if len(stream.differing) > 20:
            lines.append(f"    and {len(stream.differing) - 20:,} more; --json has all")
    return "\n".join(lines)


class _Bars:
    """A build's progress: a bar for each stream on a terminal; else a line now and then."""

    def __init__(self) -> None:
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        self._progress = Progress(*columns, console=messages, disable=not messages.is_terminal)
        self._tasks: dict[str, TaskID] = {}
        self._said_at = 0.0

    def __enter__(self) -> _Bars:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def update(self, streams: Sequence[BuildProgress]) -> None:
        for one in streams:
            if one.stream not in self._tasks:
                self._tasks[one.stream] = self._progress.add_task(one.stream, total=one.total)
            self._progress.update(self._tasks[one.stream], completed=one.done, total=one.total)
        now = asyncio.get_running_loop().time()
        if not messages.is_terminal and now - self._said_at >= _LINE_S:
            self._said_at = now
            say(
                ", ".join(f"{one.stream} {one.done:,}" + (f" of {one.total:,}" if one.total else "") for one in streams)
            )

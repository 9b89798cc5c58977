"""The table of `braid projections status`, once or live."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway.cli.read_side import duration

if TYPE_CHECKING:
    from gateway.projections.health import Verdict
    from gateway.projections.limits import Limits
    from gateway.projections.status import BuildProgress, GenerationStatus, LetterCounts, ProjectionStatus, StreamStatus
    from gateway.read_side import OpenProjections

_STATES = {"following": "green", "building": "cyan", "unavailable": "yellow", "malformed": "yellow"}
"""Colours of streams; the other states have stopped."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at all projections. verdicts: of each, in their order."""

    ok: bool
    projections: Sequence[ProjectionStatus]
    verdicts: Sequence[Verdict]


async def look_at(open_: OpenProjections, limits: Limits) -> Look:
    """Raises StoreError when the store cannot be read."""
    from gateway.projections.health import judge
    from gateway.projections.status import read_status

    statuses = await asyncio.to_thread(read_status, open_.store, open_.projections)
    verdicts = [judge(status, limits, datetime.now(UTC)) for status in statuses]
    return Look(all(verdict.ok for verdict in verdicts), statuses, verdicts)


def print_table(look: Look) -> None:
    """On standard output."""
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    console.print(_table(look))
    console.print(_remarks(look))


async def watch_table(open_: OpenProjections, limits: Limits, interval_s: float) -> Look:
    """Look again and again until Ctrl-C; the last look."""
    look = await look_at(open_, limits)
    with Live(_table(look), auto_refresh=False) as live, suppress(asyncio.CancelledError):
        while True:
            await asyncio.sleep(interval_s)
            look = await look_at(open_, limits)
            table = _table(look)
            table.caption = _remarks(look)
            live.update(table, refresh=True)
    return look


def _table(look: Look) -> Table:
    table = Table(box=None, pad_edge=False, caption_justify="left")
    for name in ("projection", "generation", "version", "state", "stream", "is"):
        table.add_column(name, no_wrap=True)
    for name in ("position", "behind", "age", "set aside"):
        table.add_column(name, justify="right", no_wrap=True)
    for status in look.projections:
        if not status.generations:
            table.add_row(status.name, "-", "-", Text("not built", "yellow"))
        for generation in reversed(status.generations):
            for row in _rows(status, generation):
                table.add_row(*row)
    return table


def _rows(status: ProjectionStatus, one: GenerationStatus) -> Iterator[tuple[str | Text, ...]]:
    generation, state = one.generation, one.generation.state.value
    is_serving = generation.number == status.serving
    head: tuple[str | Text, ...] = (
        status.name,
        f"{generation.number}{' serves' if is_serving else ''}",
        str(generation.version),
        Text(state, "bold green" if is_serving else ""),
    )
    building = {progress.stream: progress for progress in one.build}
    if not one.streams:
        yield (*head, *("-",) * 6)
    for place, stream in enumerate(one.streams):
        letters = _letters(one.letters) if place == 0 else ""
        yield (*(head if place == 0 else ("",) * 4), *_stream(stream, building.get(stream.stream)), letters)


def _stream(stream: StreamStatus, building: BuildProgress | None) -> tuple[str | Text, ...]:
    state = stream.state.value
    position = f"{stream.applied:,}"
    if building is not None:
        position = f"{building.done:,}" + (f" of {building.total:,}" if building.total is not None else "")
    cells = (f"{stream.lag_events:,}", duration(stream.lag_s)) if building is None else ("", "")
    return (stream.stream, Text(state, _STATES.get(state, "red")), position, *cells)


def _letters(letters: LetterCounts) -> Text | str:
    kinds = ("dead", "retrying", "waiting", "early", "skipped")
    text = ", ".join(f"{getattr(letters, kind)} {kind}" for kind in kinds if getattr(letters, kind))
    return Text(text, "red" if letters.dead else "yellow" if letters.parked else "dim")


def _remarks(look: Look) -> Text:
    """What is wrong, under the table."""
    lines = [f"{verdict.projection}: {verdict.text}" for verdict in look.verdicts if not verdict.ok]
    lines += [
        f"{status.name}, generation {one.generation.number}, {stream.stream}: {stream.message}"
        for status in look.projections
        for one in status.generations
        for stream in one.streams
        if stream.message
    ]
    return Text("\n".join(lines), "yellow" if lines else "")

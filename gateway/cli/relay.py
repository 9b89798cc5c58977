"""`braid relay`: services' feeds into the broker, until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gateway.cli.console import FAILED, complain, fail, say, write_text
from gateway.cli.loading import ConfigOption, read_settings

if TYPE_CHECKING:
    from gateway.events.brokers import Broker
    from gateway.events.relay import Relayed

_EVERY_S = 1.0
"""Between two lines about the same stream, when nothing but its position has changed."""


def relay(
    streams: Annotated[
        list[str] | None, typer.Argument(metavar="[STREAM]...", help="Services; without, all that projections follow.")
    ] = None,
    config: ConfigOption = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print {stream, position, head, sent, problem, is_over} for each change.")
    ] = False,
) -> None:
    """Copy the services' events into the configured broker, in order, until SIGINT (Ctrl-C) or SIGTERM.

    It keeps nothing: killed at any point and begun again, it goes on behind what the broker has. Run one; a second one
    does no harm, it ends when it finds the first at work. A service whose feed was made anew, or no longer keeps what
    comes next, is left, with a message, and the others go on; the exit code is 1 then.
    """
    from gateway.read_side import relayed_streams

    urls, broker = relayed_streams(read_settings(config), streams or [])
    if broker is None:
        fail("there is no broker to relay into: 'projections.events' is 'feed'; it may be 'nats' or 'kafka'")
    board = _Board(_print_json if as_json else _print_line)
    if sys.stdout.isatty() and not as_json:
        with Live(get_renderable=board.table, refresh_per_second=4):
            asyncio.run(_relay(urls, broker, board.tell))
    else:
        if not as_json:
            say(f"Relaying {', '.join(urls)}. Ctrl-C stops.")
        asyncio.run(_relay(urls, broker, board.print))
    for relayed in board.latest.values():
        if relayed.is_over:
            complain(relayed.problem or "")
    if any(relayed.is_over for relayed in board.latest.values()):
        raise typer.Exit(FAILED)


async def _relay(urls: dict[str, str], broker: Broker, report: Callable[[Relayed], None]) -> None:
    """Until a signal, or until nothing is left to do."""
    from gateway.events.relaying import relay_all

    loop, task = asyncio.get_running_loop(), asyncio.create_task(relay_all(urls, broker, report))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


class _Board:
    """What is known of each stream, and when it was printed."""

    def __init__(self, write: Callable[[Relayed], None]) -> None:
        self.latest: dict[str, Relayed] = {}
        self._write = write
        self._printed: dict[str, tuple[float, Relayed]] = {}

    def tell(self, relayed: Relayed) -> None:
        self.latest[relayed.stream] = relayed

    def print(self, relayed: Relayed) -> None:
        """One line, unless there was one a moment ago that said nearly the same."""
        self.tell(relayed)
        at, before = self._printed.get(relayed.stream, (-_EVERY_S, None))
        if relayed == before:
            return
        is_news = before is None or relayed.problem != before.problem or relayed.position == relayed.head
        if is_news or time.monotonic() - at >= _EVERY_S:
            self._printed[relayed.stream] = (time.monotonic(), relayed)
            self._write(relayed)

    def table(self) -> Table:
        table = Table(box=None, pad_edge=False)
        table.add_column("stream", no_wrap=True)
        for name in ("position", "head", "sent"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("problem", overflow="fold")
        for each in self.latest.values():
            problem = Text(each.problem or "", "red" if each.is_over else "yellow")
            table.add_row(each.stream, str(each.position), str(each.head), str(each.sent), problem)
        return table


def _print_json(relayed: Relayed) -> None:
    write_text(json.dumps(asdict(relayed), ensure_ascii=False))


def _print_line(relayed: Relayed) -> None:
    text = f"{relayed.stream}: {relayed.position} of {relayed.head}, {relayed.sent} sent"
    say(f"{text}; {relayed.problem}" if relayed.problem else text)

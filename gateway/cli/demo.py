"""`braid demo`: services, gateway and explorer with one command, and nothing left when it ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.console import doing, fail, say
from gateway.cli.loading import ConfigOption, HostOption, PortOption, read_settings
from gateway.cli.logs import log_to_stderr

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.cli.companion import Companion
    from gateway.cli.supervisor import Service, Supervisor
    from gateway.server.settings import ExampleQuery
    from gateway.settings import DemoSection, Settings


ActivityOption = Annotated[
    float | None,
    typer.Option(
        "--activity",
        min=0,
        max=100,
        metavar="RATE",
        help="Changes a second that the services make by themselves, instead of the configured ones; 0 for none.",
    ),
]


def demo(
    config: ConfigOption = None, host: HostOption = None, port: PortOption = None, activity: ActivityOption = None
) -> None:
    """Start the services named under `demo` in the configuration, then the gateway over them, and beside it what keeps
    the projections, if there are any.

    Prints the explorer's address and queries to paste. Ctrl-C or SIGTERM stops everything, and so does the end of this
    process, however it ends.
    """
    settings = read_settings(config, None, {"server.host": host, "server.port": port})
    if settings.demo is None:
        fail("the configuration has no 'demo' section with the command that starts the services: demo.services")
    rate = settings.demo.activity if activity is None else activity
    log_to_stderr()

    from gateway.app import build_app
    from gateway.server.examples import load_examples
    from gateway.server.run import open_listener, run_server

    examples = load_examples(settings.server.examples) if settings.server.examples else ()
    # Taken ports are told before anything is started for nothing.
    open_listener(settings.server.host, settings.server.port).close()
    if settings.projections.modules:
        open_listener(settings.projections.worker.host, settings.projections.worker.port).close()
    with (
        _signals_raise(),
        _services(settings, settings.demo, rate) as supervisor,
        _projections(settings, config) as companion,
    ):
        say("Composing the graph and starting the gateway.")
        run_server(
            build_app(settings),
            settings.server.host,
            settings.server.port,
            on_started=lambda url: _welcome(settings, url, supervisor.services, examples),
        )
        supervisor.check()
        if companion is not None:
            companion.check()
    say("Stopped: the gateway and all services.")


@contextmanager
def _services(settings: Settings, section: DemoSection, activity: float) -> Generator[Supervisor]:
    """The services, running for as long as the block does. If they end by themselves, the gateway is told to stop."""
    from gateway.cli.supervisor import Supervisor

    supervisor = Supervisor(
        section.services,
        settings.python_path,
        words={"activity": f"{activity:g}"},
        on_line=lambda line: say(f"  {line}", "dim"),
        on_end=lambda: os.kill(os.getpid(), signal.SIGTERM),
    )
    try:
        with doing("Starting the services; the first start may have data to make"):
            supervisor.wait_ready(section.start_timeout_s)
        names = ", ".join(str(service.get("name")) for service in supervisor.services)
        say(f"{len(supervisor.services)} services answer: {names}.")
        yield supervisor
    except KeyboardInterrupt:
        supervisor.check()
        raise
    finally:
        _stop(supervisor)


@contextmanager
def _projections(settings: Settings, config: Path | None) -> Generator[Companion | None]:
    """`braid project`, running for as long as the block does, where there are projections."""
    if not settings.projections.modules:
        yield None
        return
    from gateway.cli.companion import Companion

    say(f"Starting what keeps the projections: {', '.join(settings.projections.modules)}.")
    file = () if config is None else ("--config", str(config))
    companion = Companion(("project", *file), on_end=lambda: os.kill(os.getpid(), signal.SIGTERM))
    try:
        yield companion
    except KeyboardInterrupt:
        companion.check()
        raise
    finally:
        _on_signals(companion.kill)
        companion.stop()


def _stop(supervisor: Supervisor) -> None:
    """Stop the services; a second signal stops them at once."""
    _on_signals(supervisor.kill)
    try:
        if supervisor.is_running:
            say("Stopping the services.")
    finally:
        supervisor.stop()


def _on_signals(do: Callable[[], None]) -> None:
    for number in _SIGNALS:
        signal.signal(number, lambda _number, _frame: do())


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def _signals_raise() -> Generator[None]:
    """SIGTERM unwinds like Ctrl-C, so that what was started is stopped on the way out; a closed terminal is a SIGTERM.

    The server replaces the first two by its own while it runs.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    def terminate(_number: int, _frame: FrameType | None) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    handlers = (interrupt, interrupt, terminate)
    before = {number: signal.signal(number, handler) for number, handler in zip(_SIGNALS, handlers, strict=True)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _welcome(settings: Settings, url: str, services: Sequence[Service], examples: Sequence[ExampleQuery]) -> None:
    """What there is now, and what to do with it."""
    address = url + settings.server.path
    for service in services:
        say(f"  {service.get('name', ''):<12} {service.get('url', '')}", "dim")
    for example in examples:
        say(f"\n{example.query.strip()}", "cyan")
    # Last, so that it stands at the bottom of the screen, below queries of any length.
    say(f'\nPaste one of these at {address}, or POST {{"query": ...}} there.')
    if settings.server.explorer:
        say(f"Open {address} in a browser to write queries.", "bold green")
    say("Ctrl-C stops everything.", "bold")

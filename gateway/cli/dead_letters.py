"""`braid dead-letters`: events that could not be applied, and what is to become of them.

What an event carries may be personal data: it is printed by `show --data` alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from gateway.cli.console import fail, say, write_text
from gateway.cli.loading import ConfigOption
from gateway.cli.read_side import (
    AnyNameArgument,
    GenerationOption,
    JsonOption,
    NameArgument,
    choose,
    duration,
    read_projection_settings,
    with_projections,
    write_plain,
)

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.projections.operations import Letter
    from gateway.read_side import OpenProjections

T = TypeVar("T")

dead_letters = typer.Typer(
    help="Look at events that could not be applied, and have them tried again or passed over.",
    no_args_is_help=True,
    epilog="Example: braid dead-letters list",
)

_MOST = 100_000
"""Letters looked at; a projection stops long before it has so many."""

StreamArgument = Annotated[str, typer.Argument(metavar="STREAM", help="The service whose event it is.")]
SubjectArgument = Annotated[str, typer.Argument(metavar="SUBJECT", help="The aggregate's id.")]


@dataclass(frozen=True, slots=True)
class Group:
    """Letters that failed in the same way. fingerprint: names the group, whatever else there is.

    subjects: how many aggregates they are of. oldest_s: age of the oldest.
    """

    fingerprint: str
    projection: str
    generation: int
    state: str
    stream: str
    type: str
    error: str
    letters: int
    subjects: int
    attempts: int
    oldest_s: float


@dead_letters.command(name="list", epilog="Example: braid dead-letters list orders --state dead")
def list_letters(
    name: AnyNameArgument = None,
    config: ConfigOption = None,
    generation: GenerationOption = None,
    state: Annotated[
        str | None, typer.Option("--state", help="Only those that are dead, retrying, waiting, early or skipped.")
    ] = None,
    every: Annotated[bool, typer.Option("--every", help="Each by itself, not in groups.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what is set aside, in groups that failed in the same way.

    dead: failed for good; retrying: failed, and tried again by itself; waiting: behind one of those, of the same
    aggregate; early: its predecessor has not come yet; skipped: passed over, kept for the record.
    """
    from gateway.projections import operations

    def find(open_: OpenProjections) -> dict[str, Sequence[Letter]]:
        chosen = open_.projections if name is None else (choose(open_, name),)
        options: dict[str, Any] = {"number": generation, "state": state, "limit": _MOST}
        return {one.name: operations.letters(open_.store, one, **options) for one in chosen}

    found = _run(config, find)
    if every:
        pairs = [(projection, letter) for projection, letters in found.items() for letter in letters]
        _print([{"projection": projection, **operations.described(letter)} for projection, letter in pairs], as_json)
    else:
        groups = [group for projection, letters in found.items() for group in grouped(projection, letters)]
        _print_groups(groups, as_json)


@dead_letters.command(name="show", epilog="Example: braid dead-letters show orders customers c-17 --data")
def show_letters(
    name: NameArgument,
    stream: StreamArgument,
    subject: SubjectArgument,
    config: ConfigOption = None,
    generation: GenerationOption = None,
    data: Annotated[
        bool, typer.Option("--data", help="Print the events themselves, too. They may hold personal data.")
    ] = False,
) -> None:
    """Print the letters of one aggregate as JSON, in the order of its events."""
    from gateway.projections import operations

    def find(open_: OpenProjections) -> Sequence[Letter]:
        projection = choose(open_, name)
        return operations.letters(open_.store, projection, number=generation, stream=stream, subject=subject)

    found = _run(config, find)
    if not found:
        fail(f"projection '{name}' has set nothing aside of '{subject}' in '{stream}'")
    write_plain([operations.described(one) | ({"event": _event(one)} if data else {}) for one in found])


@dead_letters.command(name="retry", epilog="Example: braid dead-letters retry orders --group 1f3a90c2")
def retry_letters(
    name: NameArgument,
    config: ConfigOption = None,
    generation: GenerationOption = None,
    stream: Annotated[str | None, typer.Option("--stream", help="Of this service only.")] = None,
    subject: Annotated[str | None, typer.Option("--subject", help="Of this aggregate only; needs --stream.")] = None,
    group: Annotated[str | None, typer.Option("--group", help="Of this group only, as `list` names it.")] = None,
) -> None:
    """Have failed events tried again, with attempts anew: after their handler, or the service, was mended.

    The worker does it within a second or two; what waits behind them follows in order. Without options: all of the
    projection.
    """
    from gateway.projections import operations

    if subject is not None and stream is None:
        raise typer.BadParameter("an aggregate is named by its --stream and --subject")

    def mark(open_: OpenProjections) -> int:
        projection = choose(open_, name)
        keys: Sequence[tuple[str | None, str | None]] = [(stream, subject)]
        if group is not None:
            letters = operations.letters(open_.store, projection, number=generation, limit=_MOST)
            keys = sorted({(one.stream, one.subject) for one in letters if fingerprint(one) == group})
            if not keys:
                fail(f"projection '{name}' has no group '{group}'; `braid dead-letters list` names them")
        return sum(
            operations.retry(open_.store, projection, number=generation, stream=of, subject=key) for of, key in keys
        )

    marked = _run(config, mark)
    say(f"{marked} failed event{'' if marked == 1 else 's'} of '{name}' will be tried again.")


@dead_letters.command(
    name="skip", epilog='Example: braid dead-letters skip orders customers c-17 --reason "a test customer"'
)
def skip_letter(
    name: NameArgument,
    stream: StreamArgument,
    subject: SubjectArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the record of it.")],
    config: ConfigOption = None,
    generation: GenerationOption = None,
) -> None:
    """Have the failed event of one aggregate passed over; those that wait behind it are applied then.

    The projection then lacks what that event told; `braid projections verify` does not find it, for later events stand
    for their aggregate.
    """
    from gateway.projections import operations

    if not reason.strip():
        raise typer.BadParameter("say why", param_hint="--reason")

    def mark(open_: OpenProjections) -> int:
        projection = choose(open_, name)
        return operations.skip(
            open_.store, projection, stream=stream, subject=subject, reason=reason, number=generation
        )

    if _run(config, mark) == 0:
        fail(f"projection '{name}' has no failed event of '{subject}' in '{stream}'")
    say(f"The failed event of '{subject}' in '{stream}' will be passed over.")


def fingerprint(letter: Letter) -> str:
    """Eight digits for how it failed: the same for every letter that failed in the same way at the same place."""
    told = "\0".join((letter.state, letter.stream, letter.type, letter.error))
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def grouped(projection: str, letters: Sequence[Letter]) -> list[Group]:
    """Those that failed in the same way together; dead ones first, then the largest groups."""
    groups: dict[tuple[str, int], list[Letter]] = {}
    for letter in letters:
        groups.setdefault((fingerprint(letter), letter.generation), []).append(letter)
    now = datetime.now(UTC)
    found = [
        Group(
            fingerprint=name,
            projection=projection,
            generation=generation,
            state=members[0].state,
            stream=members[0].stream,
            type=members[0].type,
            error=members[0].error,
            letters=len(members),
            subjects=len({member.subject for member in members}),
            attempts=max(member.attempts for member in members),
            oldest_s=round(max((now - member.parked_at).total_seconds() for member in members), 1),
        )
        for (name, generation), members in groups.items()
    ]
    return sorted(found, key=lambda group: (group.state != "dead", -group.letters, group.fingerprint))


def _print_groups(groups: Sequence[Group], as_json: bool) -> None:
    if as_json:
        write_plain(groups)
        return
    if not groups:
        write_text("Nothing is set aside.")
        return
    table = Table(box=None, pad_edge=False)
    for name in ("group", "projection", "state", "stream", "type"):
        table.add_column(name, no_wrap=True)
    for name in ("events", "aggregates", "attempts", "oldest"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("error", overflow="fold")
    for group in groups:
        numbers = (str(group.letters), str(group.subjects), str(group.attempts), duration(group.oldest_s))
        where = f"{group.projection}/{group.generation}"
        table.add_row(group.fingerprint, where, group.state, group.stream, group.type, *numbers, group.error or "-")
    Console(width=None if sys.stdout.isatty() else 200, highlight=False).print(table)


def _print(rows: Sequence[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        write_plain(rows)
        return
    columns = ("projection", "generation", "state", "stream", "subject", "version", "type", "attempts", "mark", "error")
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(str(row.get(column, "")) for column in columns))
    Console(width=None if sys.stdout.isatty() else 200, highlight=False).print(table)


def _event(letter: Letter) -> Any:
    """The envelope as JSON; as text when it is none."""
    try:
        return json.loads(letter.event) if letter.event else None
    except ValueError:
        return letter.event.decode("utf-8", "replace")


def _run(config: Path | None, work: Callable[[OpenProjections], T]) -> T:
    async def run(open_: OpenProjections) -> T:
        return await asyncio.to_thread(work, open_)

    return with_projections(read_projection_settings(config), run)

"""`braid check --against`: what the graph would change, and which recorded operations that hits."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from gateway.cli.baseline import Baseline, read_baseline
from gateway.cli.console import FAILED, complain, write_json, write_text
from gateway.cli.loading import read_settings
from gateway.cli.logs import log_to_stderr
from gateway.cli.recorded import RecordedOperation, read_operations

if TYPE_CHECKING:
    from gateway.federation.changes import Change
    from gateway.federation.supergraph import Supergraph
    from gateway.settings import Settings

_LEVELS = ("breaking", "dangerous", "safe")
_MOST_NAMED = 5
_COORDINATE = re.compile(r'"(\w+\.\w+)"')


@dataclass(frozen=True, slots=True)
class Judged:
    """A change with the recorded operations that it hits, by their places; None when none were given."""

    change: Change
    hits: tuple[str, ...] | None

    @property
    def is_unused(self) -> bool:
        return self.hits == ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """operations: how many were looked at; None without any. invalid: those that the old graph does not know either."""

    against: str
    changes: Sequence[Judged]
    operations: int | None
    invalid: Sequence[str]
    is_whole: bool

    def fails(self, strict: bool) -> bool:
        return any(each.change.level == "breaking" and (strict or not each.is_unused) for each in self.changes)


def compare(
    config: Path | None, supergraph: Path | None, against: str, operations: Path | None, strict: bool, as_json: bool
) -> None:
    """Compare, print, and end the command with its exit code."""
    from gateway.federation.errors import SchemaError

    settings = read_settings(config, supergraph)
    log_to_stderr()
    old = read_baseline(against)
    recorded = read_operations(operations) if operations is not None else None
    try:
        new = asyncio.run(_compose(settings))
    except SchemaError as error:
        if as_json:
            write_json({"ok": False, "against": against, "problems": [_problem(each) for each in error.problems]})
        complain(error.message)
        raise typer.Exit(FAILED) from None
    comparison = _compare(old, new, against, recorded)
    if as_json:
        write_json(_as_json(comparison, strict))
    else:
        write_text("\n".join(_as_lines(comparison, strict)))
    if comparison.fails(strict):
        raise typer.Exit(FAILED)


def _problem(problem: Any) -> dict[str, Any]:
    return {"code": problem.code, "message": problem.message, "subgraph": problem.subgraph}


async def _compose(settings: Settings) -> Supergraph:
    from gateway.app import open_gateway
    from gateway.settings import ProjectionsSection

    gateway = await open_gateway(settings.model_copy(update={"projections": ProjectionsSection()}))
    try:
        return gateway.pipeline.supergraph
    finally:
        await gateway.close()


def _compare(old: Baseline, new: Supergraph, against: str, recorded: Sequence[RecordedOperation] | None) -> Comparison:
    from gateway.federation.changes import api_changes, graph_changes

    changes = api_changes(old.api, new.api_schema)
    if old.supergraph is not None:
        changes += _unreachable(old.supergraph, new)
        changes += graph_changes(old.supergraph, new)
    changes.sort(key=lambda each: (_LEVELS.index(each.level), each.coordinate))
    if recorded is None:
        return Comparison(against, [Judged(each, None) for each in changes], None, (), old.supergraph is not None)
    uses, invalid = _uses(old, recorded)
    judged = [Judged(each, tuple(place for place, used in uses.items() if each.concerns(used))) for each in changes]
    judged = [*_refused(old, new, recorded, judged), *judged]
    return Comparison(against, judged, len(recorded), invalid, old.supergraph is not None)


def _unreachable(old: Supergraph, new: Supergraph) -> Iterator[Change]:
    """Fields that can no longer be had from everywhere; a supergraph file was composed by somebody else."""
    from gateway.federation.changes import Change
    from gateway.planning.satisfiability import unsatisfiable_fields

    known = {_coordinate(problem.message) for problem in unsatisfiable_fields(old)}
    for problem in unsatisfiable_fields(new):
        coordinate = _coordinate(problem.message)
        if coordinate not in known:
            touches = (frozenset({coordinate}),)
            yield Change("breaking", "FIELD_UNREACHABLE", coordinate, problem.message, _REACH_ADVICE, touches)


_REACH_ADVICE = (
    "Keep the key by which its subgraph was entered; braid compose --explain tells from where it is reached."
)


def _coordinate(message: str) -> str:
    found = _COORDINATE.search(message)
    return found[1] if found else ""


def _uses(old: Baseline, recorded: Sequence[RecordedOperation]) -> tuple[dict[str, frozenset[str]], list[str]]:
    """What each operation uses of the old graph, by its place; and those that it would not have answered."""
    from gateway.operation.usage import used_coordinates

    uses: dict[str, frozenset[str]] = {}
    invalid: list[str] = []
    for operation in recorded:
        document = _valid_document(operation, old)
        if document is None:
            invalid.append(operation.place)
        else:
            uses[operation.place] = used_coordinates(document, old.api, operation.variables)
    return uses, invalid


def _valid_document(operation: RecordedOperation, old: Baseline) -> Any:
    """The operation and the fragments that it spreads; None when it is not valid."""
    from graphql import GraphQLError, parse, separate_operations, validate

    try:
        document = parse(operation.document, no_location=True)
    except GraphQLError:
        return None
    if validate(old.api, document):
        return None
    separate = separate_operations(document)
    if operation.name is None and len(separate) != 1:
        return None
    return next(iter(separate.values())) if operation.name is None else separate.get(operation.name)


def _refused(
    old: Baseline, new: Supergraph, recorded: Sequence[RecordedOperation], judged: Sequence[Judged]
) -> Iterator[Judged]:
    """Operations that are broken though no change tells: valid before, and now refused or without a plan.

    The net below the changes' own account of whom they touch: what only a whole operation shows.
    """
    from gateway.errors import BraidError
    from gateway.federation.changes import Change
    from gateway.operation.errors import RequestError
    from gateway.operation.limits import Limits
    from gateway.operation.prepare import prepare_operation
    from gateway.planning.planner import plan_operation

    told = {place for each in judged if each.change.level == "breaking" for place in each.hits or ()}
    for operation in recorded:
        if operation.place in told or _valid_document(operation, old) is None:
            continue
        try:
            prepared = prepare_operation(operation.document, operation.name, new, Limits())
            plan_operation(prepared, dict.fromkeys(prepared.condition_variables, True), new)
        except BraidError as error:
            message = error.errors[0]["message"] if isinstance(error, RequestError) else error.message
            advice = "Keep what it uses, or see to it that it is sent no more."
            change = Change("breaking", "OPERATION_REFUSED", operation.name or "operation", message, advice)
            yield Judged(change, (operation.place,))


def _as_json(comparison: Comparison, strict: bool) -> dict[str, Any]:
    counts = Counter(each.change.level for each in comparison.changes)
    return {
        "ok": not comparison.fails(strict),
        "against": comparison.against,
        "compared": "api and federation" if comparison.is_whole else "api",
        "counts": {level: counts[level] for level in _LEVELS},
        "operations": comparison.operations,
        "invalidOperations": list(comparison.invalid),
        "changes": [
            {
                "level": each.change.level,
                "code": each.change.code,
                "coordinate": each.change.coordinate,
                "message": each.change.message,
                "advice": each.change.advice,
                "unused": each.is_unused,
                "operations": list(each.hits) if each.hits is not None else None,
            }
            for each in comparison.changes
        ],
    }


def _as_lines(comparison: Comparison, strict: bool) -> Iterator[str]:
    counts = Counter(each.change.level for each in comparison.changes)
    told = ", ".join(f"{counts[level]} {level}" for level in _LEVELS)
    yield f"against        {comparison.against}" + ("" if comparison.is_whole else "  (API only)")
    yield f"changes        {told if comparison.changes else 'none'}"
    if comparison.operations is not None:
        invalid = f", {len(comparison.invalid)} of them not valid there" if comparison.invalid else ""
        yield f"operations     {comparison.operations} recorded{invalid}"
    for each in comparison.changes:
        unused = " but unused" if each.change.level == "breaking" and each.is_unused else ""
        yield f"\n{each.change.level}{unused}: {each.change.coordinate}: {each.change.message} [{each.change.code}]"
        if each.hits:
            more = f" and {len(each.hits) - _MOST_NAMED} more" if len(each.hits) > _MOST_NAMED else ""
            yield f"  hits {', '.join(each.hits[:_MOST_NAMED])}{more}"
        if each.change.advice:
            yield f"  {each.change.advice}"
    if comparison.fails(strict) and strict and not comparison.fails(False):
        yield "\nNo recorded operation is broken; --strict fails all the same."

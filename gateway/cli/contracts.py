"""`braid contracts`: what the graph needs of each REST service, written down, and services held to it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.console import FAILED, complain, doing, fail, say, write_json, write_text
from gateway.cli.loading import ConfigOption, read_settings
from gateway.cli.logs import log_to_stderr

if TYPE_CHECKING:
    from gateway.contracts.recording import RecordedCall, Recording
    from gateway.contracts.verifying import Verdict
    from gateway.server.settings import ExampleQuery
    from gateway.settings import Settings

contracts = typer.Typer(
    help="Write what the graph needs of each REST service as Pact contracts, and verify them against services.",
    no_args_is_help=True,
    epilog="Example: braid contracts write && braid contracts verify",
)

FOLDER = Path("contracts")

FolderOption = Annotated[
    Path,
    typer.Option("--folder", "-f", metavar="DIR", help="Holds operations/*.graphql and pacts/*.json."),
]
HeaderOption = Annotated[
    list[str] | None,
    typer.Option("--header", "-H", metavar="'NAME: VALUE'", help="Send it to every service; not written down."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@contracts.command(name="write", epilog="Example: braid contracts write --folder contracts")
def write_contracts(
    config: ConfigOption = None,
    folder: FolderOption = FOLDER,
    consumer: Annotated[str, typer.Option("--consumer", help="What the contracts call this graph.")] = "braid",
    header: HeaderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run DIR/operations/*.graphql on the graph and write to DIR/pacts what its resolvers needed of each service.

    The services must be running, hold what the operations ask for, and may be written to: mutations are carried out.
    Nothing is written, and the exit code is 1, when an operation fails, or when none uses some loader or root field.
    """
    from gateway.contracts.pacts import require_pact, untested, write_pact

    require_pact()
    settings = read_settings(config)
    log_to_stderr()
    with doing("Running the operations ..."):
        recording = asyncio.run(_record(settings, _operations(folder / "operations"), _headers(header)))
    if recording.unused:
        fail(f"no operation in {folder / 'operations'} uses: {', '.join(recording.unused)}")
    written: list[dict[str, Any]] = []
    for service, calls in recording.calls.items():
        if not calls:
            continue
        file = write_pact(consumer, service, _in_order(calls), folder / "pacts")
        hints = untested(calls)
        written.append({"service": service, "file": str(file), "interactions": len(calls), "untested": hints})
        say(f"{service}: {_calls(len(calls))} in {file}")
        for hint in hints:
            say(f"hint: {service}: no recorded answer had anything at {hint}", "yellow")
    if as_json:
        write_json({"contracts": written})


@contracts.command(name="verify", epilog="Example: braid contracts verify --url orders=http://127.0.0.1:8080")
def verify_contracts(
    config: ConfigOption = None,
    folder: FolderOption = FOLDER,
    service: Annotated[
        list[str] | None, typer.Option("--service", "-s", metavar="NAME", help="Only this one; may be repeated.")
    ] = None,
    url: Annotated[
        list[str] | None,
        typer.Option("--url", "-u", metavar="NAME=URL", help="Where a service is, if not where the graph expects it."),
    ] = None,
    header: HeaderOption = None,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds for each service.")] = 60.0,
    as_json: JsonOption = False,
) -> None:
    """Send every request of DIR/pacts/*.json to its running service and compare the answers.

    Requests that change something are sent too: verify against a service with test data. Every call that the service
    no longer answers as the graph needs it is listed; one is enough for exit code 1.
    """
    from gateway.contracts.pacts import require_pact

    require_pact()
    urls = _urls(config, url or ())
    verdicts = asyncio.run(_verify(folder / "pacts", service or (), urls, _headers(header), timeout))
    if as_json:
        write_json({"contracts": [_as_json(verdict) for verdict in verdicts]})
    else:
        write_text("\n".join(_as_text(verdict) for verdict in verdicts))
    if not all(verdict.kept for verdict in verdicts):
        complain(f"not kept by: {', '.join(verdict.contract.service for verdict in verdicts if not verdict.kept)}")
        raise typer.Exit(FAILED)


def _operations(folder: Path) -> Sequence[ExampleQuery]:
    from gateway.server.examples import load_examples

    operations = load_examples(folder) if folder.is_dir() else ()
    if not operations:
        fail(f"there are no operations in {folder}; put .graphql files there that use the whole graph")
    return operations


async def _record(settings: Settings, operations: Sequence[ExampleQuery], headers: Mapping[str, str]) -> Recording:
    from gateway.app import open_gateway
    from gateway.contracts.recording import record

    gateway = await open_gateway(settings)
    try:
        graphs = gateway.pipeline.supergraph.graphs
        sections = {name: settings.subgraph(name) for name in graphs}
        services = {
            name: str(section.url or graphs[name].url)
            for name, section in sections.items()
            if section.schema_module is not None and (section.url or graphs[name].url)
        }
        return await record(gateway.pipeline, services, operations, headers)
    finally:
        await gateway.close()


async def _verify(
    folder: Path, wanted: Sequence[str], urls: Mapping[str, str], headers: Mapping[str, str], timeout_s: float
) -> list[Verdict]:
    from gateway.contracts.verifying import read_contracts, verify

    found = [contract for contract in read_contracts(folder) if not wanted or contract.service in wanted]
    unknown = sorted(
        {*wanted, *(each.service for each in found)} - {each.service for each in found if each.service in urls}
    )
    if unknown:
        fail(f"no contract, or no address, of: {', '.join(unknown)}; give addresses by --url NAME=URL")
    slots = asyncio.Semaphore(os.cpu_count() or 1)

    async def verify_one(index: int) -> Verdict:
        async with slots:
            return await verify(found[index], urls[found[index].service], headers, timeout_s)

    return list(await asyncio.gather(*map(verify_one, range(len(found)))))


def _in_order(calls: Sequence[RecordedCall]) -> list[RecordedCall]:
    return sorted(calls, key=lambda call: call.name)


def _urls(config: Path | None, given: Sequence[str]) -> dict[str, str]:
    """By service: those of the configuration, unless all are given and there is none, and those given, which win."""
    named = dict(_split(each, "=", "--url NAME=URL") for each in given)
    if named and config is None and not Path("braid.yaml").is_file():
        return named
    settings = read_settings(config)
    return {name: str(section.url) for name, section in settings.subgraphs.items() if section.url} | named


def _headers(given: Sequence[str] | None) -> dict[str, str]:
    return {
        name.lower(): value for name, value in (_split(each, ":", "--header 'NAME: VALUE'") for each in given or ())
    }


def _split(text: str, by: str, form: str) -> tuple[str, str]:
    name, found, value = text.partition(by)
    if not found or not name.strip() or not value.strip():
        print(f"Error: {text!r} is not of the form {form}", file=sys.stderr)
        raise typer.Exit(2)
    return name.strip(), value.strip()


def _calls(count: int) -> str:
    return f"{count} call{'' if count == 1 else 's'}"


def _as_json(verdict: Verdict) -> dict[str, Any]:
    return {
        "service": verdict.contract.service,
        "file": str(verdict.contract.file),
        "kept": verdict.kept,
        "problem": verdict.problem or None,
        "interactions": [asdict(interaction) for interaction in verdict.interactions],
    }


def _as_text(verdict: Verdict) -> str:
    service, count = verdict.contract.service, len(verdict.interactions)
    if verdict.problem:
        return f"{service}: {verdict.problem}"
    broken = [each for each in verdict.interactions if each.problems]
    lines = [f"{service}: {_calls(count)}, {'all kept' if not broken else f'{len(broken)} not kept'}"]
    for interaction in broken:
        lines += [f"  {interaction.name}", *(f"    {problem}" for problem in interaction.problems)]
    return "\n".join(lines)

"""`braid check`: everything that can be known to be wrong before a client asks: configuration, graph, services."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.console import FAILED, write_json, write_text
from gateway.cli.finding import Finding, Level
from gateway.cli.loading import ConfigOption, SupergraphOption, read_settings
from gateway.cli.logs import log_to_stderr

if TYPE_CHECKING:
    from gateway.cli.probing import Probe
    from gateway.federation.errors import Problem
    from gateway.federation.supergraph import Supergraph
    from gateway.settings import Settings

SCHEMA_UNAVAILABLE = "SUBGRAPH_SCHEMA_UNAVAILABLE"

_SETTINGS_ADVICE = "docs/configuration.md lists every setting; `braid config show` prints what is in force."
_GRAPH_ADVICE = {
    SCHEMA_UNAVAILABLE: "Start it, correct 'subgraphs.{name}.url', or serve a composed supergraph file.",
    "SUBGRAPH_WITHOUT_URL": "Set 'subgraphs.{name}.url'.",
    "INVALID_LOCAL_SCHEMA": "Mend the module; 'python_path' is where modules are looked for.",
    "INVALID_AUTHORIZATION": "Correct the section 'authorization'; 'python_path' is where modules are looked for.",
    "INVALID_OVERRIDE_HOOK": "Correct 'overrides.decide'; 'python_path' is where modules are looked for.",
    "INVALID_GRAPHQL": "Mend it at the position given.",
}
_COMPOSITION_ADVICE = "Change the schema of {name}, or of the subgraphs that it is at odds with."
_SERVICE_ADVICE = {
    "unreachable": "Start it, or correct 'subgraphs.{name}.url': it is {url}. Until then its fields are null.",
    "slow": "Look at its load; raise 'subgraphs.{name}.timeout_s' if it may take longer than {timeout_s:g} s.",
    "failing": "Look into its log; the address asked is {url}.",
    "answers": "Give it GET /healthz answering 200, so that its health can be told.",
}


@dataclass(frozen=True, slots=True)
class Report:
    """subgraphs: how many are configured. composes: None when it could not be tried. probes: in configured order.

    projections: how many are configured. serving: how many of them are as they should be.
    """

    subgraphs: int
    composes: bool | None
    probes: Sequence[Probe]
    findings: Sequence[Finding]
    projections: int = 0
    serving: int = 0

    @property
    def ok(self) -> bool:
        return all(finding.level != "error" for finding in self.findings)


def check(
    config: ConfigOption = None,
    supergraph: SupergraphOption = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print {ok, composes, services, projections, findings}, or {ok, changes, ...}."),
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="GRAPH",
            help="Tell what would change: a supergraph or schema file, git:REVISION:PATH, or a gateway's GraphQL URL.",
        ),
    ] = None,
    operations: Annotated[
        Path | None,
        typer.Option(
            "--operations",
            metavar="PATH",
            help="Recorded operations to judge changes by: a folder of .graphql files, or JSON Lines of requests.",
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail on breaking changes that no recorded operation is hit by, too.")
    ] = False,
) -> None:
    """Check the configuration, compose the graph, ask every service how it is, and look at the projections.

    Each finding comes with advice. Errors end the command with exit code 1; warnings and hints do not.

    With --against nothing but the graph is looked at: each breaking, dangerous or safe change, with what it hits and
    what to do. Of a gateway's URL only the API is known; keys, requirements and who resolves what are compared with a
    supergraph. Exit code 0: nothing breaking, or with --operations nothing that hits one; 1: something breaking, or
    the graph does not compose; 2: the graph to compare with or the operations cannot be read.
    """
    if against is not None:
        from gateway.cli.comparing import compare

        compare(config, supergraph, against, operations, strict, as_json)
        return
    if operations is not None or strict:
        raise typer.BadParameter("--operations and --strict go with --against")
    report = _examine(config, supergraph)
    if as_json:
        write_json(_as_json(report))
    else:
        write_text("\n".join(_as_lines(report)))
    if not report.ok:
        raise typer.Exit(FAILED)


def _examine(config: Path | None, supergraph: Path | None) -> Report:
    from gateway.settings import SettingsError

    try:
        settings = read_settings(config, supergraph)
    except SettingsError as error:
        findings = [
            Finding("error", "configuration", error.code, _joined(p.place, p.path), p.message, _SETTINGS_ADVICE)
            for p in error.problems
        ]
        return Report(0, None, (), findings)
    log_to_stderr()
    return asyncio.run(_examine_running(settings))


async def _examine_running(settings: Settings) -> Report:
    from gateway.cli.probing import list_upstreams, probe_all
    from gateway.federation.errors import SchemaError

    try:
        upstreams = list_upstreams(settings)
    except SchemaError as error:
        return Report(len(settings.subgraphs), False, (), [_graph_finding("error", p) for p in error.problems])
    from gateway.cli.projections_check import examine_projections

    looking = asyncio.gather(_compose(settings), probe_all(upstreams), examine_projections(settings))
    (graphs, found), probes, (serving, projected) = await looking
    silent = {finding.place for finding in found if finding.code == SCHEMA_UNAVAILABLE}
    composes = None if silent else graphs > 0
    services = [finding for finding in map(_service_finding, probes) if finding and finding.place not in silent]
    findings = [*_suspicious(settings), *found, *services, *projected]
    count = graphs or len(settings.subgraphs)
    return Report(count, composes, probes, findings, len(settings.projections.modules), serving)


async def _compose(settings: Settings) -> tuple[int, list[Finding]]:
    """How many subgraphs the graph is made of, 0 when it does not compose; and what there is to say of it."""
    from gateway.app import open_gateway
    from gateway.federation.errors import SchemaError
    from gateway.settings import ProjectionsSection

    try:
        gateway = await open_gateway(settings.model_copy(update={"projections": ProjectionsSection()}))
    except SchemaError as error:
        return 0, [_graph_finding("error", problem) for problem in error.problems]
    try:
        supergraph, graphs = gateway.pipeline.supergraph, gateway.pipeline.supergraph.graphs
        names = {graph.name for graph in graphs.values()}
        return len(graphs), [
            *(_graph_finding("hint", hint) for hint in gateway.hints),
            *_authorization_findings(supergraph, settings),
            *(_unused(name) for name in settings.subgraphs if settings.supergraph is not None and name not in names),
        ]
    finally:
        await gateway.close()


def _graph_finding(level: Level, problem: Problem) -> Finding:
    advice = _GRAPH_ADVICE.get(problem.code, _COMPOSITION_ADVICE if level == "error" else "It stops nothing.")
    place = _joined(problem.subgraph, f"{problem.line}:{problem.column}" if problem.line else "")
    advice = advice.format(name=problem.subgraph or "the subgraphs")
    return Finding(level, "graph", problem.code, place, problem.message, advice)


def _authorization_findings(supergraph: Supergraph, settings: Settings) -> Iterator[Finding]:
    from gateway.authorizing import check_configured, missing_parts
    from gateway.federation.errors import SchemaError

    place, advice = "authorization", "docs/authorization.md shows a whole section."
    try:
        check_configured(supergraph, settings.authorization)
    except SchemaError as error:
        for found in error.problems:
            yield Finding("error", "configuration", found.code, place, found.message, advice)
    for found in missing_parts(supergraph, settings.authorization):
        yield Finding("warning", "configuration", found.code, place, found.message, advice)


def _unused(name: str) -> Finding:
    message = "The supergraph has no subgraph of this name, so the section changes nothing."
    return Finding(
        "warning", "configuration", "UNUSED_SUBGRAPH", f"subgraphs.{name}", message, "Correct the name, or remove it."
    )


def _suspicious(settings: Settings) -> Iterator[Finding]:
    """What is allowed, but hardly meant."""
    deadline_s = settings.execution.deadline_s
    for name, section in settings.in_force().subgraphs.items():
        if section.timeout_s > deadline_s:
            message = f"{section.timeout_s:g} s is more than the whole request has: {deadline_s:g} s."
            advice = "Lower it, or raise 'execution.deadline_s'."
            place = f"subgraphs.{name}.timeout_s"
            yield Finding("warning", "configuration", "TIMEOUT_OVER_DEADLINE", place, message, advice)


def _service_finding(probe: Probe) -> Finding | None:
    upstream = probe.upstream
    if probe.health == "healthy":
        return None
    level: Level = "hint" if probe.ok else "error"
    advice = _SERVICE_ADVICE[probe.health].format(name=upstream.name, url=upstream.url, timeout_s=upstream.timeout_s)
    return Finding(level, "services", f"SERVICE_{probe.health.upper()}", upstream.name, probe.detail, advice)


def _as_json(report: Report) -> dict[str, object]:
    services = [{"name": p.upstream.name, "url": p.upstream.url, "health": p.health} for p in report.probes]
    findings = [asdict(finding) for finding in report.findings]
    projections = {"configured": report.projections, "serving": report.serving}
    return {
        "ok": report.ok,
        "composes": report.composes,
        "services": services,
        "projections": projections,
        "findings": findings,
    }


def _as_lines(report: Report) -> Iterator[str]:
    faulty = any(finding.about == "configuration" and finding.level == "error" for finding in report.findings)
    yield "configuration  " + ("has faults; nothing else was checked" if faulty else f"{report.subgraphs} subgraphs")
    if not faulty:
        words = {True: "composes", False: "does not compose", None: "not known: a schema is missing"}
        yield f"graph          {words[report.composes]}"
        good = sum(probe.ok for probe in report.probes)
        yield f"services       {good} of {len(report.probes)} answer" if report.probes else "services       none to ask"
        if report.projections:
            yield f"projections    {report.serving} of {report.projections} serve"
    for finding in report.findings:
        yield f"\n{finding.level}: {_joined(finding.place, finding.message)} [{finding.code}]"
        yield f"  {finding.advice}"


def _joined(*parts: str) -> str:
    return ": ".join(part for part in parts if part)

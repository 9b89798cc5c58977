"""Apollo: the other gateway as a process, told and asked by lines of JSON; and what its plans cost."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from graphql import OperationDefinitionNode, parse, value_from_ast_untyped

from tests.support import npm

MODULES = Path(__file__).parent
PACKAGES = "gateway-oracle"
LONGEST_LINE = 64_000_000
PATIENCE_S = 90
# It tells nobody that it runs, and does not ask where.
ALONE = {"APOLLO_TELEMETRY_DISABLED": "true", "METADATA_SERVER_DETECTION": "none"}


class Refused(Exception):
    """It failed to load a graph or to answer at all."""


class GaveUp(Exception):
    """It has not answered in PATIENCE_S. It is of no more use."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one plan. depth: fetches on the longest path, one after the other."""

    fetches: int
    depth: int


@dataclass(frozen=True, slots=True)
class Answer:
    """errors: messages. cost: None when there was no plan. plan: as it prints it."""

    data: Any
    errors: list[str]
    cost: Cost | None
    plan: str


class Apollo:
    """One process. An asynchronous context manager; questions go to the graph that was loaded last."""

    def __init__(self) -> None:
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        script = npm.installed(PACKAGES, MODULES) / "apollo.mjs"
        node = str(shutil.which("node"))
        self._process = await asyncio.create_subprocess_exec(
            node, str(script), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, limit=LONGEST_LINE, env=os.environ | ALONE
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.kill()
        await self._process.communicate()

    async def load(self, supergraph: str, base: str) -> None:
        """Its subgraphs answer at BASE/NAME. Raises Refused."""
        await self._tell(supergraph=supergraph, base=base)

    async def ask(self, query: str, variables: Mapping[str, Any]) -> Answer:
        """Raises Refused, GaveUp."""
        told = await self._tell(query=query, variables=dict(variables))
        cost = cost_of(told["steps"], variables_of(query, variables)) if told["steps"] else None
        return Answer(told["data"], told["errors"], cost, told["text"])

    async def _tell(self, **line: Any) -> dict[str, Any]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(line).encode() + b"\n")
        try:
            line_back = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
        except TimeoutError as problem:
            raise GaveUp from problem
        told = json.loads(line_back or b'{"failed": "the process has ended"}')
        if "failed" in told:
            raise Refused(told["failed"])
        return told


def variables_of(query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """The values that conditions see: those given, and the declared defaults of the rest."""
    operation = next(d for d in parse(query).definitions if isinstance(d, OperationDefinitionNode))
    defaults = {
        declared.variable.name.value: value_from_ast_untyped(declared.default_value)
        for declared in operation.variable_definitions or ()
        if declared.default_value
    }
    return defaults | dict(variables)


def cost_of(node: dict[str, Any], variables: Mapping[str, Any]) -> Cost:
    """What a plan makes when these are the variables. Nodes come as `shape` in apollo.mjs gives them."""
    match node["kind"]:
        case "Fetch":
            return Cost(1, 1)
        case "Condition":
            chosen = node.get("yes" if variables.get(node["condition"]) else "no")
            return cost_of(chosen, variables) if chosen else Cost(0, 0)
        case "Sequence" | "Parallel" as kind:
            costs = [cost_of(child, variables) for child in node["nodes"]]
            depths = [cost.depth for cost in costs]
            return Cost(sum(cost.fetches for cost in costs), (sum if kind == "Sequence" else max)(depths))
        case kind:
            raise NotImplementedError(f"a plan with a node of kind {kind}")

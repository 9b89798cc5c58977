"""Holding a running service to its contract, by pact-python's verifier.

The verifier runs in a process of its own for each contract: it can then be stopped when it hangs (which pact's does
when one of its hooks fails), and what it prints on standard output does not get into ours.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.contracts.errors import ContractsError
from gateway.contracts.pacts import require_pact

TIMEOUT_S = 60.0
"""For all interactions of one contract."""


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract file, of which only this is looked at here."""

    service: str
    file: Path


@dataclass(frozen=True, slots=True)
class Interaction:
    """One call of a contract. problems: what the service no longer does; none when it keeps the contract."""

    name: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one service keeps one contract. problem: why it could not be found out; "" when it could."""

    contract: Contract
    interactions: tuple[Interaction, ...]
    problem: str = ""

    @property
    def kept(self) -> bool:
        return not self.problem and not any(interaction.problems for interaction in self.interactions)


def read_contracts(folder: Path) -> list[Contract]:
    """The contract files of a folder, by name. Raises ContractsError when there is none or one is no Pact file."""
    files = sorted(folder.glob("*.json"))
    if not files:
        raise ContractsError(f"There are no contracts in {folder}; `braid contracts write` makes them.")
    return [Contract(_provider(file), file) for file in files]


async def verify(contract: Contract, url: str, headers: Mapping[str, str], timeout_s: float = TIMEOUT_S) -> Verdict:
    """Send every request of the contract to the service at `url`, with these headers, and compare the answers."""
    require_pact()
    job = json.dumps({"service": contract.service, "file": str(contract.file), "url": url, "headers": dict(headers)})
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "gateway.contracts.verifier"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(timeout_s):
            output, errors = await process.communicate(job.encode())
    except TimeoutError:
        return Verdict(contract, (), f"the verification did not end within {timeout_s:g} s")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        last = errors.decode(errors="replace").strip().rpartition("\n")[2]
        return Verdict(contract, (), f"pact's verifier failed: {last}")
    return Verdict(contract, read_results(json.loads(output)))


def read_results(results: Mapping[str, Any]) -> tuple[Interaction, ...]:
    """The interactions of pact's own results."""
    return tuple(
        Interaction(each["description"], tuple(_problems(each))) for each in results.get("interactionResults", ())
    )


def _problems(interaction: Mapping[str, Any]) -> Sequence[str]:
    if interaction["result"] == "OK":
        return ()
    found: Mapping[str, Any] = interaction.get("mismatch") or {}
    mismatches: Sequence[Mapping[str, Any]] = found.get("mismatches", ())
    told = [" ".join(filter(None, (each.get("path", ""), _told(each)))) for each in mismatches]
    return tuple(dict.fromkeys(told)) or (str(found.get("message", "the answer does not fit")),)


def _told(mismatch: Mapping[str, Any]) -> str:
    return str(mismatch.get("mismatch") or f"expected {mismatch.get('expected')}, got {mismatch.get('actual')}")


def _provider(file: Path) -> str:
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["provider"]["name"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ContractsError(f"{file} is not a Pact file.") from error

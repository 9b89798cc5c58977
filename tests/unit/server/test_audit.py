"""The public audit of the GraphQL over HTTP specification, by its own npm package.

It runs where Node is and `npm ci` was run in `tests/unit/server/audit`; the table in test_endpoint.py always does.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from gateway.server.app import create_server
from tests.unit.server.small_engine import SmallEngine
from tests.unit.server.sockets import served

pytestmark = pytest.mark.anyio

AUDIT = Path(__file__).parent / "audit"
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="node is not installed")
@pytest.mark.skipif(not (AUDIT / "node_modules").is_dir(), reason=f"run `npm ci` in tests/unit/server/{AUDIT.name}")
async def test_public_audit_passes_whole() -> None:
    """61 of 61, recommendations and options included. Introspection is on: the audit asks for `__type`."""
    assert NODE is not None
    async with served(create_server(SmallEngine())) as url:
        process = await asyncio.create_subprocess_exec(
            NODE, str(AUDIT / "run.mjs"), f"{url}/graphql", stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(60):
            output, _ = await process.communicate()
    results = [json.loads(line) for line in output.splitlines()]
    assert [result for result in results if result["status"] != "ok"] == []
    assert len(results) == 61

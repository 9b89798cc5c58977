"""Secrets stay in: what is planted everywhere is in no log line, trace, metric or answer of a gateway process.

The canaries are listed by place in canaries.py; what is sent, in planting.py; what the services answer, in upstream.py.
"""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.secrets.canaries import canary, dsn, leaks_in, password
from tests.secrets.planting import FAILING, Told, environment, json_lines, leaky_gateway, plant
from tests.secrets.upstream import MODES, Upstream, serving_upstream
from tests.shop.gateway_process import REPOSITORY

pytestmark = pytest.mark.anyio


@pytest.fixture
async def upstream() -> AsyncGenerator[Upstream]:
    async with serving_upstream() as serving:
        yield serving


@pytest.mark.parametrize(("loud", "sharing"), [(False, False), (True, True)], ids=["production", "debug"])
async def test_no_secret_is_told(upstream: Upstream, tmp_path: Path, loud: bool, sharing: bool) -> None:
    async with leaky_gateway(tmp_path, upstream, loud=loud, sharing=sharing) as gateway:
        answers = await plant(gateway)
        metrics = (await asyncio.to_thread(gateway.get, "/metrics")).text
        gateway.signal(signal.SIGTERM)  # sends what traces are waiting
        await asyncio.to_thread(gateway.wait, 20)
        told = Told(answers, metrics, gateway.written())
    prove_that_all_was_at_work(told, upstream)
    assert {answer for answer in told.answers if leaks_in(answer)} == set()
    assert {line for line in told.written.splitlines() if leaks_in(line)} == set()
    assert leaks_in(told.metrics) == set()
    assert leaks_in(b"".join(upstream.collected)) == set()


def prove_that_all_was_at_work(told: Told, upstream: Upstream) -> None:
    """Nothing was found because nothing is told, not because nothing was sent."""
    assert {mode for mode, count in upstream.struck.items() if count >= 4} == set(MODES)
    sent = "".join(upstream.seen)
    expected = {"authorization", "cookie", "apiKey", "variable", "literal", "configUrl", "getQuery"}
    assert leaks_in(sent) == expected
    assert leaks_in("".join(upstream.collector_was_sent)) == {"otlpToken"}
    lines = json_lines(told.written)
    failed = {line["path"][0].partition("__")[0] for line in lines if line["event"] == "resolver failed"}
    assert failed >= set(FAILING) - {"problem", "meantForClients"} | {"login", "batch"}
    assert {line["event"] for line in lines} >= {"request", "source failed", "resolver failed"}
    assert 'code="DOWNSTREAM_SERVICE_ERROR"' in told.metrics
    assert re.search(r"^braid_rate_limits_uncounted_total [1-9]", told.metrics, re.MULTILINE)
    assert b"fetch notes" in b"".join(upstream.collected)
    assert b"call secretive" in b"".join(upstream.collected)
    answers = "".join(told.answers)
    assert "Come back on Monday." in answers
    assert "Only two are left." in answers
    assert "reported an error" in answers


# -- configurations that cannot be used --------------------------------------------------------------------------------

NO_SUCH_URL = "http://127.0.0.1:9"

BAD_FILES = {
    "a wrong value": f"server: {{port: '{dsn('badValue')}', explorer: {canary('badValue')}}}",
    "a value in an unknown key": f"server: {{prt: '{password('badValue').replace(chr(39), '')}'}}",
    "a list for a text": f"subgraphs: {{a: {{url: ['{dsn('badValue')}']}}}}",
    "a password in a URL": f"subgraphs: {{a: {{url: 'http://root:{canary('badUrl')}@db.test/'}}}}",
    "a URL of another kind": f"rate_limits: {{redis_url: 'amqp://:{canary('redisUrl')}@db.test'}}",
    "no URL at all": f"subgraphs: {{a: {{url: '{dsn('badUrl')}'}}}}",
    "text behind a value": f"server:\n  host: 'x' {canary('badYaml')}\n",
    "a quote that does not end": f"server:\n  host: '{canary('badYaml')}\n",
    "a tag": f"server: !!python/object:os.system {canary('badYaml')}",
    "a tab": f"server:\n\t host: {canary('badYaml')}",
    "no mapping": f"- {dsn('badFile')}",
    "a variable that is not there": f"server: {{host: '${{NO_SUCH_VARIABLE}}{canary('badValue')}'}}",
    "a module that raises": "python_path: .\nsubgraphs: {a: {schema: raising}}",
    "a module without a schema": "python_path: .\nsubgraphs: {a: {schema: without}}",
    "a service that is not there": f"subgraphs: {{a: {{url: '{NO_SUCH_URL}/{canary('badUrl')}'}}}}",
    "a supergraph with a secret": "supergraph: bad.graphql",
    "a supergraph that is none": "supergraph: none.graphql",
}


VARIABLES = {
    "a variable of the wrong type": {"BRAID_SERVER__MAX_BODY_BYTES": dsn("environment")},
    "a variable that is no JSON": {"BRAID_SERVER__CORS_ORIGINS": f"[{dsn('environment')}"},
    "a variable for a URL": {"BRAID_SUBGRAPHS__A__URL": dsn("environment")},
}
BAD_FILES |= dict.fromkeys(VARIABLES, f"subgraphs: {{a: {{url: '{NO_SUCH_URL}'}}}}")


@pytest.mark.parametrize("bad", BAD_FILES)
@pytest.mark.parametrize("command", ["serve", "check", "compose"])
def test_a_configuration_that_cannot_be_used_is_refused_without_its_values(
    command: str, bad: str, tmp_path: Path
) -> None:
    """The place and what is wrong there are said."""
    (tmp_path / "braid.yaml").write_text(BAD_FILES[bad])
    (tmp_path / "raising.py").write_text(f"raise RuntimeError({dsn('badImport')!r})")
    (tmp_path / "without.py").write_text(f"other = {dsn('badImport')!r}")
    (tmp_path / "bad.graphql").write_text(f'type Query {{ a: Int }}\n"{dsn("badFile")}" "{canary("badFile")}"')
    (tmp_path / "none.graphql").write_text(f'"{dsn("badFile")}" type Query {{ a: Int @x(y: "{canary("badFile")}") }}')
    run = subprocess.run(
        [sys.executable, "-m", "gateway.cli", command, "--config", str(tmp_path / "braid.yaml")],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=REPOSITORY,
        env=environment() | {"SHOP_DSN": dsn("environment")} | VARIABLES.get(bad, {}),
        check=False,
    )
    told = run.stdout + run.stderr
    assert run.returncode != 0
    assert told.strip()
    assert leaks_in(told) == set()
    assert "Traceback" not in told

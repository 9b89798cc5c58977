"""The servers that this machine can run, and a gateway over all of them, composed from what they say of themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.interop.festival import NAMES, YOGA, SubgraphServer, why_not
from tests.shop.gateway_process import GatewayProcess

Servers = Mapping[str, SubgraphServer]
# What is tried here is not how fast a busy machine is.
post = partial(httpx.post, timeout=30, trust_env=False)
get = partial(httpx.get, timeout=30, trust_env=False)
PATIENT = {"BRAID_EXECUTION__DEADLINE_S": "20", "BRAID_SERVICE_DEFAULTS__TIMEOUT_S": "20"}


def needs(*names: str) -> pytest.MarkDecorator:
    """Skips a test that asks servers which this machine cannot run, with the reason."""
    reasons = {name: why_not(name) for name in names}
    told = "; ".join(f"{name}: {reason}" for name, reason in reasons.items() if reason)
    return pytest.mark.skipif(bool(told), reason=told)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Those that can run here, by name."""
    folder = tmp_path_factory.mktemp("festival")
    with ExitStack() as stack:
        yield {n: stack.enter_context(SubgraphServer(n, folder)) for n in NAMES if not why_not(n)}


@pytest.fixture(scope="session")
def festival(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Braid, told nothing but the servers' addresses."""
    folder = tmp_path_factory.mktemp("gateway")
    with GatewayProcess({}, folder / "log", PATIENT, configured(servers, folder)) as gateway:
        yield gateway


@pytest.fixture
def gateway(festival: GatewayProcess, servers: Servers) -> GatewayProcess:
    """The same, when the servers have forgotten what they were asked before."""
    for server in servers.values():
        server.forget()
    return festival


def configured(servers: Servers, folder: Path, supergraph: Path | None = None) -> Path:
    """A configuration file with the servers' addresses, over a supergraph file or over what they say."""
    subgraphs: dict[str, dict[str, object]] = {name: {"url": server.url} for name, server in servers.items()}
    if YOGA in subgraphs:
        subgraphs[YOGA]["shown_errors"] = ["TOO_MANY_STARS"]
    file = folder / "braid.yaml"
    file.write_text(json.dumps({"subgraphs": subgraphs} | ({"supergraph": str(supergraph)} if supergraph else {})))
    return file

"""The shop as processes, with the data that the contracts' operations ask for, and `braid contracts` over it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mock_services.estate import Estate
from mock_services.generator import generate

REPOSITORY = Path(__file__).parents[2]

Contracts = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the shop's default data, which verification may write to."""
    directory = tmp_path_factory.mktemp("contracts") / "shop"
    generate(directory)
    return directory


@pytest.fixture(scope="session")
def shop(data: Path) -> Iterator[Estate]:
    """All seven services over the data."""
    with Estate(data) as estate:
        yield estate


@pytest.fixture(scope="session")
def contracts(shop: Estate) -> Contracts:
    """`braid contracts ...` in the repository's folder, over the shop; `cwd` and variables may be given."""
    urls = {name: url + ("/graphql" if name == "reviews" else "") for name, url in shop.urls().items()}
    addresses = {f"BRAID_SUBGRAPHS__{name.upper()}__URL": url for name, url in urls.items()}

    def run(*arguments: str, cwd: Path = REPOSITORY, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BRAID_")}
        environment = kept | addresses | {"PYTHONPATH": str(REPOSITORY), "TERM": "dumb", "COLUMNS": "200"} | variables
        command = [sys.executable, "-m", "gateway.cli", "contracts", *arguments]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=120)

    return run

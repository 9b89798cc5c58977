"""README's question that no service can answer is asked as it stands there, and answered so, with as many calls."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_services.estate import Estate
from mock_services.generator import generate
from tests.shop.gateway_process import REPOSITORY, GatewayProcess, environment_of

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("## Questions that no service can answer")[2].partition("\n## ")[0]
SEEN_S = 30.0


def blocks(language: str) -> list[str]:
    """The section's blocks in this language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def quiet_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """The shop as `make demo` makes it, with nobody in it."""
    home = tmp_path_factory.mktemp("readme") / "shop"
    generate(home)
    with Estate(home) as estate:
        yield estate


@pytest.fixture(scope="module")
def serving(quiet_shop: Estate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """The gateway, with a worker beside it that has built the projection."""
    folder = tmp_path_factory.mktemp("projections")
    settings = {"BRAID_PROJECTIONS__STORE": str(folder / "store"), "BRAID_PROJECTIONS__WORKER__PORT": "0"}
    with (
        GatewayProcess(quiet_shop.urls(), folder / "gateway", settings) as gateway,
        (folder / "worker").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "project"],
            cwd=REPOSITORY,
            env=environment_of(quiet_shop.urls()) | settings,
            stdin=subprocess.DEVNULL,
            stderr=log,
        ) as worker,
    ):
        try:
            wait_until_built(worker, folder / "worker")
            yield gateway
        finally:
            worker.terminate()
            worker.wait(30)


def wait_until_built(worker: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 120
    while "Projection 'orders' serves" not in log.read_text():
        assert worker.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def test_the_question_costs_one_look_and_one_call(quiet_shop: Estate, serving: GatewayProcess) -> None:
    """The answer is the README's, and is there as soon as the events are applied; only inventory is called."""
    commands, question = blocks("graphql")
    before = serving.ask(question).whole()
    assert before == {"searchOrders": {"nodes": []}}
    serving.ask(commands).whole()
    expected = json.loads(blocks("json")[0])
    deadline = time.monotonic() + SEEN_S
    while len(serving.ask(question).whole()["searchOrders"]["nodes"]) < len(expected["searchOrders"]["nodes"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    quiet_shop.reset_calls()
    answer = serving.ask(question).whole()
    assert answer == expected
    assert quiet_shop.calls() == {"inventory": {"GET /stock": 1}}


def test_the_plan_is_as_shown(quiet_shop: Estate, tmp_path: Path) -> None:
    """The projection first, then stock of all products at once."""
    query = tmp_path / "question.graphql"
    query.write_text(blocks("graphql")[1])
    shown = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "show", "plan", str(query)],
        cwd=REPOSITORY,
        env=environment_of(quiet_shop.urls()),
        capture_output=True,
        text=True,
        check=True,
    )
    levels = [line for line in shown.stdout.splitlines() if line.startswith("level ")]
    assert levels == blocks("text")[0].splitlines()

"""docs/projections.md, performed: a projection is added to a copy of the shop, run, rebuilt, rolled back, changed."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from gateway.settings import load_settings
from tests.docs.shop_copy import copy_shop, insert
from tests.docs.walk import Save, Shell, Type, free_ports, read_steps

PAGE = Path(__file__).parents[2] / "docs" / "projections.md"
TEXT = PAGE.read_text(encoding="utf-8")
GATEWAY_PORT = "4000"
CONFIGURED = {
    "    desk: resolvers.projections.desk\n": "  modules:",
    "  desk:\n    schema: schema.desk\n": "subgraphs:",
}
"""What the page puts into braid.yaml, and below which line."""


CHATTER = re.compile(r"""(\{"\w+": |Projection '|Following events|Stopped\.|\w+ [\d,]+ of [\d,]+$).*""")
"""What processes in the background say meanwhile, and a build's progress."""


def plain(output: str) -> list[str]:
    """The lines that two runs have in common: without times, ages and a shell's notes on its jobs."""
    for pattern, same in (
        (r"\d+(\.\d)? (ms|s)\b", "N s"),
        (r"(?m)^\[\d\].*\n", ""),
        (r"(?m)^[0-9a-f]{8}\b", "GROUP"),
        (r"http://127\.0\.0\.1:\d+", "URL"),
        (r"[ \t]+", " "),
    ):
        output = re.sub(pattern, same, output)
    return [line.strip() for line in output.splitlines() if line.strip()]


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    """Every file is written, every command typed, and each output is as it is printed; a process in the background
    may say more than the page shows of it."""
    folder, home = tmp_path / "shop", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    services = copy_shop(folder)
    (port,) = free_ports(1)
    steps = list(read_steps(TEXT.partition("### `GET /events")[0]))
    assert sum(isinstance(step, Type) for step in steps) >= 25
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    variables = {"BRAID_SERVER__PORT": port, "BRAID_PROJECTIONS__WORKER__PORT": "0", "COLUMNS": "160"}
    shell = Shell(folder, {"PATH": path, "HOME": str(home), **variables})
    try:
        for step in steps:
            if isinstance(step, Save):
                save(folder, step)
            else:
                perform(shell, step, services, port)
    finally:
        shell.close()


def save(folder: Path, step: Save) -> None:
    if step.path.endswith(".py"):
        (folder / step.path).write_text(step.text)
    elif step.text in CONFIGURED:
        insert(folder / "braid.yaml", CONFIGURED[step.text], step.text)


def perform(shell: Shell, step: Type, services: int, port: str) -> None:
    command = step.command.replace(f":{GATEWAY_PORT}/", f":{port}/")
    command = command.replace("mock_services.estate ", f"mock_services.estate --base-port {services} ")
    output, _ = shell.run(command, step.output.replace(f":{GATEWAY_PORT}/", f":{port}/"))
    expected, found = plain(step.output), plain(output)
    if command.endswith("&"):
        found = [line for line in found if line in expected]
    else:
        found = [line for line in found if line in expected or not CHATTER.fullmatch(line)]
    assert found == expected, step.command


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(projections:\n.*?)```", TEXT, re.DOTALL))
def test_the_configurations_can_be_loaded(block: str, tmp_path: Path) -> None:
    path = tmp_path / "braid.yaml"
    path.write_text(block + "subgraphs: {shop: {url: 'http://shop.example/graphql'}}\n")
    assert load_settings(path, {"BRAID_STORE_PASSWORD": "secret"})


def test_outputs_are_compared_for_what_matters() -> None:
    assert plain("a  0.2 s\n[2]- Terminated\n") == plain("a 12 s\n")
    assert plain("a\nb") != plain("b\na")

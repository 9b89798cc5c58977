"""Dockerfile and deploy/compose.yaml, without an engine: their steps and commands, done on this machine.

What only an engine can tell is not claimed: base images, users, networks, volumes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.settings import load_settings
from mock_services.estate import Estate
from mock_services.generator import Sizes, generate
from tests.docs.image import REPOSITORY, Image
from tests.docs.walk import free_ports

COMPOSE: dict[str, Any] = yaml.safe_load((REPOSITORY / "deploy" / "compose.yaml").read_text())
SHOP = ("customers", "catalog", "orders", "inventory", "payments", "support", "reviews")


@pytest.fixture(scope="module")
def small_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    generate(folder, sizes=Sizes(customers=20, products=20, orders=50))
    return folder


@contextmanager
def running(image: Image, command: list[str], folder: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command of the image, with its environment and nothing of ours."""
    path = f"{image.root / 'venv' / 'bin'}:{os.environ['PATH']}"
    kept = {name: value for name, value in image.environment.items() if name != "PATH"}
    process = subprocess.Popen(
        command, cwd=image.root / folder, env=kept | environment | {"PATH": path}, stderr=subprocess.PIPE
    )
    with process:
        yield process
        process.kill()


def is_healthy(image: Image, check: list[str], process: subprocess.Popen[bytes]) -> bool:
    """The health check's word, within the time that an engine would give it."""
    path = f"{image.root / 'venv' / 'bin'}:{os.environ['PATH']}"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        if subprocess.run(check, env={"PATH": path}, capture_output=True).returncode == 0:
            return True
        time.sleep(0.2)
    return False


def test_the_image_serves_the_shop_and_knows_whether_it_is_healthy(image: Image, small_shop: Path) -> None:
    """Its CMD over live services, and its HEALTHCHECK: well while it serves, ill when nothing answers."""
    (port,) = free_ports(1)
    check = [part.replace("4000", port) for part in image.health]
    assert check != image.health
    with Estate(small_shop) as estate:
        addresses = {
            f"BRAID_SUBGRAPHS__{name.upper()}__URL": url + ("/graphql" if name == "reviews" else "")
            for name, url in estate.urls().items()
        }
        with running(image, image.command, "app", BRAID_SERVER__PORT=port, **addresses) as gateway:
            healthy = is_healthy(image, check, gateway)
            gateway.kill()
            assert healthy, gateway.communicate()[1].decode()
            gateway.wait()
            assert not is_healthy(image, check, gateway)


def test_the_image_holds_nothing_for_development(image: Image) -> None:
    listed = subprocess.run(
        [image.root / "venv" / "bin" / "python", "-m", "pip", "list"], capture_output=True, text=True
    ).stdout
    assert "braid-gateway" in listed
    assert not re.search(r"^(pytest|ruff|pyright|hypothesis|respx)\b", listed, re.MULTILINE)
    assert not (image.root / "app" / "tests").exists()


def test_nothing_in_the_images_runs_as_root(image: Image) -> None:
    """Every stage that is run names a user, after the last command that needs to be root."""
    for stage in image.stages[2:]:
        names = [instruction.name for instruction in stage]
        assert "USER" in names
        assert "RUN" not in names[names.index("USER") :]


# deploy/compose.yaml


def test_compose_runs_the_gateway_over_the_seven_services() -> None:
    """Each is waited for, and only the gateway can be reached from outside."""
    services = COMPOSE["services"]
    assert set(services) == {"seed", "gateway", "projector", *SHOP}
    for name in ("gateway", "projector"):
        assert services[name]["depends_on"] == {name: {"condition": "service_healthy"} for name in SHOP}
    assert [name for name, service in services.items() if "ports" in service] == ["gateway"]
    for name in SHOP:
        assert services[name]["depends_on"] == {"seed": {"condition": "service_completed_successfully"}}
        assert "build" not in services[name]
        assert services[name]["image"] == services["seed"]["image"]
    stages = (REPOSITORY / "Dockerfile").read_text()
    assert f"AS {services['seed']['build']['target']}\n" in stages


def test_compose_keeps_projections_where_the_gateway_reads_them() -> None:
    """One volume, at the place that the image's environment names, for both of the same image."""
    gateway, projector = COMPOSE["services"]["gateway"], COMPOSE["services"]["projector"]
    assert projector["image"] == gateway["image"]
    assert projector["volumes"] == gateway["volumes"] == ["projections:/projections"]
    assert "BRAID_PROJECTIONS__STORE=/projections " in (REPOSITORY / "Dockerfile").read_text()
    assert projector["command"] == ["braid", "project"]


@pytest.mark.parametrize("of", ["gateway", "projector"])
def test_compose_says_where_every_service_is(of: str) -> None:
    """The environment makes the configuration point at the services by name, at the ports they take."""
    settings = load_settings(REPOSITORY / "braid.yaml", COMPOSE["services"][of]["environment"])
    own = load_settings(REPOSITORY / "braid.yaml", {})
    for name in SHOP:
        assert settings.subgraph(name).url == (own.subgraph(name).url or "").replace("127.0.0.1", name)


@pytest.mark.parametrize("name", ["customers", "reviews"])
def test_a_services_command_and_health_check_work(image: Image, small_shop: Path, name: str) -> None:
    """As compose gives them, with the volume and the port of this machine. The check fails when nothing answers."""
    (port,) = free_ports(1)
    service = COMPOSE["services"][name]
    command = [part.replace("/data", str(small_shop)) for part in service["command"]]
    kind, *check = [re.sub(r":71\d\d/", f":{port}/", part) for part in service["healthcheck"]["test"]]
    assert kind == "CMD"
    with running(image, [*command, "--port", port], "shop") as process:
        healthy = is_healthy(image, check, process)
        process.kill()
        assert healthy, process.communicate()[1].decode()
        process.wait()
        assert not is_healthy(image, check, process)


def test_the_data_are_made_by_the_images_own_command(image: Image, tmp_path: Path) -> None:
    """The shop stage's CMD, as `seed` runs it."""
    (stage,) = [stage for stage in image.stages if any("mock_services" in instruction.text for instruction in stage)]
    (command,) = [instruction.text for instruction in stage if instruction.name == "CMD"]
    arguments = [str(tmp_path) if part == "/data" else part for part in json.loads(command)]
    with running(image, [*arguments, "--customers", "20", "--products", "20", "--orders", "50"], "shop") as process:
        assert process.wait(30) == 0
    assert {f"{name}.db" for name in SHOP} <= {path.name for path in tmp_path.iterdir()}

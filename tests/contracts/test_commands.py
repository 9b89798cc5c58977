"""`braid contracts` as a user meets it: what it says when something is missing, and its exit codes."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mock_services.estate import Estate
from tests.contracts.conftest import REPOSITORY, Contracts


def folder(tmp_path: Path, *operations: str) -> str:
    """A folder with these operations, for --folder."""
    (tmp_path / "operations").mkdir()
    for number, operation in enumerate(operations):
        (tmp_path / "operations" / f"{number}.graphql").write_text(operation)
    return str(tmp_path)


@pytest.mark.parametrize("command", ["write", "verify"])
def test_without_pact_python_the_command_says_how_to_get_it(command: str) -> None:
    code = "import sys; sys.modules['pact'] = None; from gateway.cli.main import app; app()"
    result = subprocess.run(
        [sys.executable, "-c", code, "contracts", command], cwd=REPOSITORY, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 1
    assert "pip install 'braid-gateway[contracts]'" in result.stderr


def test_without_operations_nothing_is_written(contracts: Contracts, tmp_path: Path) -> None:
    result = contracts("write", "--folder", str(tmp_path))
    assert result.returncode == 1
    assert f"there are no operations in {tmp_path / 'operations'}" in result.stderr
    assert not (tmp_path / "pacts").exists()


def test_loaders_and_root_fields_that_no_operation_uses_are_named(contracts: Contracts, tmp_path: Path) -> None:
    """A contract that is silent about a part of the graph would be no contract."""
    result = contracts("write", "--folder", folder(tmp_path, '{ customer(id: "c-000046") { name } }'))
    assert result.returncode == 1
    for unused in ("resolvers.orders.OrdersByCustomer", "Mutation.placeOrder", "Query.customersConnection"):
        assert unused in result.stderr
    assert "Query.customer," not in result.stderr
    assert not (tmp_path / "pacts").exists()


def test_every_operation_that_cannot_be_run_is_told(contracts: Contracts, shop: Estate, tmp_path: Path) -> None:
    operations = folder(tmp_path, "# Misspelt\n{ costumer { name } }", "# Down\n{ orders { id } }")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        result = contracts("write", "--folder", operations, BRAID_SUBGRAPHS__ORDERS__URL=url)
    assert result.returncode == 1
    assert "Misspelt: Cannot query field 'costumer'" in result.stderr
    assert "Down: Service 'orders' cannot be reached" in result.stderr


def test_a_service_that_does_not_answer_is_given_up(contracts: Contracts, shop: Estate) -> None:
    """Within the time given: pact's own limits do not count."""
    began = time.monotonic()
    shop.pause("inventory")
    try:
        result = contracts("verify", "--timeout", "2", "-s", "inventory", "--json")
    finally:
        shop.resume("inventory")
    assert time.monotonic() - began < 30
    assert result.returncode == 1
    (verdict,) = json.loads(result.stdout)["contracts"]
    assert (verdict["kept"], verdict["problem"]) == (False, "the verification did not end within 2 s")


def test_a_service_that_is_down_keeps_nothing(contracts: Contracts) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        result = contracts("verify", "-s", "inventory", "-u", f"inventory={url}")
    assert result.returncode == 1
    assert "inventory: 4 calls, 4 not kept" in result.stdout
    assert "error sending request" in result.stdout


def test_contracts_that_cannot_be_read_are_named(contracts: Contracts, tmp_path: Path) -> None:
    empty = contracts("verify", "--folder", str(tmp_path))
    (tmp_path / "pacts").mkdir()
    (tmp_path / "pacts" / "braid-orders.json").write_text("{}")
    broken = contracts("verify", "--folder", str(tmp_path))
    assert (empty.returncode, broken.returncode) == (1, 1)
    assert f"There are no contracts in {tmp_path / 'pacts'}" in empty.stderr
    assert "braid-orders.json is not a Pact file" in broken.stderr


def test_a_service_without_address_or_contract_is_named(contracts: Contracts, shop: Estate, tmp_path: Path) -> None:
    """Elsewhere, beside no configuration, the addresses given are enough for the services asked for."""
    assert "no contract, or no address, of: warehouse" in contracts("verify", "-s", "warehouse").stderr
    shutil.copytree(REPOSITORY / "contracts", tmp_path / "contracts")
    only = contracts("verify", "-s", "orders", "-u", f"orders={shop.url('orders')}", cwd=tmp_path)
    assert (only.returncode, only.stdout) == (0, "orders: 17 calls, all kept\n")


@pytest.mark.parametrize("option", [("--url", "orders"), ("--header", "nonsense")])
def test_options_in_another_form_are_wrong_usage(contracts: Contracts, option: tuple[str, str]) -> None:
    result = contracts("verify", *option)
    assert result.returncode == 2
    assert "is not of the form" in result.stderr

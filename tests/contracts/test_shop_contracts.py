"""The shop's contracts: what the graph needs of each REST service, no more and no less, and every service keeps it."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.changed_service import changed
from tests.contracts.conftest import REPOSITORY, Contracts

REST = ("catalog", "customers", "inventory", "orders", "payments", "support")
PACTS = REPOSITORY / "contracts" / "pacts"


def read(folder: Path) -> dict[str, Any]:
    """The contracts by file name, without the versions of what wrote them."""
    return {
        path.name: {name: value for name, value in json.loads(path.read_text()).items() if name != "metadata"}
        for path in sorted(folder.glob("*.json"))
    }


def copied(tmp_path: Path) -> Path:
    """A folder with the shop's operations and no contracts."""
    operations = tmp_path / "operations"
    operations.mkdir()
    for path in (REPOSITORY / "contracts" / "operations").iterdir():
        (operations / path.name).write_bytes(path.read_bytes())
    return tmp_path


def test_every_rest_service_keeps_its_contract(contracts: Contracts) -> None:
    result = contracts("verify", "--json")
    verdicts = json.loads(result.stdout)["contracts"]
    assert result.returncode == 0, result.stdout
    assert [each["service"] for each in verdicts] == list(REST)
    assert all(each["kept"] and each["interactions"] for each in verdicts)


def test_the_contracts_are_what_the_graph_needs_today(contracts: Contracts, tmp_path: Path) -> None:
    """`braid contracts write` makes them anew; nothing in them depends on when it is run."""
    result = contracts("write", "--folder", str(copied(tmp_path)), "--json")
    assert result.returncode == 0, result.stderr
    assert read(tmp_path / "pacts") == read(PACTS)
    assert not any(each["untested"] for each in json.loads(result.stdout)["contracts"])


BREAKING = [
    ("customers", {"rename": {"email": "mail"}}, "email"),
    ("customers", {"remove": ["created_at"]}, "created_at"),
    ("customers", {"path": "/customers"}, "404"),
    ("catalog", {"as_text": ["amount_cents"]}, "$.items[0].price.amount_cents Expected"),
    ("inventory", {"rename": {"code": "warehouse"}}, "code"),
    ("inventory", {"rename": {"missing": "unknown"}}, "missing"),
    ("orders", {"parameter": "customer_ids"}, "422"),
    ("orders", {"parameter": "cursor"}, "code"),
    ("orders", {"parameter": "with_total"}, "422"),
    ("orders", {"remove": ["total"]}, "total"),
    ("orders", {"rename": {"quantity": "count"}}, "quantity"),
    ("payments", {"rename": {"paid_at": "settled_at"}}, "paid_at"),
    ("payments", {"as_text": ["amount_cents"]}, "$.lists['o-0000011'].items[0].amount_cents"),
    ("support", {"rename": {"code": "error"}}, "code"),
]


@pytest.mark.parametrize(("service", "change", "blamed"), BREAKING, ids=lambda value: json.dumps(value))
def test_a_service_that_changes_what_is_in_use_breaks_its_contract(
    contracts: Contracts, data: Path, service: str, change: dict[str, Any], blamed: str
) -> None:
    """A member, its type, a parameter, a path, the code of a refusal. The verdict says what it was."""
    with changed(service, data, **change) as url:
        result = contracts("verify", "--service", service, "--url", f"{service}={url}")
    assert result.returncode == 1
    assert blamed in result.stdout
    assert f"not kept by: {service}" in result.stderr


def test_services_may_add_what_nobody_uses(contracts: Contracts, data: Path) -> None:
    with ExitStack() as running:
        urls = {name: running.enter_context(changed(name, data, add={"note": "new"})) for name in REST}
        result = contracts("verify", *(f"--url={name}={url}" for name, url in urls.items()))
    assert result.returncode == 0, result.stdout


def test_a_service_may_remove_what_nobody_uses(contracts: Contracts, data: Path, tmp_path: Path) -> None:
    """Contracts written while every object had a member that no Row names are kept by a service without it, or with
    it by another name."""
    folder = copied(tmp_path)
    with changed("orders", data, add={"note": "old"}) as url:
        written = contracts("write", "--folder", str(folder), BRAID_SUBGRAPHS__ORDERS__URL=url)
        assert written.returncode == 0, written.stderr
    for change in ({}, {"add": {"remark": "renamed"}}):
        with changed("orders", data, **change) as url:
            result = contracts("verify", "--folder", str(folder), "--service", "orders", "--url", f"orders={url}")
            assert result.returncode == 0, result.stdout


def test_a_route_that_nobody_uses_may_go(contracts: Contracts, data: Path) -> None:
    """The graph asks for orders by `ids`, never one by one."""
    routes = {interaction["request"]["path"] for interaction in read(PACTS)["braid-orders.json"]["interactions"]}
    assert "/orders" in routes
    assert "/orders/o-0000011" not in routes
    with changed("orders", data, without="/orders/{id}") as url:
        result = contracts("verify", "--service", "orders", "--url", f"orders={url}")
    assert result.returncode == 0, result.stdout

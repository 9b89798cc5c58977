"""Every service does what its OpenAPI document says: schemathesis asks the running process, and believes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mock_services.estate import Estate
from mock_services.kit.ports import PORTS
from tests.contracts.changed_service import changed

EXAMPLES = 10
"""Random cases for each operation, beside those that schemathesis derives from every bound in the document."""

# A document cannot say that an id must exist, that parameters exclude each other, or that a cursor must come from a
# page. Requests that break such rules look well-formed to schemathesis and are rightly refused.
# Nor that erasing is deleting: whoever was just registered may have been erased by a case in between.
NOT_CHECKED = "positive_data_acceptance,ensure_resource_availability"


# Nobody waits for events that do not come: a case that waits takes as long as it says.
CONFIG = '[parameters]\n"query.wait" = 0\n'


def check(url: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    (cwd / "schemathesis.toml").write_text(CONFIG)
    schemathesis = Path(sys.executable).parent / "st"
    options = ["--max-examples", str(EXAMPLES), "--seed", "1", "--exclude-checks", NOT_CHECKED, "--no-color"]
    command = [str(schemathesis), "run", f"{url}/openapi.json", *options]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("service", PORTS)
def test_the_service_keeps_to_its_document(shop: Estate, tmp_path: Path, service: str) -> None:
    """Statuses, media types, headers and bodies as documented; what is not allowed is refused; no 500."""
    result = check(shop.url(service), tmp_path)
    assert result.returncode == 0, result.stdout
    assert "Coverage" in result.stdout
    assert "Fuzzing" in result.stdout


def test_a_service_that_answers_otherwise_than_documented_is_found_out(data: Path, tmp_path: Path) -> None:
    with changed("inventory", data, as_text=["on_hand"]) as url:
        result = check(url, tmp_path)
    assert result.returncode == 1
    assert "is not of type" in result.stdout

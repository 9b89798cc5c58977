"""An option that writes down what these tests compose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.federation.compose.recorded import RECORD_TO, recorded


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(RECORD_TO, metavar="FILE", help="write what the tests of composition compose to a JSON file")


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = session.config.getoption(RECORD_TO, None)
    if path:
        Path(path).write_text(json.dumps(recorded()), encoding="utf-8")

"""Fixtures: a folder to import from, and what was logged."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder from which modules are imported; what was imported from it is forgotten afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("telemetry_things", None)


@pytest.fixture
def logged() -> Iterator[list[dict[str, Any]]]:
    """Entries of structlog, as they would be written."""
    with structlog.testing.capture_logs() as entries:
        yield entries

"""A folder with one configuration file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(text: str) -> Path:
        path = tmp_path / "braid.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write

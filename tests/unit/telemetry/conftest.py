from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import structlog


@pytest.fixture
def logged() -> Iterator[list[dict[str, Any]]]:
    """Entries of structlog, as they would be written."""
    with structlog.testing.capture_logs() as entries:
        yield entries

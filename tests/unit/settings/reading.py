"""The shortest configuration, and what is found wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.settings import SettingsError, load_settings

SHOP = """\
subgraphs:
  customers:
    url: http://127.0.0.1:7101
    schema: schema.customers
"""


def problems(path: Path | None, environment: dict[str, str] | None = None) -> list[str]:
    """What is wrong, as `line:column path: message`, in the order reported."""
    with pytest.raises(SettingsError) as caught:
        load_settings(path, environment or {})
    return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]

"""The wheel's build hook: GraphiQL is built into it where npm is, and left out where it is not."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILD = Path(__file__).parent / "gateway" / "server" / "explorer" / "build.py"


class ExplorerHook(BuildHookInterface):
    """Runs `gateway/server/explorer/build.py`, except for editable installs: those start in a moment or not at all."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return
        spec = importlib.util.spec_from_file_location("explorer_build", BUILD)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        if module.is_current():
            return
        try:
            module.build()
        except module.BuildFailed as failure:
            self.app.display_warning(str(failure))

"""ReadSide: `braid` commands over a configuration of their own, beside a running shop."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml

from gateway.projections.store import StoreError
from gateway.projections.stores import open_store
from mock_services.estate import Estate
from tests.chaos.ledger.held import Held, held_by
from tests.shop.waiting import wait_until
from tests.support.nursery import REPOSITORY, Child, Nursery

PATIENCE_S = 20.0


class ReadSide:
    """A context manager; its processes are gone after it.

    config: of `braid`: the shop's own, with its services where they are, and these projections.
    """

    def __init__(
        self,
        nursery: Nursery,
        folder: Path,
        estate: Estate,
        modules: Mapping[str, str],
        streams: Mapping[str, str] | None = None,
    ) -> None:
        """modules: projections by name. streams: urls of services that are not the estate's."""
        self.estate = estate
        self.urls = dict(estate.urls())
        self.config = folder / "braid.yaml"
        self.store = open_store(folder / "projections")
        self.projector: Child | None = None
        self._nursery = nursery
        self._folder = folder
        self._settings: dict[str, Any] = yaml.safe_load((REPOSITORY / "braid.yaml").read_text())
        self._settings["server"]["examples"] = str(REPOSITORY / "examples")
        self._settings["projections"] = {
            "store": str(folder / "projections"),
            "streams": dict(streams or {}),
            "apply": {"pause_s": 0.05, "max_pause_s": 0.2, "wait_s": 2},
            "letters": {"backoff_s": 0.2},
            "worker": {"port": 0, "look_s": 0.1},
        }
        self.use(modules)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill_projector()
        self.store.close()

    def use(self, modules: Mapping[str, str]) -> None:
        """From the next start on: these projections by name."""
        for name, url in self.urls.items():
            self._settings["subgraphs"][name]["url"] = f"{url}/graphql" if name == "reviews" else url
        self._settings["projections"]["modules"] = dict(modules)
        self.config.write_text(json.dumps(self._settings))

    def leave_out(self, subgraph: str) -> None:
        """From the next start on."""
        del self._settings["subgraphs"][subgraph]
        self.config.write_text(json.dumps(self._settings))

    def start_projector(self) -> None:
        """`braid project`."""
        self.projector = self._run("project")

    def kill_projector(self) -> None:
        if self.projector is not None and self.projector.is_alive():
            self.projector.kill()

    def braid(self, *arguments: str, status: int | None = 0) -> str:
        """What a command prints, which must end with this status, unless it is None."""
        child = self._run(*arguments)
        ended = child.wait(PATIENCE_S)
        assert status in (ended, None), (
            f"{arguments} ended with {ended}\n{child.output.read_text()}{child.last_words()}"
        )
        return child.output.read_text()

    def told(self, *arguments: str, status: int | None = 0) -> Any:
        """The same with --json, decoded."""
        return json.loads(self.braid(*arguments, "--json", status=status))

    def held(self) -> Held:
        """What the ledger's projection holds; nothing before it is built."""
        try:
            return held_by(self.store)
        except StoreError:
            return Held()

    def wait_for_name(self, customer: str, name: str) -> None:
        """Until the ledger's projection calls the customer so."""
        wait_until(lambda: self.held().customers.get(customer) == name, PATIENCE_S)

    def said(self) -> str:
        """What the projector has written."""
        assert self.projector is not None
        return self.projector.log.read_text()

    def _run(self, *arguments: str) -> Child:
        log = self._folder / f"{arguments[0]}.log"
        return self._nursery.start([*arguments, "--config", str(self.config)], log)

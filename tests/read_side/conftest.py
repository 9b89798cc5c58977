"""A shop of processes with projections of it, for each test its own, since all of them break something."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from mock_services.estate import Estate
from mock_services.generator import Sizes, generate
from tests.read_side.fragile import CALLS_VARIABLE
from tests.read_side.side import ReadSide
from tests.support.nursery import Nursery

SIZES = Sizes(customers=40, products=30, orders=200)
MODULES = (
    "resolvers.projections.orders",
    "tests.chaos.ledger.shop_log",
    "tests.read_side.fragile",
    "tests.read_side.two_versions",
)

Start = Callable[..., ReadSide]


@pytest.fixture(scope="session")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where fragile.py writes when it was called with poison."""
    return tmp_path_factory.mktemp("calls") / "calls"


@pytest.fixture(scope="session")
def nursery(calls: Path) -> Iterator[Nursery]:
    with Nursery(MODULES, {CALLS_VARIABLE: str(calls)}) as nursery:
        yield nursery


@pytest.fixture
def start(nursery: Nursery, tmp_path: Path) -> Iterator[Start]:
    """Starts services and a projector for these modules, by projection; and ends them after the test."""
    with ExitStack() as stack:

        def start(*services: str, streams: Mapping[str, str] | None = None, **modules: str) -> ReadSide:
            generate(tmp_path / "shop", 7, SIZES)
            estate = stack.enter_context(Estate(tmp_path / "shop", services=services))
            side = stack.enter_context(ReadSide(nursery, tmp_path, estate, modules, streams))
            side.start_projector()
            return side

        yield start

"""Each fault at each service costs that service's fields: nobody's time, nobody's data, and no other field."""

from __future__ import annotations

import pytest

from mock_services.kit.ports import PORTS
from tests.chaos.cells import Cell, Stage, check, play
from tests.chaos.faults import FAULTS, Fault


@pytest.mark.parametrize("service", PORTS)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_costs_the_fields_of_its_service(fault: Fault, service: str, stage: Stage, played: list[Cell]) -> None:
    """While twenty clients ask, and it strikes. When it is over, all is well again."""
    cell = play(stage, fault, service)
    played.append(cell)
    assert check(stage, cell) == []

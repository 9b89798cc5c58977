"""Every query beside its plan: what a reader can check line by line, down to the text of each request."""

from __future__ import annotations

import pytest

from tests.plans.pairs import FOLDER, PAIRS, Pair


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_plan_is_as_printed(pair: Pair) -> None:
    """The plan is the recorded one, to the letter."""
    assert pair.planned() == pair.plan.read_text()


def test_every_plan_has_its_query() -> None:
    """No recorded plan is left over, and there are some."""
    assert {pair.plan for pair in PAIRS} == set(FOLDER.glob("*/*.plan"))
    assert len(PAIRS) > 10

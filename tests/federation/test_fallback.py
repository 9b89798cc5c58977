"""A step that asks for plain fields and for fields with requirements falls back to what it has the inputs of.

`quality` gives `motto` plainly, and computes `quality` from `left`, which is in `bookings`: one request for both.
Whatever `bookings` does, every telescope keeps its motto.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.services.errors import SourceTimeout, SourceUnreachable
from tests.federation.test_errors import OBSERVATORY
from tests.support.checks import check
from tests.support.fakes import Faults
from tests.support.gateway import Gateway
from tests.support.scenario import Case

pytestmark = pytest.mark.anyio

QUERY = "{ telescopes { motto quality } }"
PLAN = ["1 telescopes", "2 bookings at telescopes after telescopes", "3 quality at telescopes after bookings"]
MOTTOES = ["up", "down", "on"]
UNREACHABLE = SourceUnreachable("bookings", "The service 'bookings' cannot be reached.")


def answered(*quality: Any) -> dict[str, Any]:
    return {"telescopes": [{"motto": m, "quality": q} for m, q in zip(MOTTOES, quality, strict=True)]}


def quality_of(*labels: str) -> list[Any]:
    """What the monolith says."""
    result = OBSERVATORY.monolith.answer("{ telescopes { id quality } }", {}, OBSERVATORY.start())
    assert result.data is not None
    known: dict[str, Any] = {telescope["id"]: telescope["quality"] for telescope in result.data["telescopes"]}
    return [known.get(label) for label in labels]


def at(field: str, *places: int, code: str) -> list[tuple[str | None, list[str | int] | None]]:
    return [(code, ["telescopes", place, field]) for place in places]


def asked(requests: Any, *expected: list[str]) -> None:
    """Which fields were asked of which objects, request by request."""
    found: list[list[str]] = []
    for request in requests:
        fields = " ".join(name for name in ("motto", "quality") if f"{name} " in request.document)
        found.append([fields, *(r["id"] for r in request.representations)])
    assert found == [*expected]


CASES = [
    Case(
        name="all is well and both are asked for at once",
        query=QUERY,
        plan=PLAN,
        requests={"telescopes": 1, "bookings": 1, "quality": 1},
    ),
    Case(
        name="the requirement's source fails and the same request goes out without what requires it",
        query=QUERY,
        faults={"bookings": Faults(raises=UNREACHABLE)},
        data=answered(None, None, None),
        errors=at("quality", 0, 1, 2, code="SUBREQUEST_CONNECTION_ERROR"),
        requests={"telescopes": 1, "bookings": 1, "quality": 1},
        then=lambda fakes: asked(fakes["quality"].requests, ["motto", "t1", "t2", "t3"]),
    ),
    Case(
        name="the requirement's source has no data and says why",
        query=QUERY,
        faults={"bookings": Faults(spoil=lambda data: None, errors=[{"message": "overloaded"}])},
        data=answered(None, None, None),
        errors=at("quality", 0, 1, 2, code="DOWNSTREAM_SERVICE_ERROR"),
    ),
    Case(
        name="the requirement's source does not know some of the objects",
        query=QUERY,
        faults={"bookings": Faults(null_entities={"Telescope:t2"})},
        data=answered(*quality_of("t1", "none", "t3")),
        requests={"telescopes": 1, "bookings": 1, "quality": 2},
        then=lambda fakes: asked(fakes["quality"].requests, ["motto quality", "t1", "t3"], ["motto", "t2"]),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_healthy_fields_are_there_whatever_became_of_the_inputs(case: Case) -> None:
    await check(OBSERVATORY, case)


async def test_a_requirement_that_is_null_with_an_error_is_handed_over_as_null() -> None:
    """The subgraph is asked once, for all; what it makes of a null is its own business."""
    faults = {"bookings": Faults(field_errors={"Telescope:t2.left": "broken"})}
    answer = await Gateway(OBSERVATORY, faults=faults).ask(QUERY)
    assert [telescope["motto"] for telescope in answer.data["telescopes"]] == MOTTOES
    asked(answer.fakes["quality"].requests, ["motto quality", "t1", "t2", "t3"])


SLOW: Mapping[str, Faults] = {
    "a source that never answers": Faults(hang=True),
    "a source that answers too late": Faults(delay_s=0.9),
    "a source that times out in the end": Faults(delay_s=0.3, raises=SourceTimeout("bookings", "x")),
}


@pytest.mark.parametrize("faults", SLOW.values(), ids=SLOW.keys())
@pytest.mark.parametrize("joining", [False, True])
async def test_a_healthy_field_does_not_wait_for_inputs_that_are_long_in_coming(faults: Faults, joining: bool) -> None:
    """It is asked for after a quarter of the time, and its service may take nearly all of the rest."""
    gateway = Gateway(OBSERVATORY, faults={"bookings": faults, "quality": Faults(delay_s=0.3)}, joining=joining)
    started_s = asyncio.get_running_loop().time()
    answer = await gateway.ask(QUERY, deadline_s=0.6)
    assert asyncio.get_running_loop().time() - started_s < 0.8
    assert [telescope["motto"] for telescope in answer.data["telescopes"]] == MOTTOES
    assert [telescope["quality"] for telescope in answer.data["telescopes"]] == [None] * 3
    assert {tuple(error["path"][::2]) for error in answer.errors} == {("telescopes", "quality")}


async def test_inputs_that_come_after_all_are_not_lost() -> None:
    """The field with the requirement follows in a request of its own."""
    gateway = Gateway(OBSERVATORY, faults={"bookings": Faults(delay_s=0.35)})
    answer = await gateway.ask(QUERY, deadline_s=1.0)
    assert answer.data == answered(*quality_of("t1", "t2", "t3"))
    assert answer.errors == []
    asked(answer.fakes["quality"].requests, ["motto", "t1", "t2", "t3"], ["quality", "t1", "t2", "t3"])

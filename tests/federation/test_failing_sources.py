"""Sources that do not answer, answer garbage or take too long cost their own fields; all else is answered in time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from gateway.services.errors import (
    MalformedSourceResponse,
    SourceHttpError,
    SourceResponseTooLarge,
    SourceTimeout,
    SourceUnreachable,
)
from tests.federation.test_errors import OBSERVATORY
from tests.support.checks import check
from tests.support.fakes import Faults
from tests.support.gateway import Answer, Gateway
from tests.support.scenario import Case

pytestmark = pytest.mark.anyio

TIMEOUT = Faults(raises=SourceTimeout("weather", "The service 'weather' did not answer in time."))
QUERY = '{ t: telescope(id: "t3") { name site { id sky: forecast alerts { text } } motto } }'
WITHOUT_WEATHER = {"t": {"name": "New", "site": {"id": "s2", "sky": None, "alerts": None}, "motto": "on"}}
AFFECTED = [["t", "site", "sky"], ["t", "site", "alerts"]]

FAILURES: list[tuple[Exception, str]] = [
    (SourceTimeout("weather", "x"), "SUBREQUEST_TIMEOUT"),
    (SourceUnreachable("weather", "x"), "SUBREQUEST_CONNECTION_ERROR"),
    (SourceHttpError("weather", "x", 503), "SUBREQUEST_HTTP_ERROR"),
    (MalformedSourceResponse("weather", "x"), "SUBREQUEST_MALFORMED_RESPONSE"),
    (SourceResponseTooLarge("weather", "x"), "SUBREQUEST_RESPONSE_TOO_LARGE"),
    (RuntimeError("secret of ours"), "INTERNAL_SERVER_ERROR"),
]


@pytest.mark.parametrize(("failure", "code"), FAILURES, ids=lambda v: v if isinstance(v, str) else "")
async def test_a_source_that_gives_no_answer_costs_its_own_fields(failure: Exception, code: str) -> None:
    """A coded error at each field that it should have filled; everything else is there."""
    case = Case(
        name=code,
        query=QUERY,
        faults={"weather": Faults(raises=failure)},
        data=WITHOUT_WEATHER,
        errors=[(code, path) for path in AFFECTED],
    )
    answer = await check(OBSERVATORY, case)
    assert all(error["extensions"]["service"] == "weather" for error in answer.errors)
    assert "secret" not in str(answer.errors)


async def test_a_failed_source_is_reported_at_every_affected_object() -> None:
    """Three telescopes on two sites: three errors for one failed request."""
    case = Case(
        name="lists",
        query="{ telescopes { id site { forecast } } }",
        faults={"weather": TIMEOUT},
        data={"telescopes": [{"id": f"t{i}", "site": {"forecast": None}} for i in (1, 2, 3)]},
        errors=[("SUBREQUEST_TIMEOUT", ["telescopes", i, "site", "forecast"]) for i in range(3)],
        requests={"telescopes": 1, "weather": 1},
    )
    await check(OBSERVATORY, case)


ROOT = [
    Case(
        name="a failed root fetch leaves its nullable fields null",
        query="{ mirrors sites { id } director { name } }",
        faults={"telescopes": Faults(raises=SourceTimeout("telescopes", "x"))},
        data={"mirrors": None, "sites": None, "director": {"name": "Cecilia"}},
        errors=[("SUBREQUEST_TIMEOUT", ["mirrors"]), ("SUBREQUEST_TIMEOUT", ["sites"])],
    ),
    Case(
        name="a failed root fetch of a non-null field costs the whole answer",
        query="{ mirrors director { name } }",
        faults={"people": Faults(raises=SourceTimeout("people", "x"))},
        data=None,
        errors=[("SUBREQUEST_TIMEOUT", ["director"])],
    ),
    Case(
        name="what lies behind a failed fetch is not asked for",
        query="{ sites { forecast } director { papers } }",
        faults={"telescopes": Faults(raises=SourceTimeout("telescopes", "x"))},
        data={"sites": None, "director": {"papers": 12}},
        errors=[("SUBREQUEST_TIMEOUT", ["sites"])],
        requests={"telescopes": 1, "people": 1},
    ),
    Case(
        name="two sources fail at once",
        query='{ telescope(id: "t1") { name site { forecast } motto } }',
        faults={"weather": TIMEOUT, "quality": Faults(raises=SourceUnreachable("quality", "x"))},
        data={"telescope": {"name": "Big", "site": {"forecast": None}, "motto": None}},
        errors=[
            ("SUBREQUEST_TIMEOUT", ["telescope", "site", "forecast"]),
            ("SUBREQUEST_CONNECTION_ERROR", ["telescope", "motto"]),
        ],
    ),
    Case(
        name="no data and an error without a path",
        query=QUERY,
        faults={"weather": Faults(spoil=lambda data: None, errors=[{"message": "overloaded"}])},
        data=WITHOUT_WEATHER,
        errors=[("DOWNSTREAM_SERVICE_ERROR", path) for path in AFFECTED],
    ),
    Case(
        name="no data and no error",
        query=QUERY,
        faults={"weather": Faults(spoil=lambda data: None)},
        data=WITHOUT_WEATHER,
        errors=[("SUBREQUEST_MALFORMED_RESPONSE", path) for path in AFFECTED],
    ),
    Case(
        name="a null entity is no error",
        query=QUERY,
        faults={"weather": Faults(null_entities={"Site:s2"})},
        data=WITHOUT_WEATHER,
    ),
]


@pytest.mark.parametrize("case", ROOT, ids=str)
async def test_failed_fetches(case: Case) -> None:
    """A failure costs what depends on it and nothing else."""
    await check(OBSERVATORY, case)


GARBAGE: dict[str, Callable[[Any], Any]] = {
    "too few entities": lambda data: {"_entities": []},
    "too many entities": lambda data: {"_entities": data["_entities"] * 2},
    "entities are no list": lambda data: {"_entities": data["_entities"][0]},
    "entities are null": lambda data: {"_entities": None},
    "entities are missing": lambda data: {},
    "an entity is a string": lambda data: {"_entities": ["Site"]},
    "an entity is a list": lambda data: {"_entities": [data["_entities"]]},
}


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_a_malformed_answer_costs_its_own_fields(garbage: str) -> None:
    """Whatever a source sends, the answer is a good one."""
    case = Case(
        name=garbage,
        query=QUERY,
        faults={"weather": Faults(spoil=GARBAGE[garbage])},
        data=WITHOUT_WEATHER,
        errors=[("SUBREQUEST_MALFORMED_RESPONSE", path) for path in AFFECTED],
    )
    await check(OBSERVATORY, case)


INNER_GARBAGE: dict[str, Any] = {
    "a string for an object": "Site",
    "a number for an object": 7,
    "a list for an object": [{"id": "s2"}],
    "an empty object": {},
    "a list of lists": [[1]],
}


@pytest.mark.parametrize("garbage", INNER_GARBAGE)
async def test_a_wrong_shape_inside_an_answer_does_not_break_the_rest(garbage: str) -> None:
    """The object that is not one is null; what was asked beside it is answered."""

    def spoil(data: Any) -> Any:
        [telescope] = [value for key, value in data.items() if key.startswith("telescope")]
        telescope["site"] = INNER_GARBAGE[garbage]
        return data

    query = '{ telescope(id: "t3") { name motto site { altitude forecast } } mirrors }'
    answer = await Gateway(OBSERVATORY, faults={"telescopes": Faults(spoil=spoil)}).ask(query)
    assert answer.data["mirrors"] == 9
    assert answer.data["telescope"]["motto"] == "on"
    assert answer.data["telescope"]["site"] in (None, {"altitude": None, "forecast": None})


@pytest.mark.parametrize("errors", [[{}], [{"message": 5, "path": "x"}], [{"path": [7, {}]}]])
async def test_malformed_errors_do_not_break_the_answer(errors: list[Any]) -> None:
    """Errors that say little still leave the data."""
    faults = {"weather": Faults(errors=errors)}
    answer = await Gateway(OBSERVATORY, faults=faults).ask(QUERY)
    assert answer.data["t"]["name"] == "New"
    assert answer.data["t"]["site"]["sky"] == "snow"
    assert all(isinstance(error["message"], str) and error["extensions"]["code"] for error in answer.errors)


async def _timed(gateway: Gateway, query: str, deadline_s: float) -> tuple[Answer, float]:
    started = asyncio.get_running_loop().time()
    answer = await gateway.ask(query, deadline_s=deadline_s)
    return answer, asyncio.get_running_loop().time() - started


@pytest.mark.parametrize("victim", ["weather", "bookings", "quality"])
async def test_a_hanging_source_costs_its_own_fields_at_the_deadline(victim: str) -> None:
    """Everything else has arrived; the hanging source's fields carry DEADLINE_EXCEEDED."""
    faults: Mapping[str, Faults] = {victim: Faults(hang=True)}
    gateway = Gateway(OBSERVATORY, faults=faults)
    answer, elapsed_s = await _timed(
        gateway, '{ telescope(id: "t1") { name motto left site { forecast } slots { by { papers } } } }', 0.08
    )
    assert 0.07 < elapsed_s < 0.2
    found = answer.data["telescope"]
    values = {
        "weather": found["site"]["forecast"] == "clear",
        "bookings": found["left"] == 3 and bool(found["slots"]),
        "quality": found["motto"] == "up",
    }
    assert values == {name: name != victim for name in values}
    assert {(e["extensions"]["code"], e["extensions"]["service"]) for e in answer.errors} == {
        ("DEADLINE_EXCEEDED", victim)
    }


async def test_a_hanging_root_is_answered_at_the_deadline() -> None:
    """Nothing has arrived, and still there is an answer in time."""
    gateway = Gateway(OBSERVATORY, faults={"telescopes": Faults(hang=True)})
    answer, elapsed_s = await _timed(gateway, "{ mirrors sites { forecast } director { name } }", 0.05)
    assert elapsed_s < 0.22
    assert answer.data == {"mirrors": None, "sites": None, "director": {"name": "Cecilia"}}
    assert [e["extensions"]["code"] for e in answer.errors] == ["DEADLINE_EXCEEDED"] * 2


async def test_slow_sources_are_waited_for_together() -> None:
    """Steps of one level run at the same time; a level later starts when its own inputs are there."""
    slow = Faults(delay_s=0.08)
    gateway = Gateway(OBSERVATORY, faults={"weather": slow, "bookings": slow, "quality": slow})
    took_s: list[float] = []
    for _ in range(3):
        answer, elapsed_s = await _timed(
            gateway, '{ telescope(id: "t1") { motto left site { forecast } slots { by { papers } } } }', 2.0
        )
        assert not answer.errors
        took_s.append(elapsed_s)
    assert min(took_s) < 0.15


async def test_a_step_starts_when_its_own_inputs_are_there() -> None:
    """No waves: the people of the bookings do not wait for the weather."""
    gateway = Gateway(OBSERVATORY, faults={"weather": Faults(delay_s=0.08)})
    answer = await gateway.ask('{ telescope(id: "t1") { site { forecast } slots { by { papers } } } }')
    weather, people = answer.fakes["weather"].requests[0], answer.fakes["people"].requests[0]
    assert weather.finished_s is not None
    assert people.finished_s is not None
    assert people.finished_s < weather.finished_s


async def test_many_errors_are_capped() -> None:
    """A long list of failures is cut; one error says so."""
    fields = " ".join(f"t{i}: telescopes {{ id partner {{ motto quality left slots {{ time }} }} }}" for i in range(15))
    timeout = Faults(raises=SourceTimeout("x", "x"))
    answer = await Gateway(OBSERVATORY, faults={"quality": timeout, "bookings": timeout}).ask(f"{{ {fields} }}")
    assert len(answer.errors) <= 201
    assert answer.data["t14"][0]["id"] == "t1"

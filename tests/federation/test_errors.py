"""When sources fail: their own fields are null with a coded error at each place, and all other data is answered."""

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
from tests.support.checks import check
from tests.support.fakes import Faults
from tests.support.gateway import Answer, Gateway
from tests.support.scenario import FEDERATION_2, Case, Scenario
from tests.support.world import World, find

pytestmark = pytest.mark.anyio

OBSERVATORY = Scenario(
    name="observatory",
    subgraphs={
        "telescopes": FEDERATION_2
        + """
        type Query { telescopes: [Telescope!]! telescope(id: ID!): Telescope sites: [Site] mirrors: Int }
        type Telescope @key(fields: "id") { id: ID! name: String site: Site partner: Telescope }
        type Site @key(fields: "id") { id: ID! altitude: Int }
        """,
        "weather": FEDERATION_2
        + """
        type Site @key(fields: "id") { id: ID! forecast: String wind: Int! alerts: [Alert!] }
        type Alert { level: Int! text: String }
        """,
        "bookings": FEDERATION_2
        + """
        type Telescope @key(fields: "id") { id: ID! slots: [Slot!] next: Slot! left: Int }
        type Slot { time: String! by: Astronomer }
        type Astronomer @key(fields: "id") { id: ID! }
        """,
        "people": FEDERATION_2
        + """
        type Query { director: Astronomer! }
        type Astronomer @key(fields: "id") { id: ID! name: String! papers: Int }
        """,
        "quality": FEDERATION_2
        + """
        type Telescope @key(fields: "id") {
          id: ID! left: Int @external quality: Int @requires(fields: "left") motto: String
        }
        """,
    },
    api="""
    type Query {
      telescopes: [Telescope!]! telescope(id: ID!): Telescope sites: [Site] mirrors: Int director: Astronomer!
    }
    type Telescope {
      id: ID! name: String site: Site partner: Telescope
      slots: [Slot!] next: Slot! left: Int quality: Int motto: String
    }
    type Site { id: ID! altitude: Int forecast: String wind: Int! alerts: [Alert!] }
    type Alert { level: Int! text: String }
    type Slot { time: String! by: Astronomer }
    type Astronomer { id: ID! name: String! papers: Int }
    """,
    world=World(
        {
            "Telescope": {
                "t1": {"name": "Big", "site": "s1", "partner": "t2", "left": 3, "motto": "up"},
                "t2": {"name": "Old", "site": "s1", "partner": None, "left": 5, "motto": "down"},
                "t3": {"name": "New", "site": "s2", "partner": "t1", "left": 7, "motto": "on"},
            },
            "Site": {
                "s1": {"altitude": 2400, "forecast": "clear", "wind": 4, "alerts": []},
                "s2": {"altitude": 5000, "forecast": "snow", "wind": 9, "alerts": [{"level": 1, "text": "ice"}]},
            },
            "Astronomer": {"a1": {"name": "Cecilia", "papers": 12}, "a2": {"name": "Vera", "papers": 3}},
        },
        query={
            "telescopes": ["t1", "t2", "t3"],
            "telescope": find("Telescope"),
            "sites": ["s1", None, "s2"],
            "mirrors": 9,
            "director": "a1",
        },
    ),
)
for _label, _by in (("t1", ("a1", "a2")), ("t2", ("a2",)), ("t3", ())):
    _slots = [{"time": f"{hour}:00", "by": by} for hour, by in enumerate(_by)]
    OBSERVATORY.world.get(f"Telescope:{_label}").fields.update(slots=_slots, next={"time": "9:00", "by": None})

TIMEOUT = Faults(raises=SourceTimeout("weather", "The service 'weather' did not answer in time."))

REPORTED = [
    Case(
        name="an error in a root fetch is at the client's alias",
        query="{ all: telescopes { id called: name } }",
        faults={"telescopes": Faults(field_errors={"Telescope:t2.name": "worn off"})},
        data={
            "all": [{"id": "t1", "called": "Big"}, {"id": "t2", "called": None}, {"id": "t3", "called": "New"}],
        },
        errors=[("DOWNSTREAM_SERVICE_ERROR", ["all", 1, "called"])],
    ),
    Case(
        name="the source's own code is passed on",
        query="{ n: mirrors }",
        faults={"telescopes": Faults(field_errors={"Query.mirrors": "dusty"}, error_code="DUST")},
        data={"n": None},
        errors=[("DUST", ["n"])],
    ),
    Case(
        name="an error of one entity is at every object that is that entity",
        query="{ scopes: telescopes { place: site { sky: forecast height: altitude } } }",
        faults={"weather": Faults(field_errors={"Site:s1.forecast": "fog"}, error_code="FOG")},
        data={
            "scopes": [
                {"place": {"sky": None, "height": 2400}},
                {"place": {"sky": None, "height": 2400}},
                {"place": {"sky": "snow", "height": 5000}},
            ]
        },
        errors=[("FOG", ["scopes", 0, "place", "sky"]), ("FOG", ["scopes", 1, "place", "sky"])],
    ),
    Case(
        name="an error below an entity keeps its indexes",
        query='{ telescope(id: "t1") { turns: slots { at: time by { id } } } }',
        faults={"bookings": Faults(field_errors={"Slot:t1/slots/1.by": "secret"})},
        data={"telescope": {"turns": [{"at": "0:00", "by": {"id": "a1"}}, {"at": "1:00", "by": None}]}},
        errors=[(None, ["telescope", "turns", 1, "by"])],
    ),
    Case(
        name="an error of the third round is right as well",
        query="{ telescopes { slots { who: by { id n: papers } } } }",
        faults={"people": Faults(field_errors={"Astronomer:a2.papers": "lost"})},
        data={
            "telescopes": [
                {"slots": [{"who": {"id": "a1", "n": 12}}, {"who": {"id": "a2", "n": None}}]},
                {"slots": [{"who": {"id": "a2", "n": None}}]},
                {"slots": []},
            ]
        },
        errors=[(None, ["telescopes", 0, "slots", 1, "who", "n"]), (None, ["telescopes", 1, "slots", 0, "who", "n"])],
    ),
    Case(
        name="a failed non-null field takes along the nearest object that may be null",
        query="{ sites { id wind } }",
        faults={"weather": Faults(field_errors={"Site:s2.wind": "gone with it"})},
        data={"sites": [{"id": "s1", "wind": 4}, None, None]},
        errors=[(None, ["sites", 2, "wind"])],
    ),
    Case(
        name="a failed non-null field below a non-null object takes both along",
        query='{ telescope(id: "t1") { id next { time } } mirrors }',
        faults={"bookings": Faults(field_errors={"Telescope.next": "none"})},
        data={"telescope": None, "mirrors": 9},
        errors=[(None, ["telescope", "next"])],
    ),
    Case(
        name="null reaches the top",
        query="{ telescopes { id next { time } } mirrors }",
        faults={"bookings": Faults(field_errors={"Telescope:t2.next": "none"})},
        data=None,
        errors=[(None, ["telescopes", 1, "next"])],
    ),
    Case(
        name="an error in a list of value objects",
        query="{ sites { alerts { level text } } }",
        faults={"weather": Faults(field_errors={"Alert.level": "?"})},
        data={"sites": [{"alerts": []}, None, {"alerts": None}]},
        errors=[(None, ["sites", 2, "alerts", 0, "level"])],
    ),
    Case(
        name="a field under two aliases has its error once",
        query="{ telescopes { one: motto two: motto } }",
        faults={"quality": Faults(field_errors={"Telescope:t3.motto": "speechless"})},
        data={
            "telescopes": [
                {"one": "up", "two": "up"},
                {"one": "down", "two": "down"},
                {"one": None, "two": None},
            ]
        },
        errors=[(None, ["telescopes", 2, "one"])],
    ),
    Case(
        name="a failed requirement is the error of what required it",
        query='{ telescope(id: "t1") { score: quality motto } }',
        faults={"bookings": Faults(raises=SourceUnreachable("bookings", "The service 'bookings' is not reachable."))},
        data={"telescope": {"score": None, "motto": "up"}},
        errors=[("SUBREQUEST_CONNECTION_ERROR", ["telescope", "score"])],
    ),
]


@pytest.mark.parametrize("case", REPORTED, ids=str)
async def test_errors_that_subgraphs_report(case: Case) -> None:
    """Paths are the client's: its aliases, its list indexes, one error per affected object."""
    await check(OBSERVATORY, case)


async def test_an_error_names_its_service_and_message() -> None:
    """What the subgraph said, and who said it; nothing else of its extensions."""
    faults = {"weather": Faults(field_errors={"Site:s2.forecast": "fog"}, error_code="FOG")}
    answer = await Gateway(OBSERVATORY, faults=faults).ask("{ sites { forecast } }")
    assert list(answer.errors) == [
        {"message": "fog", "path": ["sites", 2, "forecast"], "extensions": {"code": "FOG", "service": "weather"}}
    ]


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
    assert elapsed_s < 0.15
    assert answer.data == {"mirrors": None, "sites": None, "director": {"name": "Cecilia"}}
    assert [e["extensions"]["code"] for e in answer.errors] == ["DEADLINE_EXCEEDED"] * 2


async def test_slow_sources_are_waited_for_together() -> None:
    """Steps of one level run at the same time; a level later starts when its own inputs are there."""
    slow = Faults(delay_s=0.08)
    gateway = Gateway(OBSERVATORY, faults={"weather": slow, "bookings": slow, "quality": slow})
    answer, elapsed_s = await _timed(
        gateway, '{ telescope(id: "t1") { motto left site { forecast } slots { by { papers } } } }', 2.0
    )
    assert not answer.errors
    assert elapsed_s < 0.15


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

"""Errors that subgraphs report: at the client's own aliases and indexes, once for every affected object."""

from __future__ import annotations

import pytest

from gateway.services.errors import SourceUnreachable
from tests.support.checks import check
from tests.support.fakes import Faults
from tests.support.gateway import Gateway
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

"""What a contract demands of an answer follows from the type that it is decoded to: pact itself is asked."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest

from gateway.contracts.errors import ContractsError
from gateway.contracts.pacts import untested, write_pact
from gateway.contracts.recording import RecordedCall
from gateway.contracts.shapes import shape_of
from gateway.contracts.verifying import Contract, verify


class Colour(Enum):
    RED = "red"
    BLUE = "b.l.u.e"


class Inner(msgspec.Struct):
    code: str


class Circle(msgspec.Struct, tag="circle"):
    radius: int


class Square(msgspec.Struct, tag="square"):
    side: int


class Sku(msgspec.Struct):
    sku: Annotated[str, msgspec.Meta(pattern="^s-")]


class Row(msgspec.Struct, rename="camel"):
    an_id: str
    count: int
    share: float
    done: bool
    made_at: datetime
    day: date
    uuid: UUID
    price: Decimal
    colour: Colour
    size: Literal["s", "m", 3]
    paid_at: datetime | None
    either: int | str
    inner: Inner
    maybe: Inner | None
    inners: list[Inner]
    loose: dict[str, Any]
    by_key: dict[str, Inner]
    form: Circle | Square
    pair: Annotated[list[int], msgspec.Meta(min_length=2)]
    sku: Annotated[str, msgspec.Meta(pattern="^s-")]
    anything: Any
    note: str = ""
    hint: str = ""


ANSWER: dict[str, Any] = {
    "anId": "a-1",
    "count": 3,
    "share": 0.5,
    "done": False,
    "madeAt": "2025-05-05T05:05:05.123+02:00",
    "day": "2025-05-05",
    "uuid": "0b5bd0b5-1111-4111-8111-0b5bd0b50b5b",
    "price": "12.30",
    "colour": "b.l.u.e",
    "size": 3,
    "paidAt": None,
    "either": 7,
    "inner": {"code": "x"},
    "maybe": None,
    "inners": [{"code": "x"}, {"code": "y"}],
    "loose": {"a": 1},
    "byKey": {"k": {"code": "z"}},
    "form": {"type": "circle", "radius": 1},
    "pair": [1, 2],
    "sku": "s-1",
    "anything": [1],
    "note": "there",
    "unknown": "nobody reads it",
}

KEPT: list[dict[str, Any]] = [
    {},
    {"share": 1},
    {"paidAt": "2025-05-05T05:05:05Z"},
    {"price": 12.3},
    {"price": 12},
    {"either": "seven"},
    {"colour": "red"},
    {"size": "m"},
    {"maybe": {"code": "x"}},
    {"inners": [{"code": "x", "more": 1}]},
    {"loose": {}},
    {"byKey": {}},
    {"byKey": {"other": {"code": "q"}}},
    {"form": {"type": "square", "side": 1}},
    {"pair": [1, 2, 3]},
    {"sku": "s-2"},
    {"anything": None},
    {"anything": "text"},
    {"anything": {"a": 1}},
    {"hint": 1},
    {"unknown": ...},
]
BROKEN: list[tuple[dict[str, Any], str]] = [
    *(({name: ...}, f"missing the following keys: {name}") for name in ANSWER if name != "unknown"),
    ({"anId": 1}, "$.anId"),
    ({"anId": None}, "$.anId"),
    ({"count": "3"}, "$.count"),
    ({"count": 3.5}, "$.count"),
    ({"share": "0.5"}, "$.share"),
    ({"done": "false"}, "$.done"),
    ({"madeAt": "yesterday"}, "$.madeAt"),
    ({"madeAt": 1746414305}, "$.madeAt"),
    ({"day": "2025-05-05T00:00:00Z"}, "$.day"),
    ({"uuid": "x"}, "$.uuid"),
    ({"price": True}, "$.price"),
    ({"colour": "blue"}, "$.colour"),
    ({"colour": "bXlXuXe"}, "$.colour"),
    ({"colour": "red\n"}, "$.colour"),
    ({"size": "l"}, "$.size"),
    ({"paidAt": 5}, "$.paidAt"),
    ({"paidAt": "soon"}, "$.paidAt"),
    ({"either": True}, "$.either"),
    ({"inner": None}, "$.inner"),
    ({"inner": {"kode": "x"}}, "missing the following keys: code"),
    ({"inners": []}, "$.inners"),
    ({"inners": [{"code": "x"}, {"code": 1}]}, "$.inners[1].code"),
    ({"inners": {"code": "x"}}, "$.inners"),
    ({"loose": []}, "$.loose"),
    ({"byKey": {"k": {"code": 1}}}, "$.byKey.k.code"),
    ({"pair": [1, "2"]}, "$.pair[1]"),
    ({"sku": 2}, "$.sku"),
    ({"note": 1}, "$.note"),
]


@dataclass
class Answering:
    """A service that answers every request with `answer` and notes who asked."""

    url: str = ""
    answer: Any = None
    authorization: str | None = None


@pytest.fixture(scope="module")
def service() -> Iterator[Answering]:
    answering = Answering()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answering.authorization = self.headers["authorization"]
            body = json.dumps(answering.answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    answering.url = f"http://127.0.0.1:{server.server_port}"
    yield answering
    server.shutdown()
    server.server_close()
    thread.join()


def call(answer_type: Any, answer: Any, path: str = "/rows", **more: Any) -> RecordedCall:
    return RecordedCall(answer_type, "GET", path, status=200, media_type="application/json", answer=answer, **more)


def with_changes(changes: dict[str, Any]) -> dict[str, Any]:
    """`...` takes a member away."""
    return {name: value for name, value in (ANSWER | changes).items() if value is not ...}


def test_what_is_needed_is_held_and_nothing_else(tmp_path: Path, service: Answering) -> None:
    """One verification for all cases: each is an element of the list that the service answers."""
    file = write_pact("graph", "rows", [call(list[Row], [ANSWER])], tmp_path)
    cases = [*((changes, "") for changes in KEPT), *BROKEN]
    service.answer = [with_changes(changes) for changes, _ in cases]
    verdict = asyncio.run(verify(Contract("rows", file), service.url, {}))
    (interaction,) = verdict.interactions
    for index, (changes, blamed) in enumerate(cases):
        place = f"$[{index}]"
        told = [each for each in interaction.problems if each.startswith((f"{place}.", f"{place} "))]
        assert bool(told) == bool(blamed), (changes, told)
        assert any(blamed.replace("$", place) in each for each in told) or not blamed, (changes, told)


def test_the_service_that_was_recorded_keeps_its_contract(tmp_path: Path, service: Answering) -> None:
    file = write_pact("graph", "rows", [call(Row, ANSWER)], tmp_path)
    service.answer = ANSWER
    verdict = asyncio.run(verify(Contract("rows", file), service.url, {"authorization": "Bearer 1"}))
    assert verdict.kept
    assert service.authorization == "Bearer 1"
    assert [each.name for each in verdict.interactions] == ["GET /rows answers 200"]


def test_nothing_of_the_services_data_gets_into_the_file(tmp_path: Path) -> None:
    """But what the request itself names, and values that must satisfy a constraint of their type."""
    secret = {"code": "secret"}
    answer = ANSWER | {"anything": secret, "anId": "secret", "inner": secret, "maybe": secret, "loose": secret}
    file = write_pact("graph", "rows", [call(Row, answer)], tmp_path)
    assert "secret" not in file.read_text()


def test_a_mapping_has_the_keys_that_were_asked_for() -> None:
    answer = {"a": {"code": "x"}, "b": {"code": "y"}}
    assert shape_of(dict[str, Inner], answer, ["a"]).example == {"a": {"code": "text"}}
    assert shape_of(dict[str, Inner], answer).rules["$.*.code"]


def test_what_no_answer_had_is_untested_unless_another_had_it() -> None:
    """Lists and optional objects that were always empty: nothing holds what would be inside."""
    empty = ANSWER | {"inners": []}
    assert untested([call(Row, empty)]) == ["GET /rows: $.maybe", "GET /rows: $.inners"]
    assert untested([call(Row, empty), call(Row, ANSWER)]) == ["GET /rows: $.maybe"]


def test_a_contract_that_the_resolvers_could_not_live_with_is_not_written(tmp_path: Path) -> None:
    """Here, because the answer that was recorded is not one of the type."""
    with pytest.raises(ContractsError, match="the contract's own answer cannot be used"):
        write_pact("graph", "rows", [call(list[Sku], [{}])], tmp_path)
    assert not list(tmp_path.iterdir())

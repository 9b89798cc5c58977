"""Where the acts play, and when: Ariadne, under uvicorn. It always compresses, asked to or not, as some proxies do."""

from __future__ import annotations

import gzip
from collections.abc import MutableMapping
from typing import Any

from ariadne import QueryType, UnionType
from ariadne.asgi import GraphQL
from ariadne.contrib.federation import FederatedObjectType, make_federated_schema

from tests.interop.servers.serving import App, Message, Receive, Send, serve

SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.5",
  import: ["@key", "@external", "@requires", "@shareable"])

type Query {
  stages: [Stage!]
  programme: [Slot!]
}

union Slot = Act | Pause

type Pause { minutes: Int! }

type Stage @key(fields: "id") {
  id: ID!
  name: String! @shareable
  capacity: Int!
  weather: String
}

type Act @key(fields: "id") {
  id: ID!
  minutes: Int! @external
  members: Int! @external
  stage: Stage
  "Minutes to clear the stage: two for each member, and a tenth of what was played."
  changeover: Int @requires(fields: "minutes members")
}
"""

STAGES = {
    "s1": {"id": "s1", "name": "Barn", "capacity": 300, "weather": "dry"},
    "s2": {"id": "s2", "name": "Meadow", "capacity": 2000},
}
PLAYS_AT = {"a1": "s1", "a2": "s2", "a3": "s2"}

query, stage, act = QueryType(), FederatedObjectType("Stage"), FederatedObjectType("Act")
slot = UnionType("Slot")


@slot.type_resolver
def type_of_slot(value: dict[str, Any], *_: Any) -> str:
    return "Act" if "id" in value else "Pause"


@query.field("stages")
def resolve_stages(*_: Any) -> list[dict[str, Any]]:
    return list(STAGES.values())


@query.field("programme")
def resolve_programme(*_: Any) -> list[dict[str, Any]]:
    return [{"id": "a2"}, {"minutes": 15}, {"id": "a1"}]


@stage.reference_resolver
def resolve_stage(_: Any, _info: Any, representation: dict[str, Any]) -> dict[str, Any] | None:
    return STAGES.get(representation["id"])


@stage.field("weather")
def resolve_weather(value: dict[str, Any], _: Any) -> str:
    return value["weather"]


@act.reference_resolver
def resolve_act(_: Any, _info: Any, representation: dict[str, Any]) -> dict[str, Any] | None:
    """It has never heard of the fourth act."""
    return representation if representation["id"] in PLAYS_AT else None


@act.field("stage")
def resolve_stage_of(value: dict[str, Any], _: Any) -> dict[str, Any]:
    return STAGES[PLAYS_AT[value["id"]]]


@act.field("changeover")
def resolve_changeover(value: dict[str, Any], _: Any) -> int:
    return 2 * value["members"] + value["minutes"] // 10


def compressing(app: App) -> App:
    """Whatever the client says that it accepts."""

    async def compressed(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await app(scope, receive, send)
        started: list[Message] = []
        body = b""

        async def sending(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                started.append(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                small = gzip.compress(body)
                kept = [(name, value) for name, value in started[0]["headers"] if name != b"content-length"]
                added = [(b"content-encoding", b"gzip"), (b"content-length", str(len(small)).encode())]
                await send({**started[0], "headers": [*kept, *added]})
                await send({"type": "http.response.body", "body": small})

        await app(scope, receive, sending)

    return compressed


schema = make_federated_schema(SDL, query, stage, act, slot)

if __name__ == "__main__":
    serve(compressing(GraphQL(schema, debug=True)))

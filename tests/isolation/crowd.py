"""Forty people with ten requests each, and how many of their answers hold what is another's."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Any

import aiohttp

PEOPLE = 40
REQUESTS = 10
CONNECTIONS = 40
"""So many at once, fewer than requests: every connection serves several people, one after the other."""

# The text of the first two is the same for all, so that caches and sharing could take one person's for another's.
SAME = '{ me whoAmI things(ids: ["a", "b", "c"]) { id owner note } }'
LISTED = "query Listed($ids: [ID!]!) { whoAmI things(ids: $ids) { id owner note } }"
CONDITIONAL = """
    query Some($ids: [ID!]!, $all: Boolean!) {
      me things(ids: $ids) { id owner @include(if: $all) note @skip(if: $all) }
    }
"""


@dataclass(frozen=True, slots=True)
class Asking:
    """One request of one person. own: an id that nobody else asks for."""

    person: str
    query: str
    variables: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tally:
    """crossed: answers that hold another's data. faults: codes of whatever they lack."""

    answers: int
    crossed: int
    faults: frozenset[str] = frozenset()


def requests_of(person: int) -> list[Asking]:
    """Ten; some come twice at the same moment, which sharing makes one of."""
    name = f"person-{person}"
    own = {"ids": [f"of-{name}", "a"]}
    literal = f'{{ me things(ids: ["of-{name}"]) {{ id owner note }} }}'
    return [
        *[Asking(name, SAME, {})] * 4,
        *[Asking(name, LISTED, own)] * 2,
        *[Asking(name, LISTED, {"ids": ["a", "b"]})] * 2,
        Asking(name, CONDITIONAL, own | {"all": person % 2 == 0}),
        Asking(name, literal, {}),
    ]


async def ask_all(url: str) -> Tally:
    """All of them, as close together as the connections allow, people mixed in groups of a few."""
    asking = [request for person in range(PEOPLE) for request in requests_of(person)]
    groups = [asking[start : start + CONNECTIONS] for start in range(0, len(asking), CONNECTIONS)]
    for group in groups:
        random.Random(len(group)).shuffle(group)
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
        answers = await asyncio.gather(*(_ask(session, url, request) for group in groups for request in group))
    told = [request for group in groups for request in group]
    return Tally(
        len(answers),
        sum(is_crossed(request, answer) for request, answer in zip(told, answers, strict=True)),
        frozenset(error["extensions"]["code"] for answer in answers for error in answer.get("errors", ())),
    )


async def _ask(session: aiohttp.ClientSession, url: str, asking: Asking) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {asking.person}"}
    body = {"query": asking.query, "variables": asking.variables}
    async with session.post(f"{url}/graphql", json=body, headers=headers) as response:
        return await response.json()


def is_crossed(asking: Asking, answer: dict[str, Any]) -> bool:
    """Whether a person is named in the answer who did not ask for it."""
    names = {word.removeprefix("of-") for word in words_in(answer.get("data")) if "person-" in word}
    return bool(names - {asking.person})


def words_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [word for below in value.values() for word in words_in(below)]
    if isinstance(value, list):
        return [word for below in value for word in words_in(below)]
    return [value] if isinstance(value, str) else []

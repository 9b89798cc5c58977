"""One example: a split graph with data and questions; as a scenario, and as Python to paste into a regression test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pprint import pformat
from textwrap import indent
from typing import Any

from tests.support.scenario import FEDERATION_2, Scenario
from tests.support.world import World, find


@dataclass(frozen=True, slots=True)
class Found:
    """A root field's value: the object of this type that the argument `id` names."""

    typename: str

    def __repr__(self) -> str:
        return f'find("{self.typename}")'


@dataclass(frozen=True, slots=True)
class Example:
    """A scenario that was drawn, and queries on it. roots: values of root fields, as a World takes them."""

    scenario: Scenario
    tables: Mapping[str, Mapping[str, Mapping[str, Any]]]
    roots: Mapping[str, Any]
    queries: Sequence[str]


def make_scenario(
    subgraphs: Mapping[str, str], api: str, tables: Mapping[str, Any], roots: Mapping[str, Any]
) -> Scenario:
    """The scenario of a drawn graph with its data."""
    query = {name: find(value.typename) if isinstance(value, Found) else value for name, value in roots.items()}
    return Scenario(name="random", subgraphs=subgraphs, api=api, world=World(tables, query=query))


def as_python(example: Example, query: str) -> str:
    """A test module's piece: the scenario, and a test that asks the query."""
    subgraphs = "".join(
        f'        "{name}": FEDERATION_2\n        + """\n{_block(sdl.removeprefix(FEDERATION_2), 8)}\n        """,\n'
        for name, sdl in example.scenario.subgraphs.items()
    )
    return (
        "NAME = Scenario(\n"
        '    name="NAME",\n'
        f"    subgraphs={{\n{subgraphs}    }},\n"
        f'    api="""\n{_block(example.scenario.api, 4)}\n    """,\n'
        f"    world=World(\n{indent(pformat(dict(example.tables), width=110), '        ')},\n"
        f"        query={pformat(dict(example.roots), width=100)},\n"
        "    ),\n"
        ")\n\n\n"
        "async def test_name() -> None:\n"
        '    """What was wrong."""\n'
        f'    await ask(NAME, """{query}""")\n'
    )


def _block(text: str, width: int) -> str:
    return indent(text, " " * width)

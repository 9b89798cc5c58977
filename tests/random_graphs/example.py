"""One example: a split graph with data and questions; as a scenario, and as Python to paste into a regression test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pprint import pformat
from textwrap import indent
from typing import Any

from tests.random_graphs.choices import Choices, Impossible, IsFree, always_free
from tests.random_graphs.data import Data, draw_data
from tests.random_graphs.questions import Question, draw_question
from tests.random_graphs.sdl import api_sdl, subgraph_sdls
from tests.random_graphs.splitting import draw_graph
from tests.support.scenario import FEDERATION_2, Scenario

QUESTIONS = 5


@dataclass(frozen=True, slots=True)
class Example:
    """A scenario that was drawn, and questions to it."""

    scenario: Scenario
    data: Data
    questions: Sequence[Question]


@dataclass(slots=True)
class Seed:
    """Where an example comes from. only: the one question to draw; None: all."""

    text: str
    only: int | None = None
    is_free: IsFree = field(default=always_free)

    def draw(self) -> Example:
        """The example. An impossible one is drawn again, from a seed beside it."""
        for attempt in range(100):
            try:
                return self._draw(Choices(f"{self.text}/{attempt}" if attempt else self.text, self.is_free))
            except Impossible:
                continue
        raise Impossible(self.text)

    def _draw(self, choose: Choices) -> Example:
        graph = draw_graph(choose.within("graph"))
        data = draw_data(graph, choose.within("data"))
        scenario = Scenario("random", subgraph_sdls(graph), api_sdl(graph), data.world())
        numbers = range(QUESTIONS) if self.only is None else [self.only]
        schema = scenario.monolith.schema
        ids = [label for rows in data.tables.values() for label in rows]
        asked = [draw_question(schema, choose.within(f"question {i}"), ids, graph.labels) for i in numbers]
        return Example(scenario, data, asked)


def as_python(example: Example, question: Question) -> str:
    """A test module's piece: the scenario, and a test that asks the question."""
    data = example.data
    subgraphs = "".join(
        f'        "{name}": FEDERATION_2\n        + """\n{_block(sdl.removeprefix(FEDERATION_2), 8)}\n        """,\n'
        for name, sdl in example.scenario.subgraphs.items()
    )
    world = [indent(pformat(data.tables, width=110), "        ")]
    for name in ("query", "mutation", "unknown", "subtypes"):
        value: Any = getattr(data, name)
        world += [f"        {name}={pformat(value, width=100)}"] if value else []
    body = ",\n".join(world)
    failing = f', failing="{data.failing}"' if data.failing else ""
    labels = f", labels={question.labels!r}" if question.labels else ""
    return (
        "NAME = Scenario(\n"
        '    name="NAME",\n'
        f"    subgraphs={{\n{subgraphs}    }},\n"
        f'    api="""\n{_block(example.scenario.api, 4)}\n    """,\n'
        f"    world=World(\n{body},\n    ),\n"
        ")\n\n\n"
        "async def test_name() -> None:\n"
        '    """What was wrong."""\n'
        f'    await ask_checked(NAME, """{_escaped(question.text)}""", {dict(question.variables)!r}{failing}{labels})\n'
    )


def _block(text: str, width: int) -> str:
    return indent(_escaped(text), " " * width)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\")

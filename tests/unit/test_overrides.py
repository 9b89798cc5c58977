"""Which labels of progressive overrides are on for a request, and that each choice has its own plan."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

import pytest
from structlog.testing import capture_logs

from gateway.federation.labels import is_label, percent_of
from gateway.operation.request import GraphQLRequest
from gateway.overrides import LabelQuestion, Overrides
from gateway.pipeline import Pipeline, PipelineOptions
from gateway.services.request import RequestContext
from tests.federation.test_progressive_override import QUAYS
from tests.support.gateway import supergraph_of

pytestmark = pytest.mark.anyio

LENGTHS = "{ ships { length } }"


async def active(overrides: Overrides, *labels: str, operation: str | None = None, **headers: str) -> frozenset[str]:
    return await overrides.active(frozenset(labels), operation, headers, "r")


class Flags:
    """The operator's code. asked: what it was asked."""

    def __init__(self, *on: str) -> None:
        self.on = on
        self.asked: list[LabelQuestion] = []

    async def __call__(self, question: LabelQuestion) -> Collection[str]:
        self.asked.append(question)
        return self.on


# -- shares ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("label", "percent"), [("percent(10)", 10.0), ("percent(0.5)", 0.5), ("percent", None)])
def test_a_share_is_read_from_its_label(label: str, percent: float | None) -> None:
    """Anything else is a name."""
    assert is_label(label)
    assert percent_of(label) == percent


async def test_none_and_all_are_no_matter_of_luck() -> None:
    """0 is never on, 100 always."""
    for _ in range(200):
        assert await active(Overrides(), "percent(0)", "percent(100)") == {"percent(100)"}


async def test_a_share_is_about_as_large_as_it_says() -> None:
    """Of 4,000 random draws, and of 4,000 who stick."""
    drawn = [bool(await active(Overrides(), "percent(25)")) for _ in range(4000)]
    stuck = [bool(await active(Overrides(sticky_header="u"), "percent(25)", u=str(n))) for n in range(4000)]
    assert 0.2 < sum(drawn) / 4000 < 0.3
    assert 0.2 < sum(stuck) / 4000 < 0.3


async def test_the_smaller_share_is_part_of_the_larger() -> None:
    """One draw for all: three shares have four outcomes."""
    found = {await active(Overrides(), "percent(20)", "percent(50)", "percent(80)") for _ in range(500)}
    assert sorted(map(len, found)) == [0, 1, 2, 3]


async def test_who_sends_the_same_header_gets_the_same_owner() -> None:
    """Every time; another value may get another."""
    sticky = Overrides(sticky_header="x-user")
    kept = {(n, await active(sticky, "percent(50)", **{"x-user": str(n % 40)})) for n in range(400)}
    assert len({(n % 40, labels) for n, labels in kept}) == 40
    assert len({labels for _, labels in kept}) == 2


async def test_without_the_header_each_request_is_drawn() -> None:
    """Who has no name cannot be recognised."""
    sticky = Overrides(sticky_header="x-user", sticky_operation=True)
    assert len({await active(sticky, "percent(50)", operation="A") for _ in range(100)}) == 2


async def test_the_operation_can_stick_alone_or_beside_the_header() -> None:
    """The same user gets another owner in another operation."""
    alone = Overrides(sticky_operation=True)
    assert len({await active(alone, "percent(50)", operation="A") for _ in range(50)}) == 1
    both = Overrides(sticky_header="u", sticky_operation=True)
    assert len({await active(both, "percent(50)", operation=f"O{n}", u="1") for n in range(50)}) == 2


# -- names -------------------------------------------------------------------------------------------------------------


async def test_names_are_decided_by_the_operators_code() -> None:
    """It is asked once, of names only; what it says of others is not heard."""
    flags = Flags("a", "c")
    assert await active(Overrides(flags), "a", "b", "percent(0)", operation="Op", h="1") == {"a"}
    assert flags.asked == [LabelQuestion(frozenset({"a", "b"}), "Op", {"h": "1"})]


async def test_without_such_code_names_are_off() -> None:
    """The old owner keeps the field."""
    assert await active(Overrides(), "a") == frozenset()


async def fails(question: LabelQuestion) -> Any:
    raise LookupError("secret")


async def hangs(question: LabelQuestion) -> Any:
    await asyncio.Event().wait()


async def gives_a_name(question: LabelQuestion) -> Any:
    return "a"


async def gives_nothing(question: LabelQuestion) -> Any:
    return None


@pytest.mark.parametrize(
    ("decide", "error"),
    [(fails, "LookupError"), (hangs, "TimeoutError"), (gives_a_name, "TypeError"), (gives_nothing, "TypeError")],
)
async def test_names_are_off_when_the_code_fails(decide: Any, error: str) -> None:
    """Whatever it does, the request goes on; the log has the kind of the fault and not its text."""
    with capture_logs() as logs:
        assert await active(Overrides(decide, timeout_s=0.02), "a", "percent(100)") == {"percent(100)"}
    [line] = logs
    assert (line["log_level"], line["error"], line["labels"], line["request_id"]) == ("error", error, ["a"], "r")
    assert "secret" not in str(line)


# -- in the pipeline ---------------------------------------------------------------------------------------------------


def pipeline(flags: Flags, **options: Any) -> Pipeline:
    fakes = QUAYS.fakes(QUAYS.start(), flags.on)
    return Pipeline(supergraph_of(QUAYS), fakes, PipelineOptions(overrides=Overrides(flags), **options))


async def ask(over: Pipeline, query: str, **headers: str) -> Any:
    context = RequestContext("r", asyncio.get_running_loop().time() + 5, client_headers=headers)
    return await over.run(GraphQLRequest(query), context)


async def test_only_labels_that_matter_are_asked_about() -> None:
    """An operation without any is answered without a question."""
    flags = Flags()
    over = pipeline(flags)
    await ask(over, "{ ships { imo signal } }", user="1")
    assert flags.asked == []
    await ask(over, LENGTHS, user="1")
    assert flags.asked == [LabelQuestion(frozenset({"survey.length"}), None, {"user": "1"})]


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        ("{ ships { toll } }", {"survey.length"}),
        ("{ buoys { lights } }", {"radio"}),
        ("{ ships { ... on Ship { name } } a: ships { length } }", {"survey.name", "survey.length"}),
        ("{ ships { imo name @include(if: false) } }", set[str]()),
        ("{ __typename }", set[str]()),
    ],
)
async def test_labels_matter_through_requirements_keys_and_fragments(query: str, labels: set[str]) -> None:
    """Not only where the field itself is selected."""
    flags = Flags()
    await ask(pipeline(flags), query)
    assert {label for question in flags.asked for label in question.labels} == labels


async def test_each_choice_has_one_plan_and_each_plan_one_place_in_the_cache() -> None:
    """Two labels make four plans, however often they are asked for."""
    over = pipeline(Flags())
    operation = over.prepare("{ surveyed { name length } }")
    choices = [frozenset[str](), frozenset({"survey.name"}), frozenset({"survey.length"})]
    choices.append(choices[1] | choices[2])
    plans = [over.plan(operation, {}, labels | {"nobody knows it"}) for labels in choices for _ in range(3)]
    assert len(set(plans)) == len(over._prepared) == 4


async def test_the_choice_outlives_a_reload() -> None:
    """The plans that are made before the new graph serves are those under the labels that were on."""
    old, new = pipeline(Flags("survey.length")), pipeline(Flags("survey.length"))
    await ask(old, LENGTHS)
    assert await new.learn_from(old, 10) == 1
    [(_, traits)] = new._prepared
    assert traits.labels == {"survey.length"}


async def test_queries_under_different_labels_share_nothing() -> None:
    """They are fetched from different owners, at the same time."""
    flags = Flags()
    over = pipeline(flags, sharing=True)

    async def under(*on: str) -> None:
        flags.on = on
        await ask(over, LENGTHS)

    await asyncio.gather(under(), under("survey.length"))
    assert len(over._prepared) == 2
    assert over._sharing is not None
    assert over._sharing.taken == 0

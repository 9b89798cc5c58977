"""The drawing of a plan: well-formed, by itself, and with all that the plan says in it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from gateway.planning.drawing import draw_plan
from gateway.planning.explain import explain_plan
from tests.plans.pairs import PAIRS, Pair
from tests.support.gateway import supergraph_of
from tests.unit.supergraphs import films, operation

SVG = "{http://www.w3.org/2000/svg}"


def drawn(text: str, title: str = "query") -> ElementTree.Element:
    """The drawing of a query over the films."""
    supergraph = films()
    return ElementTree.fromstring(draw_plan(explain_plan(operation(text, supergraph), {}, supergraph), title))


@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_every_step_has_its_box_and_every_need_its_arrow(pair: Pair) -> None:
    supergraph = supergraph_of(pair.scenario)
    prepared = operation(pair.query.read_text(), supergraph)
    explained = explain_plan(prepared, dict.fromkeys(prepared.condition_variables, True), supergraph)
    image = ElementTree.fromstring(draw_plan(explained, "query"))
    boxes = {group.get("id"): group for group in image.iter(f"{SVG}g")}
    assert boxes.keys() == {f"step-{step.id}" for step in explained.plan.steps}
    arrows = [path.get("class") for path in image.iter(f"{SVG}path") if path.get("class") != "tip"]
    assert arrows.count("edge") == sum(len(step.dependencies) for step in explained.plan.steps)
    assert arrows.count("edge early") == sum(len(step.merge_after) for step in explained.plan.steps)
    for step in explained.plan.steps:
        text = " ".join(line.text or "" for line in boxes[f"step-{step.id}"].iter(f"{SVG}text"))
        assert f"#{step.id} {step.graph}" in text
        for name in re.findall(r"\w+", step.document):
            assert name in text


def test_boxes_lie_inside_the_image_and_over_no_other() -> None:
    image = drawn('{ search(text: "x") { title stars ... on Film { shipping director { name born } } } }')
    frames = [group.find(f"{SVG}rect") for group in image.iter(f"{SVG}g")]
    places = [
        tuple(float(frame.get(name, "")) for name in ("x", "y", "width", "height"))
        for frame in frames
        if frame is not None
    ]
    assert len(places) == 4
    for x, y, width, height in places:
        assert x + width <= float(image.get("width", ""))
        assert y + height <= float(image.get("height", ""))
    for i, (x, y, width, height) in enumerate(places):
        for other_x, other_y, *_ in places[i + 1 :]:
            assert other_x >= x + width or other_y >= y + height


def test_it_needs_nothing_else_and_is_readable_in_light_and_dark() -> None:
    """No script, no link, no font to be fetched."""
    text = draw_plan(explain_plan(operation("{ film(id: 1) { title } }", films()), {}, films()), "query")
    assert "@media (prefers-color-scheme: dark)" in text
    assert re.findall(r"(?:href|src)=|url\((?!#)|@import|<script", text) == []


def test_names_and_values_cannot_leave_their_place() -> None:
    """What a query holds is text in the drawing, whatever it looks like."""
    image = drawn('{ search(text: "</text><script>x</script>&") { title } }', 'a "<b>" & c')
    assert list(image.iter(f"{SVG}script")) == []
    assert image.get("aria-label", "").startswith('a "<b>" & c: 1 request')
    assert any("<script>" in (line.text or "") for line in image.iter(f"{SVG}text"))


def test_a_plan_without_fetches_is_drawn_as_such() -> None:
    assert "no fetches" in [line.text for line in drawn("{ __typename }").iter(f"{SVG}text")]

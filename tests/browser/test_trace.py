"""The plan and timing of the last answer, in both explorers, over the real pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from gateway.server.explorer.page import BUILT, FALLBACK
from tests.browser.conftest import OpenTraced
from tests.browser.test_graphiql import needs_build, run_and_read
from tests.browser.traced_engine import PAUSE_S, TracedEngine
from tests.browser.window import Window

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.anyio

TRACED = {"braid": {"trace": True}}
PAUSE_MS = PAUSE_S * 1000


async def run_with_panel(window: Window) -> None:
    await window.page.get_by_label("Show Plan and Timing").click()
    await run_and_read(window, '"name": "Ada"')
    await window.page.get_by_role("heading", name="Steps over time").wait_for()


async def waterfall(page: Page) -> dict[str, dict[str, str]]:
    """The table's rows: service -> column -> text."""
    table = page.get_by_role("table")
    columns = [name.strip().lower() for name in await table.locator("thead th").all_inner_texts()]
    rows: dict[str, dict[str, str]] = {}
    for row in await table.locator("tbody tr").all():
        cells = await row.locator("th, td").all_inner_texts()
        rows[cells[0].strip()] = dict(zip(columns, (cell.strip() for cell in cells), strict=True))
    return rows


@needs_build
async def test_plan_is_a_tree_of_services(open_traced: OpenTraced) -> None:
    """A step stands inside the item of the step that it waits for."""
    async with open_traced(BUILT, TracedEngine()) as window:
        await run_with_panel(window)
        root = window.page.locator(".braid-tree").first.locator(":scope > li")
        assert (await root.locator(":scope > .braid-step").inner_text()).split()[:2] == ["orders", "query"]
        below = await root.locator(":scope > ul > li").all_inner_texts()
        assert [text.split()[:2] for text in below] == [["support", "order"], ["customers", "order/buyer"]]
        assert ["early" in text for text in below] == [True, False]
        assert ["1 error" in text for text in below] == [True, False]
        assert (window.foreign, window.complaints) == ([], [])


@needs_build
async def test_steps_are_a_waterfall_with_counts(open_traced: OpenTraced) -> None:
    async with open_traced(BUILT, TracedEngine()) as window:
        await run_with_panel(window)
        rows = await waterfall(window.page)
        counts = {service: (row["calls"], row["entities"], row["errors"]) for service, row in rows.items()}
        assert counts == {
            "planning": ("", "", ""),
            "orders": ("1", "0", "0"),
            "support": ("1", "1", "1"),
            "customers": ("1", "1", "0"),
        }
        assert all(float(rows[service]["ms"]) >= PAUSE_MS * 0.9 for service in counts if service != "planning")
        starts = {service: float(row["start"]) for service, row in rows.items()}
        assert starts["support"] - starts["orders"] < PAUSE_MS * 0.9 < starts["customers"] - starts["orders"]
        assert (window.foreign, window.complaints) == ([], [])


@needs_build
async def test_bars_stand_where_their_times_are(open_traced: OpenTraced) -> None:
    """What starts after another's end is drawn right of it."""
    async with open_traced(BUILT, TracedEngine()) as window:
        await run_with_panel(window)
        spans: dict[str, tuple[float, float]] = {}
        for service in ("orders", "support", "customers"):
            bar = window.page.get_by_role("row", name=service).locator("rect").first
            left, width = await bar.evaluate(
                "bar => [bar.getBoundingClientRect().x, bar.getBoundingClientRect().width]"
            )
            spans[service] = (left, left + width)
        begin, end = spans["orders"]
        assert abs(spans["support"][0] - begin) < (end - begin) / 2
        assert spans["customers"][0] >= end - 1


@needs_build
async def test_step_opens_by_keyboard_and_shows_its_request(open_traced: OpenTraced) -> None:
    async with open_traced(BUILT, TracedEngine()) as window:
        page = window.page
        await run_with_panel(window)
        step = page.get_by_role("button", name="customers order/buyer")
        await step.focus()
        await page.keyboard.press("Enter")
        assert await step.get_attribute("aria-expanded") == "true"
        request = page.locator(".braid-request")
        assert "_entities(representations:" in await request.inner_text()
        assert "after step 0" in await request.inner_text()
        await page.keyboard.press("Space")
        assert await request.count() == 0


@needs_build
async def test_only_queries_of_the_visitor_are_traced(open_traced: OpenTraced) -> None:
    """And the answer is shown as everybody else gets it."""
    engine = TracedEngine()
    async with open_traced(BUILT, engine) as window:
        await run_with_panel(window)
        asked = {request.operation_name: request.extensions for request in engine.asked}
        assert asked == {"IntrospectionQuery": {}, "Detail": TRACED}
        shown = await window.page.locator(".graphiql-response .view-lines").inner_text()
        assert "trace" not in shown


@needs_build
async def test_refused_query_leaves_no_former_trace(open_traced: OpenTraced) -> None:
    async with open_traced(BUILT, TracedEngine()) as window:
        page = window.page
        await run_with_panel(window)
        await page.locator(".graphiql-query-editor .view-lines").click()
        await page.keyboard.press("Control+A")
        await page.keyboard.insert_text("{ nope")  # the editor closes it
        await run_and_read(window, "'nope'")
        await page.get_by_text("The last answer came without a trace").wait_for()
        assert await page.get_by_role("table").count() == 0


@needs_build
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_panel_is_readable_in_either_theme(open_traced: OpenTraced, scheme: Literal["light", "dark"]) -> None:
    """WCAG's contrast of 4.5 to 1 for every text in it."""
    async with open_traced(BUILT, TracedEngine()) as window:
        await window.page.emulate_media(color_scheme=scheme)
        await run_with_panel(window)
        assert await window.page.evaluate(LOW_CONTRAST) == []


async def test_plain_page_tells_it_as_text(open_traced: OpenTraced) -> None:
    async with open_traced(FALLBACK, TracedEngine()) as window:
        page = window.page
        await page.get_by_role("button", name="Run").click()
        await page.get_by_text("Plan and timing").click()
        lines = (await page.get_by_label("Plan and timing").inner_text()).splitlines()
        assert lines[0].split(" ms, ")[1].startswith("3 steps in 2 rounds, 3 calls, planned in ")
        services, bars, told = zip(*(line.split("|") for line in lines[2:]), strict=True)
        assert [text.split()[0] for text in services] == ["orders", "support", "customers"]
        assert [text.startswith("  ") for text in services] == [False, True, True]
        assert told == (
            " query: 1 call",
            " order (early): 1 call, 1 entity, 1 error: SUBREQUEST_CONNECTION_ERROR",
            " order/buyer: 1 call, 1 entity",
        )
        assert bars[2].index("=") >= bars[0].rindex("=")
        assert "trace" not in await page.get_by_label("Answer").inner_text()
        assert (window.foreign, window.complaints) == ([], [])


LOW_CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const paint = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const backs = (element) =>
    element === null ? [] : [...backs(element.parentElement), getComputedStyle(element).backgroundColor];
  const found = [];
  for (const element of document.querySelectorAll(".braid-trace :not(title)")) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join("");
    if (!text) continue;
    const style = getComputedStyle(element);
    const behind = ["white", ...backs(element)];
    const colour = element instanceof SVGElement ? style.fill : style.color;
    const [one, other] = [luminance(paint(behind)), luminance(paint([...behind, colour]))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < 4.5) found.push(`${text}: ${ratio.toFixed(2)}`);
  }
  return found;
}"""

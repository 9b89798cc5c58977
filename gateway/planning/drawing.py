"""An explained plan as a drawing: one self-contained SVG, light or dark as the viewer's system is.

A column for each level, a box for each step with its request and its reasons, an arrow from each step to those that
wait for it; a dashed arrow for one that only its merging waits for. Text is set in a monospaced font, whose width is
known, so boxes are as wide as their longest line and longer lines are broken.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from gateway.planning.explain import ExplainedPlan
from gateway.planning.explain_printing import print_reasons, print_summary
from gateway.planning.plan import FetchStep
from gateway.planning.printing import print_asked, print_path, print_request

# All sizes are in pixels.
_CHARACTER = 6.8
_LINE = 16
_HEAD = 22
_PADDING = 14
_COLUMN_GAP = 76
_ROW_GAP = 24
_MARGIN = 28
_TOP = 84
_LONGEST_LINE = 64
_MOST_LINES = 60

_PALETTE = ("#2f7ed8", "#c4581e", "#2e8b57", "#8a4fbf", "#b8860b", "#c2375a", "#1f8a93", "#6b7280")

_STYLE = """
    svg { color-scheme: light dark; }
    .page { fill: #ffffff; } .box { fill: #f7f8fa; stroke: #cbd2dc; } .text { fill: #1c2430; } .soft { fill: #5b6675; }
    .edge { stroke: #8b96a6; fill: none; stroke-width: 1.5; } .tip { fill: #8b96a6; }
    .early { stroke-dasharray: 5 4; }
    text { font: 11px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre; }
    .title { font-size: 16px; font-weight: bold; } .name { font-size: 13px; font-weight: bold; }
    @media (prefers-color-scheme: dark) {
      .page { fill: #11151b; } .box { fill: #1a2029; stroke: #3a4453; }
      .text { fill: #e6eaf0; } .soft { fill: #9aa6b6; }
      .edge { stroke: #66758a; } .tip { fill: #66758a; }
    }
"""


@dataclass(frozen=True, slots=True)
class _Box:
    """One step's box. lines: (class, text). x, y: of its upper left corner."""

    step: FetchStep
    lines: Sequence[tuple[str, str]]
    x: float
    y: float
    width: float

    @property
    def height(self) -> float:
        return _HEAD + len(self.lines) * _LINE + 2 * _PADDING

    @property
    def entry(self) -> tuple[float, float]:
        return self.x, self.y + _HEAD

    @property
    def exit(self) -> tuple[float, float]:
        return self.x + self.width, self.y + _HEAD


def draw_plan(explained: ExplainedPlan, title: str) -> str:
    """The SVG's text. title: what is drawn, for instance the operation's name."""
    boxes = _place(explained)
    width = max((box.x + box.width for box in boxes.values()), default=0) + _MARGIN
    height = max((box.y + box.height for box in boxes.values()), default=_TOP) + _MARGIN
    summary = print_summary(explained.plan) if boxes else "no fetches"
    width = max(width, 2 * _MARGIN + _CHARACTER * 1.5 * max(len(title), len(summary)))
    graphs = sorted({step.graph for step in explained.plan.steps})
    colours = {graph: _PALETTE[i % len(_PALETTE)] for i, graph in enumerate(graphs)}
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
            f' viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{_quoted(title)}: {_quoted(summary)}">',
            f"  <style>{_STYLE}  </style>",
            '  <defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"'
            ' orient="auto"><path d="M0 0 L8 4 L0 8 z" class="tip"/></marker></defs>',
            f'  <rect width="{width:.0f}" height="{height:.0f}" class="page"/>',
            f'  <text x="{_MARGIN}" y="34" class="text title">{escape(title)}</text>',
            f'  <text x="{_MARGIN}" y="56" class="soft">{escape(summary)}</text>',
            *_edges(boxes),
            *(line for box in boxes.values() for line in _box(box, colours[box.step.graph])),
            "</svg>",
            "",
        ]
    )


def _place(explained: ExplainedPlan) -> dict[int, _Box]:
    """Boxes by step: columns from left to right, each below those before it in its column."""
    columns: dict[int, list[FetchStep]] = {}
    for step in explained.plan.steps:
        columns.setdefault(step.level, []).append(step)
    boxes: dict[int, _Box] = {}
    x: float = _MARGIN
    for _, steps in sorted(columns.items()):
        texts = {step.id: _lines(step, explained) for step in steps}
        longest = max(len(text) for lines in texts.values() for _, text in lines)
        width = max(longest, 24) * _CHARACTER + 2 * _PADDING
        y: float = _TOP
        for step in steps:
            box = boxes[step.id] = _Box(step, texts[step.id], x, y, width)
            y += box.height + _ROW_GAP
        x += width + _COLUMN_GAP
    return boxes


def _lines(step: FetchStep, explained: ExplainedPlan) -> list[tuple[str, str]]:
    where = [("soft", part) for part in _broken(f"at {print_path(step.path)}")] if step.path else []
    asked = [("text", part) for part in _broken(print_asked(step))]
    request = [("text", part) for line in print_request(step).splitlines() for part in _broken(line)]
    if len(request) > _MOST_LINES:
        left_out = len(request) - _MOST_LINES
        request = [*request[:_MOST_LINES], ("soft", f"... {left_out} lines more")]
    reasons = [("soft", part) for line in print_reasons(explained.reasons[step.id]) for part in _broken(f"· {line}")]
    return [*asked, *where, ("text", ""), *request, ("text", ""), *reasons]


def _broken(line: str) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    return textwrap.wrap(line.strip(), _LONGEST_LINE, initial_indent=indent, subsequent_indent=indent + "  ") or [""]


def _edges(boxes: dict[int, _Box]) -> Iterator[str]:
    for box in boxes.values():
        for need in box.step.dependencies:
            yield _edge(boxes[need], box, "edge")
        for finder in box.step.merge_after:
            yield _edge(boxes[finder], box, "edge early")


def _edge(start: _Box, end: _Box, style: str) -> str:
    """From the right side of one box to the left of another; from left to left within a column."""
    (x1, y1), (x2, y2) = start.exit, end.entry
    if start.x == end.x:
        x1, bend = start.x, start.x - _MARGIN
        way = f"C{bend:.0f} {y1:.0f} {bend:.0f} {y2:.0f}"
    else:
        middle = x2 - _COLUMN_GAP / 2
        way = f"L{middle - 18:.0f} {y1:.0f} C{middle + 8:.0f} {y1:.0f} {middle - 8:.0f} {y2:.0f}"
    line = f"M{x1:.0f} {y1:.0f} {way} {x2:.0f} {y2:.0f}"
    return f'  <path d="{line}" class="{style}" marker-end="url(#tip)"/>'


def _box(box: _Box, colour: str) -> Iterator[str]:
    left, top = box.x + _PADDING, box.y + _PADDING
    yield f'  <g id="step-{box.step.id}">'
    corner = f'x="{box.x:.0f}" y="{box.y:.0f}" height="{box.height:.0f}"'
    yield f'    <rect {corner} width="{box.width:.0f}" rx="6" class="box"/>'
    yield f'    <rect {corner} width="5" rx="2" fill="{colour}"/>'
    head = f"#{box.step.id} {box.step.graph}"
    yield f'    <text x="{left:.0f}" y="{top + 10:.0f}" class="text name">{escape(head)}</text>'
    level = f'x="{box.x + box.width - _PADDING:.0f}" y="{top + 10:.0f}" text-anchor="end"'
    yield f'    <text {level} class="soft">level {box.step.level}</text>'
    for number, (style, text) in enumerate(box.lines):
        if text:
            y = top + _HEAD + number * _LINE + 6
            yield f'    <text x="{left:.0f}" y="{y:.0f}" class="{style}">{escape(text)}</text>'
    yield "  </g>"


def _quoted(text: str) -> str:
    return escape(text, {'"': "&quot;"})

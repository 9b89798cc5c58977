"""The table that the matrix ends with: a line for each fault at each service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.chaos.cells import Cell

_HEAD = ("fault", "service", "answers", "struck", "p99 ms", "RSS +MB", "back ms", "lag ms", "errors")
_FORM = "{:<16} {:<10} {:>7} {:>6} {:>6} {:>7} {:>7} {:>6}  {}"


def lines_of(cells: Sequence[Cell]) -> Iterator[str]:
    yield _FORM.format(*_HEAD)
    for cell in cells:
        yield _line(cell)
    answers = sum(len(cell.report.answers) for cell in cells)
    crossed = sum(bool(judgement.crossed) for cell in cells for judgement in cell.judgements)
    incomplete = sum(bool(judgement.missing) for cell in cells for judgement in cell.judgements)
    yield (
        f"{len(cells)} cells, {answers} answers: {crossed} crossed, {incomplete} without a healthy field; "
        f"worst p99 {1000 * max(cell.p99_s for cell in cells):.0f} ms, "
        f"most growth {max(cell.growth_mb for cell in cells):.1f} MB"
    )


def _line(cell: Cell) -> str:
    errors = ", ".join(f"{count} {code}" for code, count in sorted(cell.codes.items())) or "none"
    again = f" (measured {cell.measured} times: the clients' process was late)" if cell.measured > 1 else ""
    return _FORM.format(
        cell.fault.name,
        cell.service,
        len(cell.report.answers),
        cell.struck,
        f"{1000 * cell.p99_s:.0f}",
        f"{cell.growth_mb:.1f}",
        "never" if cell.recovered_s is None else f"{1000 * cell.recovered_s:.0f}",
        f"{1000 * cell.report.lag_s:.0f}",
        errors + again + (" <-- FAILED" if cell.faults_found else ""),
    )

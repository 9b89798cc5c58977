"""When things happen. The shop's present is fixed, so that the same seed makes the same shop on any day."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from mock_services.generator.draws import Draws

DAY = 86_400
NOW = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp())
HISTORY_DAYS = 3 * 365
HISTORY_START = NOW - HISTORY_DAYS * DAY
# The first customers joined two years before the first order that is kept.
FIRST_JOINED = HISTORY_START - 2 * 365 * DAY

# By month, January first: Christmas is strong, high summer weak. By weekday, Monday first.
_MONTHS = (0.9, 0.85, 0.95, 1.0, 1.0, 0.95, 0.85, 0.8, 1.0, 1.1, 1.5, 1.7)
_WEEKDAYS = (1.0, 0.95, 0.95, 1.0, 1.05, 1.2, 1.25)
_HOURS = (2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 13, 13, 14, 13, 12, 12, 13, 15, 18, 20, 21, 18, 11, 5)
# Orders per day at the end of the history, over those at its start.
_GROWTH = 2.5


class OrderTimes:
    """Moments in rising order: the i-th of n falls at the (i + u) / n quantile of a year's course with growth.

    Rising order lets the orders be drawn one after the other, in memory that does not depend on how many there are.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        hours = [HISTORY_START + hour * 3600 for hour in range(HISTORY_DAYS * 24)]
        weights = _hour_weights()
        self._starts = hours
        total = sum(weights)
        self._sums: list[float] = []
        passed = 0.0
        for weight in weights:
            passed += weight
            self._sums.append(passed / total)
        self._hour = 0

    def at(self, index: int, draws: Draws) -> int:
        """Seconds since 1970. Asked for with rising index."""
        quantile = (index + draws.random()) / self._count
        while self._hour < len(self._sums) - 1 and self._sums[self._hour] < quantile:
            self._hour += 1
        before = self._sums[self._hour - 1] if self._hour else 0.0
        fraction = (quantile - before) / (self._sums[self._hour] - before)
        return self._starts[self._hour] + min(int(fraction * 3600), 3599)


def joined_at(index: int, count: int, draws: Draws) -> int:
    """When the index-th of count customers opened the account; rising with the index, more of them towards the end."""
    quantile = 0.0 if index == 0 else (index + draws.random()) / count
    return FIRST_JOINED + int((NOW - FIRST_JOINED) * quantile ** (1 / 1.3))


@lru_cache(maxsize=65_536)
def _day_text(day: int) -> str:
    return datetime.fromtimestamp(day * DAY, UTC).strftime("%Y-%m-%d")


def text(seconds: float) -> str:
    """As the services write times. Days are remembered: formatting dates was a quarter of the generator's time."""
    day, rest = divmod(int(seconds), DAY)
    return f"{_day_text(day)}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}Z"


def _hour_weights() -> list[float]:
    weights: list[float] = []
    for day in range(HISTORY_DAYS):
        date = datetime.fromtimestamp(HISTORY_START + day * DAY, UTC)
        growth = 1 + (_GROWTH - 1) * day / HISTORY_DAYS
        of_day = growth * _MONTHS[date.month - 1] * _WEEKDAYS[date.weekday()]
        weights += [of_day * hour for hour in _HOURS]
    return weights

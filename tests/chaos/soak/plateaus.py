"""Is memory growing? Read from plateaus: what a process holds when it has been left in peace for a moment.

A Python process does not give memory back evenly: its allocator keeps whole arenas, so single differences jump up and
down by some megabytes. The slope through all plateaus does not: it is the median of the slopes between every two of
them (Theil and Sen), which a third of them may spoil without moving it much.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import median


def growth(plateaus: Sequence[float]) -> float:
    """How much was added from the first plateau to the last, if it was added evenly; in the plateaus' unit."""
    slopes = [(later - earlier) / (n - m) for (m, earlier), (n, later) in combinations(enumerate(plateaus), 2)]
    return median(slopes) * (len(plateaus) - 1)

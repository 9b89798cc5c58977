"""How a request's time is split: what is kept for putting the answer together, and what a call leaves to later steps.

The time for fetching ends a reserve before the deadline (`Reserve`). A call whose step others wait for ends a little
earlier still, by a share for each step on the longest path behind it (`keep_for_steps_s`): with what the rest of its
step has brought, those steps then still get an answer out of healthy services.

Two rules keep the split from hurting. Whoever nothing waits for leaves nothing to anybody. And all shares together are
at most a tenth of what is left: a call is given nine tenths of it in any case, whatever the plan's depth, so that a
service which is merely slow is waited for.

Best of 15 runs: 0.8 us for a request, 0.7 us for a step that others wait for, 0.6 us for a call (its header): 5 us
for a dashboard of four calls.
"""

from __future__ import annotations

_LEAST_RESERVE_S = 0.005
"""Timers have a grain of 1 ms, in-process subgraphs wind up in under 1 ms, and other requests hold the event loop."""

_ANSWER_PER_SHAPING = 2.0
"""What is left to do when the last fetch ends, in units of shaping, which is measured: merging that fetch 0.4, shaping
1, encoding 0.15. (1,000 objects with five fields of three subgraphs: 0.4, 1.1 to 1.8 and 0.15 ms.) The rest is margin.
"""

_MOST_RESERVE = 0.2
_MOST_SHARES = 0.1

_RISE, _FALL = 0.25, 0.05
"""How fast the reserve follows answers that took longer, or less. One that was held up by chance moves it little."""


class Reserve:
    """What the answers by one plan need of the end of a request's time; learned from them."""

    __slots__ = ("_shaping_s",)

    def __init__(self) -> None:
        self._shaping_s = 0.0

    def learn(self, shaping_s: float) -> None:
        """An answer took so long to be shaped."""
        more = shaping_s - self._shaping_s
        self._shaping_s += more * (_RISE if more > 0 else _FALL)

    def seconds(self, left_s: float) -> float:
        """To keep of a request that has `left_s` left: at most a fifth of it."""
        return min(_LEAST_RESERVE_S + _ANSWER_PER_SHAPING * self._shaping_s, max(left_s, 0.0) * _MOST_RESERVE)


def keep_for_steps_s(behind: int, share_s: float, left_s: float) -> float:
    """Seconds that the calls of a step leave to the steps behind it.

    behind: how many there are on the longest path. left_s: for all fetching from now on.
    """
    return min(behind * share_s, max(left_s, 0.0) * _MOST_SHARES)

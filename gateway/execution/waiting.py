"""How long what could be sent waits for something to be sent with.

Two things of a plan wait for company. A step waits for its *partners*, the steps that share its request; and a step
that can fall back to its *parts* is sent as one when the inputs of all of them are there. Waiting saves requests and
time in a healthy graph. When a service is slow or dead, it would cost fields that have nothing to do with that service.
So whoever waits gives up early, and is then sent without the others, which follow when they can:

- for partners: after as long as the request has taken up to then, so that a wait at most doubles it, and after
  `JoinOptions.window_s` and a tenth of the time that is left in any case, for there may be steps behind this one;
- for the inputs of other parts: after a quarter of the time that is left. Nothing is behind what waits here, and the
  answer is not complete without what it waits for. Three quarters are left for a service that has to be asked twice.
"""

from __future__ import annotations

_MOST_FOR_PARTNERS = 0.1
_MOST_FOR_PARTS = 0.25


def for_partners_s(window_s: float, spent_s: float, left_s: float) -> float:
    """Seconds that a step which could start waits for its partners.

    spent_s: since the first step could start. left_s: for all fetching from now on.
    """
    return min(window_s, spent_s, max(left_s, 0.0) * _MOST_FOR_PARTNERS)


def for_parts_s(left_s: float) -> float:
    """Seconds that a part which could start waits for the inputs of the others."""
    return max(left_s, 0.0) * _MOST_FOR_PARTS

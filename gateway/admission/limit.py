"""AdaptiveLimit: how many operations are answered at once.

Problem: one event loop does all the work. Offered more than it can do, it does a little of everything, nothing gets
done in time, and what clients have given up is still worked on. The most it should hold at once is what keeps it just
busy, and that number is not known: it grows with the time that services take, and shrinks with what operations cost.

Idea: a long wait for *services* is no overload, a long wait for *the loop* is. The signal is how long work waits for
its turn of the loop (see watch.py): while it gets one at once now and then, the loop has caught up. Only when every
wait has been long for a while (a standing queue, as in CoDel, RFC 8289) the limit is cut, from what is in flight. While
operations are refused it grows again: slowly when the loop is nearly busy, faster when the CPU idles, and never by more
than its effect can be seen in time, which is one operation's duration. While none is refused it is let go, up to the
ceiling.

Invariants: slow services alone never lower the limit; in_flight never exceeds the ceiling, which bounds memory.
"""

from __future__ import annotations

from dataclasses import dataclass

_FIRST_CUT = 0.33
"""At most. Until it, everything was let in: the longer the waits are, the more of it is queue."""
_NEXT_CUT = 0.9
_RELEASE = 1.5
_SHORT_TURN_S = 0.0025
"""An idle loop's turn comes sooner, timers' granularity of a millisecond included."""
_SMOOTHING = 0.1
"""Of `busy`, for each wait: it looks back over about ten. Slower, the limit would grow by what was before the load."""
_TURNS = 3
"""Long ones in a row, at least, before a cut: one alone is a large answer or a pause of the machine."""
_BUSY = 0.95
"""Share of the time at which a loop counts as busy: what it could still take is this much over its present share."""


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """enabled: without it only the ceiling holds.

    ceiling:      operations at once, whatever the loop says.
    floor:        the limit is never cut below.
    easy, easy_s: no cut is made while no more than `easy` operations come at once and take less than easy_s: they take
                  turns without harm, as the connections of a load test do. It is no floor: what offers more is cut.
    long_turn_s:  a longer wait for a turn counts as a sign of a queue. Refusals do not stand in it, and an operation
                  waits for a turn each time that answers have come: it is small beside a deadline, and large beside
                  one piece of work.
    patience_s:   how long all waits must have been that long; less, the longer they are.
    """

    enabled: bool = True
    ceiling: int = 1000
    floor: int = 3
    easy: int = 50
    easy_s: float = 1.2
    long_turn_s: float = 0.05
    patience_s: float = 0.15


class AdaptiveLimit:
    """Counts operations in and out; told of the waits for turns, it decides how many may be in.

    refused: so far. cuts: so far. turn_s: the last wait for a turn. busy: the share of waits found not to be short,
    which is the share of the time that the loop is busy, or waits for a CPU that others have.
    """

    def __init__(self, settings: LimitSettings) -> None:
        self.settings = settings
        self.limit = float(settings.ceiling)
        self.in_flight = 0
        self.refused = 0
        self.cuts = 0
        self.turn_s = 0.0
        self.busy = 0.0
        self._refused_before = 0
        self._cuts_before = 0
        self._peak = 0
        self._duration_s = 0.0
        self._long_since = 0.0
        self._long_turns = 0
        self._shortest_s = 0.0
        self._cut_at = 0.0

    @property
    def is_reached(self) -> bool:
        """The next operation would be refused."""
        return self.in_flight >= self.limit

    def try_enter(self) -> bool:
        """Count one operation in, or refuse it."""
        if self.is_reached:
            self.refused += 1
            return False
        self.in_flight += 1
        if self.in_flight > self._peak:
            self._peak = self.in_flight
        return True

    def leave(self, duration_s: float) -> None:
        """Count one out that was in for so long."""
        self.in_flight -= 1
        self._duration_s += 0.05 * (duration_s - self._duration_s)

    def saw_turn(self, now_s: float, turn_s: float) -> None:
        """Work waited this long for its turn. Cuts the limit when a queue stands. now_s: of a monotonic clock."""
        self.turn_s = turn_s
        self.busy += _SMOOTHING * ((turn_s > _SHORT_TURN_S) - self.busy)
        settings = self.settings
        if turn_s < settings.long_turn_s:
            self._long_turns = 0
            return
        if self._long_turns == 0:
            self._long_since, self._shortest_s = now_s - turn_s, turn_s
        self._long_turns += 1
        self._shortest_s = min(self._shortest_s, turn_s)
        length = self._shortest_s / settings.long_turn_s
        stood_s = (now_s - self._long_since) * length
        if settings.enabled and stood_s >= settings.patience_s and self._long_turns >= _TURNS:
            self._cut(now_s, length)

    def saw_interval(self, interval_s: float) -> None:
        """An interval of this length is over. Raises the limit."""
        refused, self._refused_before = self.refused > self._refused_before, self.refused
        self._peak = self.in_flight
        cut, self._cuts_before = self.cuts > self._cuts_before, self.cuts
        if cut or self._long_turns:
            return
        if not refused:
            grown = self.limit * _RELEASE
        else:
            seen = min(1.0, interval_s / max(self._duration_s, interval_s))
            grown = self.limit * min(2.0, max(1.0, _BUSY / max(self.busy, 0.01))) ** seen + seen
        self.limit = min(grown, float(self.settings.ceiling))

    def _cut(self, now_s: float, length: float) -> None:
        """At most once in an operation's duration: before, the effect of the last cut cannot be seen."""
        if now_s - self._cut_at < max(self._duration_s, self.settings.patience_s):
            return
        refusing = self.refused > self._refused_before
        if not refusing and self._peak <= self.settings.easy and self._duration_s < self.settings.easy_s:
            return
        held = min(self.limit, self._peak)
        kept = _NEXT_CUT if refusing else max(_FIRST_CUT, min(_NEXT_CUT, 1 / length))
        self.limit = max(float(self.settings.floor), held * kept)
        self.cuts += 1
        self._cut_at = now_s
        self._long_turns = 0

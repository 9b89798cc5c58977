"""`overload`: how much is answered at once."""

from __future__ import annotations

from gateway.admission.limit import LimitSettings
from gateway.settings.values import Count, Seconds, Section

_LIMIT = LimitSettings()


class OverloadSection(Section):
    """How many operations are answered at once. More get 503 with the code GATEWAY_OVERLOADED, at once."""

    adaptive: bool = _LIMIT.enabled
    """Lower the limit while the event loop cannot keep up. Off, only `max_in_flight` holds."""
    max_in_flight: Count = _LIMIT.ceiling
    """Operations at once, even when they only wait for slow services. It bounds memory."""
    min_in_flight: Count = _LIMIT.floor
    """The limit is never lowered below this."""
    easy_in_flight: Count = _LIMIT.easy
    """The limit is not lowered while no more than this come at once, and take less than six tenths of
    `execution.deadline_s`: a busy loop that answers all of them in time."""
    long_turn_s: Seconds = _LIMIT.long_turn_s
    """Seconds; a longer wait for a turn of the event loop counts as a sign of a queue."""
    patience_s: Seconds = _LIMIT.patience_s
    """Seconds for which every wait must have been long before the limit is lowered; less, the longer they are."""

    def to_limit(self, deadline_s: float) -> LimitSettings:
        """The same as the value that admission takes. deadline_s: what a request has that asks for no less."""
        return LimitSettings(
            enabled=self.adaptive,
            ceiling=self.max_in_flight,
            floor=self.min_in_flight,
            easy=self.easy_in_flight,
            easy_s=0.6 * deadline_s,
            long_turn_s=self.long_turn_s,
            patience_s=self.patience_s,
        )

"""What can go wrong between an event's source and its reader. The reader keeps its position in every case."""

from __future__ import annotations

from gateway.errors import BraidError


class EventsError(BraidError):
    """A source gave no events. `source` is its name; no address is told."""

    def __init__(self, source: str, message: str) -> None:
        super().__init__(message)
        self.source = source


class EventsUnavailable(EventsError):
    """The source cannot be reached, or fails. It may be asked again later."""

    code = "EVENTS_UNAVAILABLE"


class EventsMalformed(EventsError):
    """The source answered something other than events in their order. It may be asked again, but somebody must look."""

    code = "EVENTS_MALFORMED"


class EventsRewritten(EventsError):
    """The position is of another history than the source has now: it was made anew, or restored to an earlier state.

    Asking again is of no use: what was built from the other history must be built anew.
    """

    code = "EVENTS_REWRITTEN"


class EventsPruned(EventsError):
    """The source no longer keeps the next events. Asking again is of no use: begin with a snapshot."""

    code = "EVENTS_PRUNED"

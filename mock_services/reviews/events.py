"""What the reviews service tells of its reviews."""

from __future__ import annotations

from mock_services.kit.events import EventType
from mock_services.reviews.model import ReviewRow

ADDED = EventType("review.added", ReviewRow, creates=True)
EVENTS = (ADDED,)

"""What may be tried again, and after how long.

Only what the service has surely not answered: no connection, one that broke before the answer began, or a status by
which a proxy or the service says that it could not handle the call now. A timeout is none of these: it has used the
time, and the service may still be at work. That the call itself may be made twice, its maker must say.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from gateway.services.errors import SourceError, SourceHttpError, SourceUnreachable
from gateway.services.policy.options import RetryOptions

_UNAVAILABLE = frozenset((502, 503, 504))


def retry_wait_s(
    error: SourceError, tries: int, options: RetryOptions, jitter: Callable[[], float] = random.random
) -> float | None:
    """Seconds to wait before the next try; None when there must not be one.

    tries:  how often the call has been tried again already.
    jitter: gives numbers between 0 and 1: the wait is anything up to the backoff, so that calls that failed together
            do not come back together ("full jitter", AWS Architecture Blog).
    """
    if tries >= options.max_retries or not _is_safe(error):
        return None
    asked_s = error.retry_after_s if isinstance(error, SourceHttpError) else None
    if asked_s is not None and asked_s > options.max_retry_after_s:
        return None
    wait_s = min(options.backoff_s * 2**tries, options.max_backoff_s) * jitter()
    return max(wait_s, asked_s or 0.0)


def _is_safe(error: SourceError) -> bool:
    if isinstance(error, SourceUnreachable):
        return not error.answer_began
    return isinstance(error, SourceHttpError) and error.status in _UNAVAILABLE


def read_retry_after_s(headers: Mapping[str, str]) -> float | None:
    """What the header Retry-After asks for, in seconds from now; None without one, or with one that says nothing.

    headers: with case-insensitive names. Source: RFC 9110, section 10.2.3: seconds, or a date.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds())

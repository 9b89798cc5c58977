"""Without collection of cyclic garbage, for work that makes much that stays.

Reading and composing schemas makes millions of objects, most of which live on. Collections start by the number of new
objects, look through all of them and find next to nothing: for a graph of 1,000 entities they took 4 s of 9.
"""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Generator[None]:
    """For a block, or as a decorator. Whoever is the last of several threads switches it on again, if it was on."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

"""CountedCache: a bounded cache that knows how often it was of use."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

from cachetools import LRUCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class CountedCache(LRUCache[K, V]):
    """Least recently used out first. Values are never None."""

    def __init__(self, maxsize: int) -> None:
        super().__init__(maxsize)
        self.hits = 0
        self.misses = 0

    def find(self, key: K) -> V | None:
        """The value, or None; counted."""
        found = self.get(key)
        if found is None:
            self.misses += 1
        else:
            self.hits += 1
        return found

"""What one GraphQL request has: the database, and loaders that turn its many keys into few queries."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from strawberry.dataloader import DataLoader

from mock_services.kit.database import Database
from mock_services.kit.outbox import Origin
from mock_services.reviews import store
from mock_services.reviews.model import Ratings, ReviewRow

NO_RATINGS = Ratings(average=None, count=0)


class Context:
    """Made anew for each request, so that nothing is remembered longer. Loaders see each key once."""

    def __init__(self, database: Database, origin: Origin) -> None:
        self.database = database
        self.origin = origin
        self.position: str | None = None  # Of the feed, after the last command of the request.
        self.reviews: DataLoader[str, ReviewRow | None] = DataLoader(self._load_reviews)
        self.ratings: DataLoader[str, Ratings] = DataLoader(self._load_ratings)
        self._newest: dict[tuple[str, int], DataLoader[str, list[ReviewRow]]] = {}

    def newest(self, owner: str, first: int) -> DataLoader[str, list[ReviewRow]]:
        """The newest reviews by what they hang off (`product_id` or `author_id`): a loader per length asked for."""
        if (owner, first) not in self._newest:
            self._newest[owner, first] = DataLoader(partial(self._load_newest, owner, first))
        return self._newest[owner, first]

    async def _load_reviews(self, ids: list[str]) -> Sequence[ReviewRow | None]:
        found = await self.database.read(store.find_reviews, ids)
        return [found.get(each) for each in ids]

    async def _load_ratings(self, product_ids: list[str]) -> Sequence[Ratings]:
        found = await self.database.read(store.ratings_of_each, product_ids)
        return [found.get(each, NO_RATINGS) for each in product_ids]

    async def _load_newest(self, owner: str, first: int, owners: list[str]) -> Sequence[list[ReviewRow]]:
        found = await self.database.read(store.reviews_of_each, owner, owners, first)
        return [found[each] for each in owners]

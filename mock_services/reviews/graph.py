"""The types of the reviews subgraph. It owns Review; of products and customers it knows the id and what it adds."""

from __future__ import annotations

from datetime import datetime

import strawberry
from graphql import GraphQLError
from strawberry import federation

from mock_services.reviews import store
from mock_services.reviews.context import Context
from mock_services.reviews.store import ReviewRow

MAX_FIRST = 100

Info = strawberry.Info[Context, None]


def bad_input(message: str) -> GraphQLError:
    """The client's fault."""
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


def check_first(first: int) -> int:
    """Raises bad_input when `first` is out of bounds."""
    if not 1 <= first <= MAX_FIRST:
        raise bad_input(f"first must be from 1 to {MAX_FIRST}")
    return first


@federation.type(keys=["id"])
class Product:
    id: strawberry.ID

    @strawberry.field(description="The newest first.")
    async def reviews(self, info: Info, first: int = 5) -> list[Review]:
        return reviews_of(await info.context.newest("product_id", check_first(first)).load(self.id))

    @strawberry.field(description="From 1 to 5; null without reviews.")
    async def average_rating(self, info: Info) -> float | None:
        return (await info.context.ratings.load(self.id)).average

    @strawberry.field
    async def review_count(self, info: Info) -> int:
        return (await info.context.ratings.load(self.id)).count


@federation.type(keys=["id"])
class Customer:
    id: strawberry.ID

    @strawberry.field(description="The newest first.")
    async def reviews(self, info: Info, first: int = 5) -> list[Review]:
        return reviews_of(await info.context.newest("author_id", check_first(first)).load(self.id))


@federation.type(keys=["id"])
class Review:
    id: strawberry.ID
    rating: int = strawberry.field(description="From 1 to 5.")
    title: str
    body: str
    created_at: datetime
    author: Customer
    product: Product


@strawberry.input
class AddReviewInput:
    product_id: strawberry.ID
    author_id: strawberry.ID
    rating: int = strawberry.field(description="From 1 to 5.")
    title: str
    body: str = ""


def review_of(row: ReviewRow | None) -> Review | None:
    """The type's value of a row."""
    if row is None:
        return None
    return Review(
        id=strawberry.ID(row.id),
        rating=row.rating,
        title=row.title,
        body=row.body,
        created_at=datetime.fromisoformat(row.created_at),
        author=Customer(id=strawberry.ID(row.author_id)),
        product=Product(id=strawberry.ID(row.product_id)),
    )


def reviews_of(rows: list[ReviewRow]) -> list[Review]:
    """Of rows that exist."""
    return [review for row in rows if (review := review_of(row)) is not None]


@strawberry.type
class Query:
    @strawberry.field
    async def review(self, info: Info, id: strawberry.ID) -> Review | None:
        return review_of(await info.context.reviews.load(id))

    @strawberry.field(description="The newest of all products.")
    async def latest_reviews(self, info: Info, first: int = 10) -> list[Review]:
        return reviews_of(await info.context.database.read(store.latest_reviews, check_first(first)))


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def add_review(self, info: Info, input: AddReviewInput) -> Review:
        if not 1 <= input.rating <= 5:
            raise bad_input("rating must be from 1 to 5")
        if not input.title.strip() or not input.product_id or not input.author_id:
            raise bad_input("title, productId and authorId must not be empty")
        row = await info.context.database.write(store.add_review, strawberry.asdict(input))
        return reviews_of([row])[0]

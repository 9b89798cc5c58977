"""The types of the reviews subgraph. It owns Review; of products and customers it knows the id and what it adds.

Whatever is not a key is nullable: a non-null field of a service that is down takes the whole object with it, and with a
product or a customer that object belongs to others.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from graphql import GraphQLError
from strawberry import federation

from mock_services.kit.commands import KEY_RULE, Command, is_key
from mock_services.kit.problems import Problem
from mock_services.reviews import store
from mock_services.reviews.context import Context
from mock_services.reviews.model import ReviewRow

MAX_FIRST = 100

Info = strawberry.Info[Context, None]
First = Annotated[int, strawberry.argument(description=f"How many, 1 to {MAX_FIRST}.")]
Id = Annotated[strawberry.ID, strawberry.argument(description="For instance `r-000123`.")]
IdempotencyKey = Annotated[
    str | None,
    strawberry.argument(
        description="Names this command: given again with the same key and input within a day, it is answered as "
        "before and not done again. Error: `IDEMPOTENCY_KEY_REUSED`."
    ),
]


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
    async def reviews(self, info: Info, first: First = 5) -> list[Review] | None:
        return reviews_of(await info.context.newest("product_id", check_first(first)).load(self.id))

    @strawberry.field(description="From 1 to 5; null without reviews.")
    async def average_rating(self, info: Info) -> float | None:
        return (await info.context.ratings.load(self.id)).average

    @strawberry.field(description="How many reviews the product has.")
    async def review_count(self, info: Info) -> int | None:
        return (await info.context.ratings.load(self.id)).count


@federation.type(keys=["id"])
class Customer:
    id: strawberry.ID

    @strawberry.field(description="The newest first.")
    async def reviews(self, info: Info, first: First = 5) -> list[Review] | None:
        return reviews_of(await info.context.newest("author_id", check_first(first)).load(self.id))


@federation.type(keys=["id"], description="What a customer thinks of a product.")
class Review:
    id: strawberry.ID = strawberry.field(description="For instance `r-000123`.")
    rating: int | None = strawberry.field(description="From 1 to 5.")
    title: str | None = strawberry.field(description="One line.")
    body: str | None = strawberry.field(description="The whole text; may be empty.")
    created_at: datetime | None = strawberry.field(description="When it was written.")
    author: Customer | None = strawberry.field(description="Who wrote it.")
    product: Product | None = strawberry.field(description="What it is about.")


@strawberry.input(description="A review to be added.")
class AddReviewInput:
    product_id: strawberry.ID = strawberry.field(description="What it is about.")
    author_id: strawberry.ID = strawberry.field(description="The customer who writes it.")
    rating: int = strawberry.field(description="From 1 to 5.")
    title: str = strawberry.field(description="One line, not empty.")
    body: str = strawberry.field(default="", description="The whole text.")


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


@strawberry.type(description="Questions to the shop.")
class Query:
    @strawberry.field(description="The review with this id.")
    async def review(self, info: Info, id: Id) -> Review | None:
        return review_of(await info.context.reviews.load(id))

    @strawberry.field(description="The newest of all products.")
    async def latest_reviews(self, info: Info, first: First = 10) -> list[Review] | None:
        return reviews_of(await info.context.database.read(store.latest_reviews, check_first(first)))


@strawberry.type(description="Commands to the shop.")
class Mutation:
    @strawberry.mutation(description="Add a review. Error: `BAD_USER_INPUT`.")
    async def add_review(
        self, info: Info, input: AddReviewInput, idempotency_key: IdempotencyKey = None
    ) -> Review | None:
        if not 1 <= input.rating <= 5:
            raise bad_input("rating must be from 1 to 5")
        if not input.title.strip() or not input.product_id or not input.author_id:
            raise bad_input("title, productId and authorId must not be empty")
        if not is_key(idempotency_key):
            raise bad_input(f"idempotencyKey {KEY_RULE}")
        context, review = info.context, strawberry.asdict(input)
        command = Command.named(idempotency_key, "addReview", review, context.origin)
        try:
            row, context.position = await context.database.write(store.add_review, command, review)
        except Problem as problem:
            raise GraphQLError(problem.detail, extensions={"code": problem.code}) from None
        return review_of(row)

"""The support service in the graph: Ticket, a customer's open tickets, and the commands on tickets."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.federation.schema_directives import Key

from gateway.subgraphs import Info, SubgraphSchema, lookup
from resolvers import support
from resolvers.support import Priority, TicketStatus
from schema.commands import IdempotencyKey
from schema.paging import First, by_first, checked

strawberry.enum(TicketStatus, description="How far a ticket has come.")
strawberry.enum(Priority, name="TicketPriority", description="How urgent a ticket is.")


@strawberry.federation.type(keys=["id"])
class Customer:
    id: strawberry.ID

    @strawberry.field(directives=[by_first], description="The customer's tickets that wait for us, newest first.")
    async def open_tickets(self, info: Info, first: First = 20) -> list[Ticket] | None:
        rows = await support.open_tickets(info.context, self.id, checked(first))
        return [Ticket.of(row) for row in rows]


@strawberry.federation.type(keys=[Key(fields="id", resolvable=False)])
class Order:
    id: strawberry.ID


@strawberry.federation.type(keys=["id"], description="A customer's question or complaint.")
class Ticket:
    id: strawberry.ID = strawberry.field(description="For instance `t-000123`.")
    subject: str | None = strawberry.field(description="What it is about.")
    body: str | None = strawberry.field(description="What the customer wrote.")
    status: TicketStatus | None = strawberry.field(description="How far it has come.")
    priority: Priority | None = strawberry.field(description="How urgent it is.")
    created_at: datetime | None = strawberry.field(description="When it was opened.")
    closed_at: datetime | None = strawberry.field(description="When it was closed; null until then.")
    customer: Customer | None = strawberry.field(description="Who asks.")
    order: Order | None = strawberry.field(description="Which order it is about, if any.")

    @classmethod
    def of(cls, row: support.TicketRow) -> Ticket:
        return Ticket(
            id=strawberry.ID(row.id),
            subject=row.subject,
            body=row.body,
            status=row.status,
            priority=row.priority,
            created_at=row.created_at,
            closed_at=row.closed_at,
            customer=Customer(id=strawberry.ID(row.customer_id)),
            order=Order(id=strawberry.ID(row.order_id)) if row.order_id else None,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: strawberry.ID) -> Ticket | None:
        row = await support.find_ticket(info.context, id)
        return cls.of(row) if row else None


@strawberry.type
class Query:
    @strawberry.field(directives=[lookup], description="The ticket with this id.")
    async def ticket(self, info: Info, id: strawberry.ID) -> Ticket | None:
        return await Ticket.resolve_reference(info, id)


@strawberry.input(description="A ticket to be opened.")
class OpenTicketInput:
    customer_id: strawberry.ID = strawberry.field(description="Who asks.")
    subject: str = strawberry.field(description="What it is about.")
    body: str = strawberry.field(default="", description="The question or complaint.")
    order_id: strawberry.ID | None = strawberry.field(default=None, description="Which order it is about, if any.")
    priority: Priority = strawberry.field(default=Priority.NORMAL, description="How urgent it is.")


@strawberry.type
class Mutation:
    @strawberry.mutation(description="Open a ticket. Errors: `INVALID_BODY`.")
    async def open_ticket(
        self, info: Info, input: OpenTicketInput, idempotency_key: IdempotencyKey = None
    ) -> Ticket | None:
        new = support.NewTicket(input.customer_id, input.subject, input.body, input.order_id, input.priority)
        return Ticket.of(await support.open_ticket(info.context, new, idempotency_key))

    @strawberry.mutation(description="Close a ticket; closing it again changes nothing. Errors: `NOT_FOUND`.")
    async def close_ticket(
        self, info: Info, id: strawberry.ID, idempotency_key: IdempotencyKey = None
    ) -> Ticket | None:
        return Ticket.of(await support.close_ticket(info.context, id, idempotency_key))


schema = SubgraphSchema(query=Query, mutation=Mutation)

"""The inventory service in the graph: what is in stock of a product, and the command that adjusts it."""

from __future__ import annotations

import strawberry
from msgspec.structs import asdict

from gateway.subgraphs import Info, SubgraphSchema
from resolvers import inventory
from schema.commands import IdempotencyKey


@strawberry.type(description="What one warehouse holds of a product.")
class Warehouse:
    code: str = strawberry.field(description="For instance `HAM`.")
    on_hand: int = strawberry.field(description="Pieces that are there.")
    reserved: int = strawberry.field(description="Of these, pieces that orders wait for.")


@strawberry.type(description="What there is of a product.")
class Stock:
    on_hand: int = strawberry.field(description="Pieces in all warehouses.")
    reserved: int = strawberry.field(description="Of these, pieces that orders wait for.")
    available: int = strawberry.field(description="Pieces that can be sold: `onHand` less `reserved`.")
    warehouses: list[Warehouse] = strawberry.field(description="Where they are.")

    @classmethod
    def of(cls, row: inventory.StockRow) -> Stock:
        warehouses = [Warehouse(**asdict(warehouse)) for warehouse in row.warehouses]
        return Stock(on_hand=row.on_hand, reserved=row.reserved, available=row.available, warehouses=warehouses)


@strawberry.federation.type(keys=["id"])
class Product:
    id: strawberry.ID

    @strawberry.field(description="What is in stock; null when no warehouse knows the product.")
    async def stock(self, info: Info) -> Stock | None:
        row = await inventory.find_stock(info.context, self.id)
        return Stock.of(row) if row else None


@strawberry.type
class Mutation:
    @strawberry.mutation(
        description="Enter that pieces have come to a warehouse, or gone from it when `change` is negative. "
        "Errors: `NOT_FOUND`, `UNKNOWN_WAREHOUSE`, `STOCK_TOO_LOW`, `INVALID_BODY`."
    )
    async def adjust_stock(
        self,
        info: Info,
        product_id: strawberry.ID,
        warehouse: str,
        change: int,
        idempotency_key: IdempotencyKey = None,
    ) -> Stock | None:
        return Stock.of(await inventory.adjust_stock(info.context, product_id, warehouse, change, idempotency_key))


schema = SubgraphSchema(types=[Product], mutation=Mutation)

"""The inventory service in the graph: what is in stock of a product."""

from __future__ import annotations

import strawberry
from msgspec.structs import asdict

from gateway.subgraphs import Info, SubgraphSchema
from resolvers import inventory


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


@strawberry.federation.type(keys=["id"])
class Product:
    id: strawberry.ID

    @strawberry.field(description="What is in stock; null when no warehouse knows the product.")
    async def stock(self, info: Info) -> Stock | None:
        row = await inventory.find_stock(info.context, self.id)
        if row is None:
            return None
        warehouses = [Warehouse(**asdict(warehouse)) for warehouse in row.warehouses]
        return Stock(on_hand=row.on_hand, reserved=row.reserved, available=row.available, warehouses=warehouses)


schema = SubgraphSchema(types=[Product])
